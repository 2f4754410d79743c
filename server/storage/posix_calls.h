// The system calls of the posix backend that io_uring lacks, as plain blocking functions for the
// pool, and conversions from the kernel's structures.
#ifndef SLUICE_SERVER_STORAGE_POSIX_CALLS_H_
#define SLUICE_SERVER_STORAGE_POSIX_CALLS_H_

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/storage/backend.h"
#include "server/storage/posix_file_systems.h"

namespace sluice::storage::posix {

inline constexpr unsigned kStatxMask = STATX_BASIC_STATS | STATX_BTIME;

Stat StatFromStatx(const struct statx& from);
FileType TypeFromMode(uint32_t mode);

// Whether a file system keeps everything about an open file's attributes in memory or on a local
// disk, by statfs's f_type: there a stat of an open descriptor does not wait.
bool IsLocalFileSystem(int64_t type);

// "/proc/self/fd/7": how to name an O_PATH descriptor to calls that want a path.
std::string DescriptorPath(int fd);

// Where an open directory lies now. 0 or -errno; -ENOENT where it has no name any more. A look into
// the kernel's memory.
int PathOf(int fd, std::string* out);

// Statx of an open descriptor, on the calling thread. `flags` adds to AT_EMPTY_PATH.
int StatDescriptor(int fd, int flags, Stat* out);

// One getdents64 of a bounded size. Blocks.
Result<std::vector<DirectoryEntry>> ReadEntries(int fd, bool restart);

// What StatEntries asks of the pool. Filled with the rights of the calling thread; the indexes of
// entries whose xattr was refused for lack of rights are listed in `refused`.
struct EntryBatch {
  int root_fd = -1;
  int directory_fd = -1;
  const FileSystemNumbers* file_systems = nullptr;
  std::string xattr;
  absl::Span<const DirectoryEntry> entries;
  std::vector<EntryStat> stats;
  std::vector<size_t> refused;
};
void FillStats(EntryBatch* batch);
// Reads the xattrs of `refused` again.
void FillRefusedXattrs(EntryBatch* batch);

// Names an xattr call's file: a path for O_PATH descriptors, else the descriptor.
struct XattrTarget {
  int fd = -1;
  bool path_only = false;
};
Result<std::string> GetXattrOf(XattrTarget target, const std::string& name);
int SetXattrOf(XattrTarget target, const std::string& name, absl::string_view value);
int RemoveXattrOf(XattrTarget target, const std::string& name);
Result<std::vector<std::string>> ListXattrsOf(XattrTarget target);

int SetTimesOf(int fd, const timespec (&times)[2]);
int SetModeOf(XattrTarget target, uint32_t mode);
int SetOwnerOf(int fd, uint32_t uid, uint32_t gid);
Result<std::string> ReadLinkOf(int fd);
Result<StatFs> StatFsOf(int fd);
// Whether the file system has room for a file of so many bytes, or does not say; with
// `reserved_too` counting the blocks that are reserved for root.
bool HasRoomFor(int fd, uint64_t bytes, bool reserved_too);

}  // namespace sluice::storage::posix

#endif  // SLUICE_SERVER_STORAGE_POSIX_CALLS_H_

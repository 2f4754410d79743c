// Alternate data streams, kept as Samba's streams_xattr keeps them: the stream "name" of a file is
// its extended attribute "user.DosStream.name:$DATA", whose value is the data and one zero byte.
// So a stream is at most as long as an extended attribute, and is read and written whole. Storage
// judges every read and change by the rights that the user who opened it has to the file.
#ifndef SLUICE_SERVER_FS_STREAM_FILE_H_
#define SLUICE_SERVER_FS_STREAM_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/status/nt_status.h"
#include "server/fs/name_locks.h"
#include "server/ring/task.h"
#include "server/storage/backend.h"

namespace sluice::fs {

inline constexpr char kStreamXattrPrefix[] = "user.DosStream.";
inline constexpr char kStreamXattrSuffix[] = ":$DATA";
inline constexpr uint64_t kStreamBytesMax = 65535;

// For FileKey::stream; 0 for "".
uint64_t StreamHash(absl::string_view name);
// The name of the stream that an extended attribute holds; empty if it holds none.
absl::string_view StreamOfXattr(absl::string_view xattr);

struct StreamListing {
  std::string name;
  uint64_t bytes = 0;
};
// The streams of an open file, without its own data; none where the storage has no attributes.
ring::Task<std::vector<StreamListing>> ListStreams(storage::File& file);

struct StreamOpening {
  std::string name;
  // What a stream that is not there gives; with kOk it is made.
  proto::NtStatus if_missing = proto::NtStatus::kObjectNameNotFound;
  bool must_create = false;
};

// A stream as a file. Changes of one file's streams are made one after the other, under its lock in
// the volume's NameLocks.
class StreamFile final : public storage::File {
 public:
  struct Opened {
    proto::NtStatus status = proto::NtStatus::kOk;
    std::unique_ptr<StreamFile> file;
    bool created = false;
  };
  // Takes `*base`, the open file that the stream belongs to, if it succeeds. Names are compared
  // without regard to case. OBJECT_NAME_NOT_FOUND and OBJECT_NAME_COLLISION as for files.
  static ring::Task<Opened> Open(std::unique_ptr<storage::File>* base, NameLocks& locks,
                                 const StreamOpening& opening);

  // As it was spelled when it was made.
  const std::string& name() const { return name_; }
  const std::string& xattr() const { return xattr_; }

  ring::Task<int64_t> Read(absl::Span<uint8_t> out, uint64_t offset) override;
  ring::Task<int64_t> Write(absl::Span<const uint8_t> data, uint64_t offset) override;
  ring::Task<int> Sync() override;
  ring::Task<int> Truncate(uint64_t bytes) override;
  ring::Task<int> Allocate(uint64_t bytes) override;
  ring::Task<int> Zero(uint64_t offset, uint64_t bytes, bool deallocate) override;
  ring::Task<storage::Result<storage::Stat>> GetStat() override;
  ring::Task<int> SetTimes(const int64_t* accessed, const int64_t* modified,
                           storage::As as) override;
  ring::Task<int> SetMode(uint32_t mode) override;
  ring::Task<int> SetOwner(uint32_t uid, uint32_t gid) override;
  ring::Task<storage::Result<std::string>> GetXattr(absl::string_view name,
                                                    storage::As as) override;
  ring::Task<int> SetXattr(absl::string_view name, absl::string_view value,
                           storage::As as) override;
  ring::Task<int> RemoveXattr(absl::string_view name, storage::As as) override;
  ring::Task<storage::Result<std::vector<std::string>>> ListXattrs() override;
  ring::Task<storage::Result<std::vector<storage::DirectoryEntry>>> ReadDirectory(
      bool restart) override;
  ring::Task<storage::Result<std::vector<storage::EntryStat>>> StatEntries(
      absl::Span<const storage::DirectoryEntry> entries, absl::string_view xattr) override;

 private:
  StreamFile(std::unique_ptr<storage::File> base, NameLocks& locks, std::string name);

  // The data without the zero byte. As the process it is for what storage itself would do with the
  // rest of the data in a write, and for the size.
  ring::Task<storage::Result<std::string>> Load(storage::As as);
  // `*data` is the data; the zero byte is put behind it.
  ring::Task<int> Store(std::string* data);
  static NameLocks::Acquisition Lock(const storage::File& base, NameLocks& locks);

  const std::unique_ptr<storage::File> base_;
  NameLocks& locks_;
  const std::string name_;
  const std::string xattr_;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_STREAM_FILE_H_

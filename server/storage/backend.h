// What the file semantics need from storage. One Backend serves one share.
//
// Every method runs on a loop thread, never blocks it, and gives -errno for a failure. Paths are
// relative to the share's root, UTF-8, '/'-separated, without a leading '/', exact as on disk; ""
// is the root itself. No method ever leaves the root, whatever links lie on the way: such a path
// fails with -EXDEV. Links inside the root are followed, absolute ones never (-EXDEV). Views and
// identities passed in must stay valid until the task ends; a File keeps the identity of its Open,
// which it acts with.
//
// Only regular files, directories and (with no_follow) symlinks are served; opening anything else
// fails with -EOPNOTSUPP and never waits.
#ifndef SLUICE_SERVER_STORAGE_BACKEND_H_
#define SLUICE_SERVER_STORAGE_BACKEND_H_

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/base/identity.h"
#include "server/ring/pipe_pool.h"
#include "server/ring/task.h"

namespace sluice::storage {

// A value or -errno.
template <typename T>
class Result {
 public:
  Result(T value) : value_(std::move(value)) {}  // NOLINT: a value is a result
  static Result Error(int negative_errno) { return Result(negative_errno, 0); }

  bool ok() const { return error_ == 0; }
  // 0 or -errno.
  int error() const { return error_; }
  T& value() { return value_; }
  const T& value() const { return value_; }
  T* operator->() { return &value_; }

 private:
  Result(int error, int) : error_(error) {}

  int error_ = 0;
  T value_{};
};

enum class FileType : uint8_t { kRegular, kDirectory, kSymlink, kOther };

// Times are ticks of 100 ns since 1970-01-01 UTC, as coarse as the protocol has them, so that all
// of its years fit.
inline constexpr int64_t kTickNanos = 100;
inline constexpr int64_t kTicksPerSecond = 1'000'000'000 / kTickNanos;

struct Stat {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t file_system = 0;  // the number of where it lies: see Backend::file_system
  FileType type = FileType::kRegular;
  uint32_t mode = 0;  // permission bits
  uint32_t links = 1;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint64_t size = 0;
  uint64_t allocated = 0;  // bytes
  int64_t accessed = 0;
  int64_t modified = 0;
  int64_t changed = 0;
  int64_t born = 0;  // 0 where the file system does not say
};

struct StatFs {
  uint64_t block_bytes = 4096;
  uint64_t blocks_total = 0;
  uint64_t blocks_free = 0;
  uint64_t blocks_available = 0;  // to the user
  uint64_t id = 0;
  uint32_t name_bytes_max = 255;
};

struct DirectoryEntry {
  std::string name;  // UTF-8 as on disk; "." and ".." are left out
  uint64_t inode = 0;
  FileType type = FileType::kRegular;
};

// What StatEntries found. `error` is 0 or -errno: an entry may be gone.
struct EntryStat {
  int error = 0;
  Stat stat;          // of a symlink: its own
  std::string xattr;  // empty where there is none or it may not be read; none of a symlink
  // Of a symlink: what it leads to is a directory inside the root, and the user may go there.
  bool leads_to_directory = false;
};

// Bytes of a file that are not a hole.
struct DataRange {
  uint64_t offset = 0;
  uint64_t bytes = 0;

  bool operator==(const DataRange&) const = default;
};

// With whose rights a piece of the gateway's own book-keeping on a file is read or written.
// kProcess is for what the protocol's own access check has granted already but POSIX would refuse,
// such as DOS attributes or times of a file that the user may write but does not own.
enum class As : uint8_t { kUser, kProcess };

struct OpenFlags {
  bool read = false;
  bool write = false;
  bool create = false;     // make a regular file if there is none
  bool exclusive = false;  // with create: fail with -EEXIST if there is one
  bool directory = false;  // fail with -ENOTDIR if it is not one
  bool path_only = false;  // no data access: attributes, xattrs and names only
  // A symlink as last component is opened itself with path_only; without it fails with -ELOOP (with
  // `directory` -ENOTDIR).
  bool no_follow = false;
  uint32_t mode = 0666;  // of a created file, before the umask
};

// An open file or directory. Closing is by destruction and does not wait.
class File {
 public:
  virtual ~File() = default;

  // The attributes found by the Open; no round trip.
  const Stat& opened_stat() const { return opened_stat_; }

  // Bytes moved; a short count only at the end of the file (read) or of the space (write).
  virtual ring::Task<int64_t> Read(absl::Span<uint8_t> out, uint64_t offset) = 0;
  // Reads without copying: into an empty pipe that can hold them (PipePool::Holds). The bytes are
  // those of the file at the time they are sent, should they change before that. -EOPNOTSUPP or
  // -EINVAL where this file cannot do so, and nothing is in the pipe.
  virtual ring::Task<int64_t> ReadToPipe(ring::Pipe& /*pipe*/, uint64_t /*offset*/,
                                         size_t /*bytes*/) {
    co_return -EOPNOTSUPP;
  }
  virtual ring::Task<int64_t> Write(absl::Span<const uint8_t> data, uint64_t offset) = 0;
  virtual ring::Task<int> Sync() = 0;
  virtual ring::Task<int> Truncate(uint64_t bytes) = 0;
  // Reserves space up to `bytes` without changing the size.
  virtual ring::Task<int> Allocate(uint64_t bytes) = 0;
  // Makes bytes below the file's size zeros; the size stays. With `deallocate` gives their space
  // back where the file system can do that, else keeps or takes it.
  virtual ring::Task<int> Zero(uint64_t /*offset*/, uint64_t /*bytes*/, bool /*deallocate*/) {
    co_return -EOPNOTSUPP;
  }
  // The first `ranges_max` ranges of data among these bytes, in order and cut to them. Storage that
  // knows no holes gives one range. REQUIRES: the range ends at 2^63 - 1 or before.
  virtual ring::Task<Result<std::vector<DataRange>>> FindData(uint64_t offset, uint64_t bytes,
                                                              size_t ranges_max) {
    std::vector<DataRange> all;
    if (bytes != 0 && ranges_max != 0) all.push_back({offset, bytes});
    co_return std::move(all);
  }
  // Whether Zero() can give space back.
  virtual ring::Task<bool> CanPunchHoles() { co_return false; }
  virtual ring::Task<Result<Stat>> GetStat() = 0;
  // Sets those that are not null; ticks as in Stat. The values are read before the first
  // suspension.
  virtual ring::Task<int> SetTimes(const int64_t* accessed, const int64_t* modified, As as) = 0;
  virtual ring::Task<int> SetMode(uint32_t mode) = 0;
  virtual ring::Task<int> SetOwner(uint32_t uid, uint32_t gid) = 0;  // ~0u leaves one as it is
  // Extended attributes work on path_only handles too. Names are the file system's, with "user.".
  // A missing one is -ENODATA; a value is at most 64 KiB.
  virtual ring::Task<Result<std::string>> GetXattr(absl::string_view name, As as) = 0;
  virtual ring::Task<int> SetXattr(absl::string_view name, absl::string_view value, As as) = 0;
  virtual ring::Task<int> RemoveXattr(absl::string_view name, As as) = 0;
  virtual ring::Task<Result<std::vector<std::string>>> ListXattrs() = 0;
  // Directories: the next entries, a bounded number at a time; empty at the end. `restart` begins
  // anew.
  virtual ring::Task<Result<std::vector<DirectoryEntry>>> ReadDirectory(bool restart) = 0;
  // Attributes and one xattr ("" for none) of entries of this directory, one result for each, in
  // one round trip for all: the attributes of a listing. The xattr is read as the process. ".." is
  // the directory above, which the root has not (-EXDEV).
  virtual ring::Task<Result<std::vector<EntryStat>>> StatEntries(
      absl::Span<const DirectoryEntry> entries, absl::string_view xattr) = 0;

 protected:
  Stat opened_stat_;
};

class Backend {
 public:
  virtual ~Backend() = default;

  // Tells the file system of the root from others, also after a restart. After a reboot too, where
  // the file system has such a number (ext4, btrfs, ZFS) and it is not made of a device number
  // (XFS). 0: nothing in it outlives the backend.
  virtual uint64_t file_system() const { return 0; }
  // Where the root lies now, for comparison with other roots: a look into the kernel's memory. ""
  // where it is in no directory of the machine.
  virtual std::string RootPath() const { return ""; }

  virtual ring::Task<Result<std::unique_ptr<File>>> Open(const base::Identity& who,
                                                         absl::string_view path,
                                                         OpenFlags flags) = 0;
  // Does not follow a symlink as last component.
  virtual ring::Task<Result<Stat>> GetStat(const base::Identity& who, absl::string_view path) = 0;
  virtual ring::Task<int> MakeDirectory(const base::Identity& who, absl::string_view path,
                                        uint32_t mode) = 0;
  // Removes what `path` names itself, also a symlink.
  virtual ring::Task<int> Remove(const base::Identity& who, absl::string_view path,
                                 bool directory) = 0;
  // Renames what `from` names itself, also a symlink. Without `replace` fails with -EEXIST if `to`
  // is there.
  virtual ring::Task<int> Rename(const base::Identity& who, absl::string_view from,
                                 absl::string_view to, bool replace) = 0;
  virtual ring::Task<int> Link(const base::Identity& who, absl::string_view from,
                               absl::string_view to) = 0;
  virtual ring::Task<int> MakeSymlink(const base::Identity& who, absl::string_view target,
                                      absl::string_view path) = 0;
  virtual ring::Task<Result<std::string>> ReadSymlink(const base::Identity& who,
                                                      absl::string_view path) = 0;
  // Whether files of the root's file system can have holes; does not wait.
  virtual bool punches_holes() const { return false; }
  // Whether `who` may go to the root: search it and every directory above it. 0 or -errno. Other
  // methods do not ask, since they begin at the root.
  virtual ring::Task<int> CheckReach(const base::Identity& who) = 0;
  // blocks_available is what `who` may still use.
  virtual ring::Task<Result<StatFs>> GetStatFs(const base::Identity& who) = 0;
};

}  // namespace sluice::storage

#endif  // SLUICE_SERVER_STORAGE_BACKEND_H_

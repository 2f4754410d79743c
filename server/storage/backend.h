// What the file semantics need from storage. One Backend serves one share.
//
// Every method runs on a loop thread, never blocks it, and gives -errno for a failure. Paths are
// relative to the share's root, UTF-8, '/'-separated, without a leading '/', exact as on disk; ""
// is the root itself. No method ever leaves the root, whatever links lie on the way: such a path
// fails with -EXDEV. Views passed in must stay valid until the task ends.
#ifndef SLUICE_SERVER_STORAGE_BACKEND_H_
#define SLUICE_SERVER_STORAGE_BACKEND_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/base/identity.h"
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

// Times are nanoseconds since 1970-01-01 UTC.
struct Stat {
  uint64_t device = 0;
  uint64_t inode = 0;
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

struct OpenFlags {
  bool read = false;
  bool write = false;
  bool create = false;     // make a regular file if there is none
  bool exclusive = false;  // with create: fail with -EEXIST if there is one
  bool directory = false;  // fail with -ENOTDIR if it is not one
  bool path_only = false;  // no data access: attributes, xattrs and names only
  bool no_follow = false;  // a symlink as last component is opened itself (with path_only)
  uint32_t mode = 0666;    // of a created file, before the umask
};

// An open file or directory. Closing is by destruction and does not wait.
class File {
 public:
  virtual ~File() = default;

  // Bytes moved; a short count only at the end of the file (read) or of the space (write).
  virtual ring::Task<int64_t> Read(absl::Span<uint8_t> out, uint64_t offset) = 0;
  virtual ring::Task<int64_t> Write(absl::Span<const uint8_t> data, uint64_t offset) = 0;
  virtual ring::Task<int> Sync() = 0;
  virtual ring::Task<int> Truncate(uint64_t bytes) = 0;
  // Reserves space up to `bytes` without changing the size.
  virtual ring::Task<int> Allocate(uint64_t bytes) = 0;
  virtual ring::Task<Result<Stat>> GetStat() = 0;
  // Sets those that have a value; nanoseconds since 1970.
  virtual ring::Task<int> SetTimes(const int64_t* accessed, const int64_t* modified) = 0;
  virtual ring::Task<int> SetMode(uint32_t mode) = 0;
  virtual ring::Task<int> SetOwner(uint32_t uid, uint32_t gid) = 0;  // ~0u leaves one as it is
  virtual ring::Task<Result<std::string>> GetXattr(absl::string_view name) = 0;
  virtual ring::Task<int> SetXattr(absl::string_view name, absl::string_view value) = 0;
  virtual ring::Task<int> RemoveXattr(absl::string_view name) = 0;
  virtual ring::Task<Result<std::vector<std::string>>> ListXattrs() = 0;
  // Directories: the next entries, a bounded number at a time; empty at the end. `restart` begins
  // anew.
  virtual ring::Task<Result<std::vector<DirectoryEntry>>> ReadDirectory(bool restart) = 0;
  // Attributes and one xattr ("" for none) of an entry of this directory, in as few round trips as
  // the storage can; a missing xattr gives an empty value.
  virtual ring::Task<Result<std::pair<Stat, std::string>>> StatEntry(absl::string_view name,
                                                                     absl::string_view xattr) = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual ring::Task<Result<std::unique_ptr<File>>> Open(const base::Identity& who,
                                                         absl::string_view path,
                                                         OpenFlags flags) = 0;
  // Does not follow a symlink as last component.
  virtual ring::Task<Result<Stat>> GetStat(const base::Identity& who, absl::string_view path) = 0;
  virtual ring::Task<int> MakeDirectory(const base::Identity& who, absl::string_view path,
                                        uint32_t mode) = 0;
  virtual ring::Task<int> Remove(const base::Identity& who, absl::string_view path,
                                 bool directory) = 0;
  // Without `replace` fails with -EEXIST if `to` is there.
  virtual ring::Task<int> Rename(const base::Identity& who, absl::string_view from,
                                 absl::string_view to, bool replace) = 0;
  virtual ring::Task<int> Link(const base::Identity& who, absl::string_view from,
                               absl::string_view to) = 0;
  virtual ring::Task<int> MakeSymlink(const base::Identity& who, absl::string_view target,
                                      absl::string_view path) = 0;
  virtual ring::Task<Result<std::string>> ReadSymlink(const base::Identity& who,
                                                      absl::string_view path) = 0;
  virtual ring::Task<Result<StatFs>> GetStatFs() = 0;
};

}  // namespace sluice::storage

#endif  // SLUICE_SERVER_STORAGE_BACKEND_H_

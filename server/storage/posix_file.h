// An open file of the posix backend.
#ifndef SLUICE_SERVER_STORAGE_POSIX_FILE_H_
#define SLUICE_SERVER_STORAGE_POSIX_FILE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/base/identity.h"
#include "server/storage/backend.h"
#include "server/storage/posix_calls.h"
#include "server/storage/posix_file_systems.h"

namespace sluice::storage::posix {

// A descriptor that its loop closes.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();

  int get() const { return fd_; }

 private:
  int fd_;
};

// What a share's files know of it. Lives as long as any of them.
struct Root {
  Descriptor fd;
  uint64_t device = 0;
  FileSystemNumbers file_systems;
  // The root lies on a file system of IsLocalFileSystem: a stat of an open file of the same device
  // is memory access, and going through the ring (which always gives it to a kernel thread) would
  // cost ten times the work.
  bool local = false;
  // What PunchesHolesBelow found for the root's file system.
  bool punches_holes = false;
};

class PosixFile final : public File {
 public:
  // The file acts with the rights of `who`, whoever asks it.
  PosixFile(std::shared_ptr<const Root> root, Descriptor fd, bool path_only,
            std::shared_ptr<const base::Identity> who, const Stat& stat);

  ring::Task<int64_t> Read(absl::Span<uint8_t> out, uint64_t offset) override;
  ring::Task<int64_t> ReadToPipe(ring::Pipe& pipe, uint64_t offset, size_t bytes) override;
  ring::Task<int64_t> Write(absl::Span<const uint8_t> data, uint64_t offset) override;
  ring::Task<int> Sync() override;
  ring::Task<int> Truncate(uint64_t bytes) override;
  ring::Task<int> Allocate(uint64_t bytes) override;
  ring::Task<int> Zero(uint64_t offset, uint64_t bytes, bool deallocate) override;
  ring::Task<Result<std::vector<DataRange>>> FindData(uint64_t offset, uint64_t bytes,
                                                      size_t ranges_max) override;
  ring::Task<bool> CanPunchHoles() override;
  ring::Task<Result<Stat>> GetStat() override;
  ring::Task<int> SetTimes(const int64_t* accessed, const int64_t* modified, As as) override;
  ring::Task<int> SetMode(uint32_t mode) override;
  ring::Task<int> SetOwner(uint32_t uid, uint32_t gid) override;
  ring::Task<Result<std::string>> GetXattr(absl::string_view name, As as) override;
  ring::Task<int> SetXattr(absl::string_view name, absl::string_view value, As as) override;
  ring::Task<int> RemoveXattr(absl::string_view name, As as) override;
  ring::Task<Result<std::vector<std::string>>> ListXattrs() override;
  ring::Task<Result<std::vector<DirectoryEntry>>> ReadDirectory(bool restart) override;
  ring::Task<Result<std::vector<EntryStat>>> StatEntries(absl::Span<const DirectoryEntry> entries,
                                                         absl::string_view xattr) override;

 private:
  const base::Identity* Actor(As as) const { return as == As::kUser ? who_.get() : nullptr; }
  // Reading an open descriptor of a local file system asks for nobody's rights; others (FUSE) may
  // pass on who reads.
  const base::Identity* Reader() const { return local() ? nullptr : who_.get(); }
  ring::Task<int> Fallocate(int mode, uint64_t offset, uint64_t bytes);
  ring::Task<int> WriteZeros(uint64_t offset, uint64_t bytes);
  XattrTarget target() const { return {fd_.get(), path_only_}; }
  // Metadata of this file is in memory or on a local disk: see Root::local.
  bool local() const { return root_->local && opened_stat_.device == root_->device; }

  const std::shared_ptr<const Root> root_;
  const Descriptor fd_;
  const bool path_only_;
  const std::shared_ptr<const base::Identity> who_;
};

}  // namespace sluice::storage::posix

#endif  // SLUICE_SERVER_STORAGE_POSIX_FILE_H_

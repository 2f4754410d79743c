#include "server/storage/posix_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <utility>

#include "server/ring/loop.h"
#include "server/storage/posix_holes.h"

namespace sluice::storage::posix {
namespace {

using ring::Loop;
using ring::Task;

// One operation moves at most this much, a 32-bit length of the kernel's rounded down to pages.
constexpr size_t kOperationBytesMax = 0x7FFFF000;
constexpr uint64_t kOffsetMax = std::numeric_limits<int64_t>::max();

// What a file is overwritten with where its file system has no way to zero a range.
constexpr size_t kZeroBytes = 64u << 10;
const uint8_t kZeros[kZeroBytes] = {};

bool Retryable(int64_t result) { return result == -EINTR || result == -EAGAIN; }

timespec TimespecOf(const int64_t* ticks) {
  if (ticks == nullptr) return {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
  int64_t seconds = *ticks / kTicksPerSecond;
  int64_t rest = *ticks % kTicksPerSecond;
  if (rest < 0) {
    rest += kTicksPerSecond;
    --seconds;
  }
  return {.tv_sec = seconds, .tv_nsec = rest * kTickNanos};
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ < 0) return;
  if (Loop* loop = Loop::CurrentOrNull()) {
    loop->Close(fd_);
  } else {
    ::close(fd_);
  }
}

PosixFile::PosixFile(std::shared_ptr<const Root> root, Descriptor fd, bool path_only,
                     std::shared_ptr<const base::Identity> who, const Stat& stat)
    : root_(std::move(root)), fd_(std::move(fd)), path_only_(path_only), who_(std::move(who)) {
  opened_stat_ = stat;
}

Task<int64_t> PosixFile::Read(absl::Span<uint8_t> out, uint64_t offset) {
  if (path_only_) co_return -EBADF;
  if (offset > kOffsetMax - out.size()) co_return offset > kOffsetMax ? -EINVAL : 0;
  Loop& loop = Loop::Current();
  size_t done = 0;
  while (done < out.size()) {
    const absl::Span<uint8_t> rest = out.subspan(done, kOperationBytesMax);
    const int32_t moved = co_await loop.Read(fd_.get(), rest, offset + done, Reader());
    if (moved == 0) break;
    if (moved > 0) {
      done += moved;
    } else if (!Retryable(moved) || loop.stopping()) {
      co_return done > 0 ? static_cast<int64_t>(done) : moved;
    }
  }
  co_return static_cast<int64_t>(done);
}

Task<int64_t> PosixFile::ReadToPipe(ring::Pipe& pipe, uint64_t offset, size_t bytes) {
  if (path_only_) co_return -EBADF;
  if (offset > kOffsetMax - bytes) co_return offset > kOffsetMax ? -EINVAL : 0;
  Loop& loop = Loop::Current();
  while (pipe.bytes() < bytes) {
    const size_t done = pipe.bytes();
    const int32_t moved =
        co_await loop.ReadToPipe(fd_.get(), pipe, bytes - done, offset + done, Reader());
    if (moved == 0) break;
    if (moved > 0) {
      pipe.Added(static_cast<size_t>(moved));
    } else if (!Retryable(moved) || loop.stopping()) {
      co_return done > 0 ? static_cast<int64_t>(done) : moved;
    }
  }
  co_return static_cast<int64_t>(pipe.bytes());
}

Task<int64_t> PosixFile::Write(absl::Span<const uint8_t> data, uint64_t offset) {
  if (path_only_) co_return -EBADF;
  if (offset > kOffsetMax - data.size()) co_return -EFBIG;
  Loop& loop = Loop::Current();
  size_t done = 0;
  while (done < data.size()) {
    const absl::Span<const uint8_t> rest = data.subspan(done, kOperationBytesMax);
    const int32_t moved = co_await loop.Write(fd_.get(), rest, offset + done, who_.get());
    if (moved == 0) break;
    if (moved > 0) {
      done += moved;
    } else if (!Retryable(moved) || loop.stopping()) {
      co_return done > 0 ? static_cast<int64_t>(done) : moved;
    }
  }
  co_return static_cast<int64_t>(done);
}

Task<int> PosixFile::Sync() {
  if (path_only_) co_return -EBADF;
  co_return co_await Loop::Current().Fsync(fd_.get(), false, who_.get());
}

Task<int> PosixFile::Truncate(uint64_t bytes) {
  if (path_only_) co_return -EBADF;
  if (bytes > kOffsetMax) co_return -EFBIG;
  co_return co_await Loop::Current().Ftruncate(fd_.get(), bytes, who_.get());
}

Task<int> PosixFile::Allocate(uint64_t bytes) {
  if (path_only_) co_return -EBADF;
  if (bytes == 0) co_return 0;
  if (bytes > kOffsetMax) co_return -EFBIG;
  // The kernel takes all that is free, from everybody, before it finds that this is not enough.
  const bool reserved_too = who_ == nullptr || who_->uid == 0;
  const auto fits = [fd = fd_.get(), bytes, reserved_too] {
    return HasRoomFor(fd, bytes, reserved_too);
  };
  const bool fit = local() ? fits() : co_await Loop::Current().Offload(Reader(), fits);
  if (!fit) co_return -ENOSPC;
  co_return co_await Loop::Current().Fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, bytes,
                                               who_.get());
}

Task<int> PosixFile::Fallocate(int mode, uint64_t offset, uint64_t bytes) {
  Loop& loop = Loop::Current();
  int error;
  do {
    error =
        co_await loop.Fallocate(fd_.get(), mode | FALLOC_FL_KEEP_SIZE, offset, bytes, who_.get());
  } while (Retryable(error) && !loop.stopping());
  co_return error;
}

Task<int> PosixFile::Zero(uint64_t offset, uint64_t bytes, bool deallocate) {
  if (path_only_) co_return -EBADF;
  if (bytes == 0) co_return 0;
  if (offset > kOffsetMax || bytes > kOffsetMax - offset) co_return -EFBIG;
  // As in Allocate. Where there is no room the holes stay holes.
  const bool reserved_too = who_ == nullptr || who_->uid == 0;
  const auto fits = [fd = fd_.get(), end = offset + bytes, reserved_too] {
    return HasRoomFor(fd, end, reserved_too);
  };
  if (!deallocate) {
    deallocate = !(local() ? fits() : co_await Loop::Current().Offload(Reader(), fits));
  }
  int error = -EOPNOTSUPP;
  if (!deallocate) error = co_await Fallocate(FALLOC_FL_ZERO_RANGE, offset, bytes);
  if (error != -EOPNOTSUPP) co_return error;
  error = co_await Fallocate(FALLOC_FL_PUNCH_HOLE, offset, bytes);
  // That the space could not be taken again changes nothing of what is read.
  if (error == 0 && !deallocate) co_await Fallocate(0, offset, bytes);
  if (error == -EOPNOTSUPP) error = co_await WriteZeros(offset, bytes);
  co_return error;
}

// Holes stay as they are.
Task<int> PosixFile::WriteZeros(uint64_t offset, uint64_t bytes) {
  const uint64_t end = offset + bytes;
  while (offset < end) {
    Result<std::vector<DataRange>> data = co_await FindData(offset, end - offset, 1);
    if (!data.ok()) co_return data.error();
    if (data->empty()) break;
    const uint64_t data_end = data.value()[0].offset + data.value()[0].bytes;
    for (offset = data.value()[0].offset; offset < data_end;) {
      const size_t part = std::min<uint64_t>(kZeroBytes, data_end - offset);
      const int64_t written = co_await Write(absl::MakeConstSpan(kZeros, part), offset);
      if (written < 0) co_return static_cast<int>(written);
      if (written == 0) co_return -ENOSPC;
      offset += static_cast<uint64_t>(written);
    }
  }
  co_return 0;
}

Task<Result<std::vector<DataRange>>> PosixFile::FindData(uint64_t offset, uint64_t bytes,
                                                         size_t ranges_max) {
  if (path_only_) co_return Result<std::vector<DataRange>>::Error(-EBADF);
  // The descriptor's position, which this moves, is used by nothing else of a file.
  const auto find = [fd = fd_.get(), offset, end = offset + bytes, ranges_max] {
    return FindDataOf(fd, offset, end, ranges_max);
  };
  Result<std::vector<DataRange>> found = co_await Loop::Current().Offload(Reader(), find);
  co_return found;
}

Task<bool> PosixFile::CanPunchHoles() {
  if (opened_stat_.device == root_->device) co_return root_->punches_holes;
  const auto ask = [fd = fd_.get()] { return PunchesHolesByType(fd); };
  co_return co_await Loop::Current().Offload(Reader(), ask);
}

Task<Result<Stat>> PosixFile::GetStat() {
  Stat stat;
  if (local()) {
    const int error = StatDescriptor(fd_.get(), AT_STATX_DONT_SYNC, &stat);
    if (error != 0) co_return Result<Stat>::Error(error);
    stat.file_system = opened_stat_.file_system;
    co_return stat;
  }
  struct statx raw;
  const int error =
      co_await Loop::Current().Statx(fd_.get(), "", AT_EMPTY_PATH, kStatxMask, &raw, nullptr);
  if (error < 0) co_return Result<Stat>::Error(error);
  stat = StatFromStatx(raw);
  stat.file_system = opened_stat_.file_system;
  co_return stat;
}

Task<int> PosixFile::SetTimes(const int64_t* accessed, const int64_t* modified, As as) {
  const timespec atime = TimespecOf(accessed);
  const timespec mtime = TimespecOf(modified);
  const int fd = fd_.get();
  const auto set = [fd, atime, mtime] {
    const timespec times[2] = {atime, mtime};
    return SetTimesOf(fd, times);
  };
  co_return co_await Loop::Current().Offload(Actor(as), set);
}

Task<int> PosixFile::SetMode(uint32_t mode) {
  const auto set = [target = target(), mode] { return SetModeOf(target, mode & 07777); };
  co_return co_await Loop::Current().Offload(who_.get(), set);
}

Task<int> PosixFile::SetOwner(uint32_t uid, uint32_t gid) {
  const auto set = [fd = fd_.get(), uid, gid] { return SetOwnerOf(fd, uid, gid); };
  co_return co_await Loop::Current().Offload(who_.get(), set);
}

Task<Result<std::string>> PosixFile::GetXattr(absl::string_view name, As as) {
  const std::string key(name);
  if (as == As::kProcess && local()) co_return GetXattrOf(target(), key);
  const auto get = [target = target(), &key] { return GetXattrOf(target, key); };
  Result<std::string> value = co_await Loop::Current().Offload(Actor(as), get);
  co_return value;
}

Task<int> PosixFile::SetXattr(absl::string_view name, absl::string_view value, As as) {
  const std::string key(name);
  if (as == As::kProcess && !path_only_) {
    const absl::Span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(value.data()),
                                          value.size());
    co_return co_await Loop::Current().Fsetxattr(fd_.get(), key.c_str(), bytes, 0);
  }
  const auto set = [target = target(), &key, value] { return SetXattrOf(target, key, value); };
  co_return co_await Loop::Current().Offload(Actor(as), set);
}

Task<int> PosixFile::RemoveXattr(absl::string_view name, As as) {
  const std::string key(name);
  const auto remove = [target = target(), &key] { return RemoveXattrOf(target, key); };
  co_return co_await Loop::Current().Offload(Actor(as), remove);
}

Task<Result<std::vector<std::string>>> PosixFile::ListXattrs() {
  // Names of the user namespace are everybody's to list.
  if (local()) co_return ListXattrsOf(target());
  const auto list = [target = target()] { return ListXattrsOf(target); };
  Result<std::vector<std::string>> names = co_await Loop::Current().Offload(who_.get(), list);
  co_return names;
}

Task<Result<std::vector<DirectoryEntry>>> PosixFile::ReadDirectory(bool restart) {
  const auto read = [fd = fd_.get(), restart] { return ReadEntries(fd, restart); };
  Result<std::vector<DirectoryEntry>> entries = co_await Loop::Current().Offload(who_.get(), read);
  co_return entries;
}

Task<Result<std::vector<EntryStat>>> PosixFile::StatEntries(
    absl::Span<const DirectoryEntry> entries, absl::string_view xattr) {
  if (opened_stat_.type != FileType::kDirectory) {
    co_return Result<std::vector<EntryStat>>::Error(-ENOTDIR);
  }
  EntryBatch batch;
  batch.root_fd = root_->fd.get();
  batch.directory_fd = fd_.get();
  batch.file_systems = &root_->file_systems;
  batch.xattr = std::string(xattr);
  batch.entries = entries;
  const auto fill = [&batch] { FillStats(&batch); };
  co_await Loop::Current().Offload(who_.get(), fill);
  if (!batch.refused.empty()) {
    const auto fill_refused = [&batch] { FillRefusedXattrs(&batch); };
    co_await Loop::Current().Offload(nullptr, fill_refused);
  }
  co_return std::move(batch.stats);
}

}  // namespace sluice::storage::posix

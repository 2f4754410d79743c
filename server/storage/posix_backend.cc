#include "server/storage/posix_backend.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "server/ring/loop.h"
#include "server/storage/posix_calls.h"
#include "server/storage/posix_file.h"
#include "server/storage/posix_holes.h"

namespace sluice::storage {
namespace {

using posix::Descriptor;
using posix::Root;
using ring::Loop;
using ring::Task;

constexpr uint64_t kResolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
constexpr int kOpenAttempts = 16;

// A path's parent and its last component; no component for the root itself.
struct Split {
  std::string parent;
  std::string leaf;
};

// False where the path has no last component that could be made, renamed or removed.
bool SplitPath(absl::string_view path, Split* out) {
  const size_t slash = path.rfind('/');
  const absl::string_view leaf = slash == absl::string_view::npos ? path : path.substr(slash + 1);
  if (leaf.empty() || leaf == "." || leaf == "..") return false;
  if (path.find('\0') != absl::string_view::npos) return false;
  out->parent =
      slash == absl::string_view::npos ? std::string() : std::string(path.substr(0, slash));
  out->leaf = std::string(leaf);
  return true;
}

open_how HowToOpen(const OpenFlags& flags) {
  open_how how = {};
  how.resolve = kResolve;
  how.flags = O_CLOEXEC;
  if (flags.directory) how.flags |= O_DIRECTORY;
  if (flags.no_follow) how.flags |= O_NOFOLLOW;
  if (flags.path_only) {
    how.flags |= O_PATH;
    return how;
  }
  // O_NONBLOCK: a FIFO must not keep the ring's worker; see OpenFile.
  how.flags |= O_NOCTTY | O_NONBLOCK;
  how.flags |= flags.write ? (flags.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (flags.create) {
    how.flags |= O_CREAT | (flags.exclusive ? O_EXCL : 0);
    how.mode = flags.mode & 07777;
  }
  return how;
}

bool Served(FileType type, const OpenFlags& flags) {
  if (type == FileType::kSymlink) return flags.no_follow && flags.path_only;
  return type == FileType::kRegular || type == FileType::kDirectory;
}

class PosixBackend final : public Backend {
 public:
  explicit PosixBackend(std::shared_ptr<const Root> root) : root_(std::move(root)) {}

  uint64_t file_system() const override { return root_->file_systems.root(); }
  std::string RootPath() const override {
    std::string path;
    return posix::PathOf(root_->fd.get(), &path) == 0 ? path : std::string();
  }
  Task<Result<std::unique_ptr<File>>> Open(const base::Identity& who, absl::string_view path,
                                           OpenFlags flags) override;
  Task<Result<Stat>> GetStat(const base::Identity& who, absl::string_view path) override;
  Task<int> MakeDirectory(const base::Identity& who, absl::string_view path,
                          uint32_t mode) override;
  Task<int> Remove(const base::Identity& who, absl::string_view path, bool directory) override;
  Task<int> Rename(const base::Identity& who, absl::string_view from, absl::string_view to,
                   bool replace) override;
  Task<int> Link(const base::Identity& who, absl::string_view from, absl::string_view to) override;
  Task<int> MakeSymlink(const base::Identity& who, absl::string_view target,
                        absl::string_view path) override;
  Task<Result<std::string>> ReadSymlink(const base::Identity& who, absl::string_view path) override;
  bool punches_holes() const override { return root_->punches_holes; }
  Task<int> CheckReach(const base::Identity& who) override;
  Task<Result<StatFs>> GetStatFs(const base::Identity& who) override;

 private:
  // A descriptor below the root or -errno.
  Task<int> OpenBelow(const base::Identity& who, absl::string_view path, open_how how);
  // The O_PATH descriptor of a directory; the root's own needs no opening. Gives 0 or -errno.
  struct Directory {
    Descriptor opened;
    int fd = -1;
  };
  Task<int> OpenDirectory(const base::Identity& who, absl::string_view path, Directory* out);
  Task<Result<Stat>> StatOpened(int fd);

  const std::shared_ptr<const Root> root_;
};

Task<int> PosixBackend::OpenBelow(const base::Identity& who, absl::string_view path, open_how how) {
  if (path.find('\0') != absl::string_view::npos) co_return -EINVAL;
  const std::string name = path.empty() ? std::string(".") : std::string(path);
  Loop& loop = Loop::Current();
  int fd = -EAGAIN;
  // EAGAIN: a rename anywhere raced with ".." in a link on the way, or another process holds a
  // lease on the file, which the attempt has asked it to give up.
  for (int attempt = 0; attempt < kOpenAttempts && (fd == -EAGAIN || fd == -EINTR); ++attempt) {
    fd = co_await loop.Openat2(root_->fd.get(), name.c_str(), how, &who);
  }
  co_return fd;
}

Task<int> PosixBackend::OpenDirectory(const base::Identity& who, absl::string_view path,
                                      Directory* out) {
  if (path.empty()) {
    out->fd = root_->fd.get();
    co_return 0;
  }
  open_how how = {};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = kResolve;
  const int fd = co_await OpenBelow(who, path, how);
  if (fd < 0) co_return fd;
  out->opened = Descriptor(fd);
  out->fd = fd;
  co_return 0;
}

Task<Result<Stat>> PosixBackend::StatOpened(int fd) {
  Stat stat;
  if (root_->local) {
    // DONT_SYNC: a network file system mounted below answers from memory too.
    const int error = posix::StatDescriptor(fd, AT_STATX_DONT_SYNC, &stat);
    if (error != 0) co_return Result<Stat>::Error(error);
  } else {
    struct statx raw;
    const int error =
        co_await Loop::Current().Statx(fd, "", AT_EMPTY_PATH, posix::kStatxMask, &raw, nullptr);
    if (error < 0) co_return Result<Stat>::Error(error);
    stat = posix::StatFromStatx(raw);
  }
  if (!root_->file_systems.Fill(&stat)) {
    const auto learn = [this, fd, &stat] {
      root_->file_systems.Learn(fd, &stat);
      return 0;
    };
    co_await Loop::Current().Offload(nullptr, learn);
  }
  co_return stat;
}

Task<Result<std::unique_ptr<File>>> PosixBackend::Open(const base::Identity& who,
                                                       absl::string_view path, OpenFlags flags) {
  using Opened = Result<std::unique_ptr<File>>;
  const open_how how = HowToOpen(flags);
  const int fd = co_await OpenBelow(who, path, how);
  // ENXIO: a socket, or a FIFO nobody reads.
  if (fd < 0) co_return Opened::Error(fd == -ENXIO ? -EOPNOTSUPP : fd);
  Descriptor descriptor(fd);
  const Result<Stat> stat = co_await StatOpened(fd);
  if (!stat.ok()) co_return Opened::Error(stat.error());
  if (stat.value().type == FileType::kSymlink && !flags.no_follow) co_return Opened::Error(-ELOOP);
  if (!Served(stat.value().type, flags)) co_return Opened::Error(-EOPNOTSUPP);
  if (flags.write && stat.value().type == FileType::kDirectory) co_return Opened::Error(-EISDIR);
  if ((how.flags & O_NONBLOCK) != 0) {
    // Left on, the ring would fail reads with EAGAIN on file systems that cannot promise not to
    // wait. This call changes a flag in memory.
    const int access = how.flags & O_ACCMODE;
    if (::fcntl(fd, F_SETFL, access) != 0) co_return Opened::Error(-errno);
  }
  std::unique_ptr<File> file = std::make_unique<posix::PosixFile>(
      root_, std::move(descriptor), flags.path_only, who.Shared(), stat.value());
  co_return std::move(file);
}

Task<Result<Stat>> PosixBackend::GetStat(const base::Identity& who, absl::string_view path) {
  open_how how = {};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = kResolve;
  const int fd = co_await OpenBelow(who, path, how);
  if (fd < 0) co_return Result<Stat>::Error(fd);
  const Descriptor descriptor(fd);
  const Result<Stat> stat = co_await StatOpened(fd);
  co_return stat;
}

Task<int> PosixBackend::MakeDirectory(const base::Identity& who, absl::string_view path,
                                      uint32_t mode) {
  if (path.empty()) co_return -EEXIST;
  Split split;
  if (!SplitPath(path, &split)) co_return -EINVAL;
  Directory parent;
  if (const int error = co_await OpenDirectory(who, split.parent, &parent); error != 0) {
    co_return error;
  }
  co_return co_await Loop::Current().Mkdirat(parent.fd, split.leaf.c_str(), mode & 07777, &who);
}

Task<int> PosixBackend::Remove(const base::Identity& who, absl::string_view path, bool directory) {
  if (path.empty()) co_return -EBUSY;
  Split split;
  if (!SplitPath(path, &split)) co_return -EINVAL;
  Directory parent;
  if (const int error = co_await OpenDirectory(who, split.parent, &parent); error != 0) {
    co_return error;
  }
  co_return co_await Loop::Current().Unlinkat(parent.fd, split.leaf.c_str(),
                                              directory ? AT_REMOVEDIR : 0, &who);
}

Task<int> PosixBackend::Rename(const base::Identity& who, absl::string_view from,
                               absl::string_view to, bool replace) {
  if (from.empty() || to.empty()) co_return -EBUSY;
  Split source;
  Split target;
  if (!SplitPath(from, &source) || !SplitPath(to, &target)) co_return -EINVAL;
  Directory source_parent;
  if (const int error = co_await OpenDirectory(who, source.parent, &source_parent); error != 0) {
    co_return error;
  }
  Directory target_parent;
  int target_fd = source_parent.fd;
  if (target.parent != source.parent) {
    if (const int error = co_await OpenDirectory(who, target.parent, &target_parent); error != 0) {
      co_return error;
    }
    target_fd = target_parent.fd;
  }
  co_return co_await Loop::Current().Renameat2(source_parent.fd, source.leaf.c_str(), target_fd,
                                               target.leaf.c_str(), replace ? 0 : RENAME_NOREPLACE,
                                               &who);
}

Task<int> PosixBackend::Link(const base::Identity& who, absl::string_view from,
                             absl::string_view to) {
  Split source;
  Split target;
  if (!SplitPath(from, &source) || !SplitPath(to, &target)) co_return -EINVAL;
  Directory source_parent;
  if (const int error = co_await OpenDirectory(who, source.parent, &source_parent); error != 0) {
    co_return error;
  }
  Directory target_parent;
  if (const int error = co_await OpenDirectory(who, target.parent, &target_parent); error != 0) {
    co_return error;
  }
  co_return co_await Loop::Current().Linkat(source_parent.fd, source.leaf.c_str(), target_parent.fd,
                                            target.leaf.c_str(), 0, &who);
}

Task<int> PosixBackend::MakeSymlink(const base::Identity& who, absl::string_view target,
                                    absl::string_view path) {
  Split split;
  if (!SplitPath(path, &split)) co_return -EINVAL;
  if (target.empty() || target.find('\0') != absl::string_view::npos) co_return -EINVAL;
  const std::string content(target);
  Directory parent;
  if (const int error = co_await OpenDirectory(who, split.parent, &parent); error != 0) {
    co_return error;
  }
  co_return co_await Loop::Current().Symlinkat(content.c_str(), parent.fd, split.leaf.c_str(),
                                               &who);
}

Task<Result<std::string>> PosixBackend::ReadSymlink(const base::Identity& who,
                                                    absl::string_view path) {
  open_how how = {};
  how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = kResolve;
  const int fd = co_await OpenBelow(who, path, how);
  if (fd < 0) co_return Result<std::string>::Error(fd);
  const Descriptor descriptor(fd);
  const auto read = [fd] { return posix::ReadLinkOf(fd); };
  Result<std::string> target = co_await Loop::Current().Offload(&who, read);
  co_return target;
}

Task<int> PosixBackend::CheckReach(const base::Identity& who) {
  std::string path;
  if (const int error = posix::PathOf(root_->fd.get(), &path); error != 0) co_return error;
  open_how how = {};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  Loop& loop = Loop::Current();
  // Where it lies now, and then the directory itself: another file system may be mounted over it.
  const int above = co_await loop.Openat2(AT_FDCWD, path.c_str(), how, &who);
  if (above < 0) co_return above;
  const Descriptor opened(above);
  const int itself = co_await loop.Openat2(root_->fd.get(), ".", how, &who);
  if (itself < 0) co_return itself;
  const Descriptor searched(itself);
  co_return 0;
}

Task<Result<StatFs>> PosixBackend::GetStatFs(const base::Identity& who) {
  const int fd = root_->fd.get();
  const auto get = [fd] { return posix::StatFsOf(fd); };
  Result<StatFs> stat = co_await Loop::Current().Offload(&who, get);
  co_return stat;
}

}  // namespace

Result<std::unique_ptr<Backend>> OpenPosixBackend(absl::string_view root) {
  using Opened = Result<std::unique_ptr<Backend>>;
  const std::string path(root);
  auto share = std::make_shared<Root>();
  open_how how = {};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  share->fd = Descriptor(
      static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how)));
  if (share->fd.get() < 0) return Opened::Error(-errno);
  struct statfs file_system;
  Stat stat;
  if (::fstatfs(share->fd.get(), &file_system) != 0) return Opened::Error(-errno);
  if (const int error = posix::StatDescriptor(share->fd.get(), 0, &stat); error != 0) {
    return Opened::Error(error);
  }
  share->local = posix::IsLocalFileSystem(file_system.f_type);
  share->device = stat.device;
  share->punches_holes = posix::PunchesHolesBelow(share->fd.get());
  share->file_systems.SetRoot(stat.device, file_system);
  std::unique_ptr<Backend> backend = std::make_unique<PosixBackend>(std::move(share));
  return backend;
}

}  // namespace sluice::storage

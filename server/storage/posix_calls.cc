#include "server/storage/posix_calls.h"

#include <dirent.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <tuple>

#include "server/base/limits.h"

namespace sluice::storage::posix {
namespace {

// A file system's types that <linux/magic.h> of Debian 12 does not name.
constexpr int64_t kXfsMagic = 0x58465342;
constexpr int64_t kZfsMagic = 0x2fc12fc1;

int64_t Ticks(const statx_timestamp& time) {
  return time.tv_sec * kTicksPerSecond + time.tv_nsec / kTickNanos;
}

FileType TypeFromDirent(uint8_t type) {
  switch (type) {
    case DT_REG:
      return FileType::kRegular;
    case DT_DIR:
      return FileType::kDirectory;
    case DT_LNK:
      return FileType::kSymlink;
    default:
      return FileType::kOther;
  }
}

int StatAt(int fd, const char* name, int flags, Stat* out) {
  struct statx raw;
  if (::statx(fd, name, flags, kStatxMask, &raw) != 0) return -errno;
  *out = StatFromStatx(raw);
  return 0;
}

// Where a directory lies now, below the root; renames since its open are followed. False when it is
// no longer there.
bool PathBelowRoot(int root_fd, int directory_fd, std::string* out) {
  char root[PATH_MAX];
  char directory[PATH_MAX];
  const ssize_t root_bytes = ::readlink(DescriptorPath(root_fd).c_str(), root, sizeof root);
  const ssize_t bytes =
      ::readlink(DescriptorPath(directory_fd).c_str(), directory, sizeof directory);
  if (root_bytes <= 0 || bytes <= 0 || bytes == ssize_t{PATH_MAX}) return false;
  absl::string_view base(root, root_bytes);
  absl::string_view path(directory, bytes);
  if (base == "/") base = "";
  if (path.substr(0, base.size()) != base) return false;
  path.remove_prefix(base.size());
  if (!path.empty() && path[0] != '/') return false;
  if (!path.empty()) path.remove_prefix(1);
  out->assign(path.data(), path.size());
  return true;
}

// Room for the names of a file's attributes at first.
constexpr size_t kUsualXattrListBytes = 4096;

// Makes a directory the calling thread's working directory, so that a call by an entry's name is
// short: by "/proc/self/fd/7/name" it takes the kernel nearly twice as long. Leaves the directory
// when it ends, for its file system could not be unmounted.
class WorkingDirectory {
 public:
  explicit WorkingDirectory(int directory_fd) {
    thread_local const bool of_this_thread = ::unshare(CLONE_FS) == 0;
    entered_ = of_this_thread && ::fchdir(directory_fd) == 0;
  }
  ~WorkingDirectory() {
    // Fails where nobody may enter "/"; to stay harms little then.
    if (entered_) std::ignore = ::chdir("/");
  }
  WorkingDirectory(const WorkingDirectory&) = delete;
  WorkingDirectory& operator=(const WorkingDirectory&) = delete;

  bool entered() const { return entered_; }

 private:
  bool entered_;
};

// Whether a symlink leads to a directory, never outside the root.
bool LeadsToDirectory(int root_fd, const std::string& directory, const std::string& name) {
  const std::string path = directory.empty() ? name : directory + "/" + name;
  open_how how = {};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const int fd = static_cast<int>(::syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof how));
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

// Reads an xattr by path into `out`, "" where there is none. False if the thread may not read it.
// A symlink is not followed.
bool ReadXattrByPath(const std::string& path, const std::string& name, std::string* out) {
  std::array<char, limits::metadata_xattr_bytes_max> value;
  const ssize_t bytes = ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
  if (bytes < 0) return errno != EACCES && errno != EPERM;
  out->assign(value.data(), bytes);
  return true;
}

// Asks for the number of the file system of an entry.
void LearnFileSystem(const EntryBatch& batch, const std::string& name, Stat* stat) {
  const int fd = ::openat(batch.directory_fd, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  batch.file_systems->Learn(fd, stat);
  if (fd >= 0) ::close(fd);
}

}  // namespace

FileType TypeFromMode(uint32_t mode) {
  if (S_ISREG(mode)) return FileType::kRegular;
  if (S_ISDIR(mode)) return FileType::kDirectory;
  if (S_ISLNK(mode)) return FileType::kSymlink;
  return FileType::kOther;
}

Stat StatFromStatx(const struct statx& from) {
  Stat to;
  to.device = makedev(from.stx_dev_major, from.stx_dev_minor);
  to.inode = from.stx_ino;
  to.type = TypeFromMode(from.stx_mode);
  to.mode = from.stx_mode & 07777;
  to.links = from.stx_nlink;
  to.uid = from.stx_uid;
  to.gid = from.stx_gid;
  to.size = from.stx_size;
  to.allocated = from.stx_blocks * 512;
  to.accessed = Ticks(from.stx_atime);
  to.modified = Ticks(from.stx_mtime);
  to.changed = Ticks(from.stx_ctime);
  to.born = (from.stx_mask & STATX_BTIME) != 0 ? Ticks(from.stx_btime) : 0;
  return to;
}

bool IsLocalFileSystem(int64_t type) {
  constexpr int64_t kLocal[] = {EXT4_SUPER_MAGIC, kXfsMagic,        BTRFS_SUPER_MAGIC,    kZfsMagic,
                                TMPFS_MAGIC,      F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC};
  return std::find(std::begin(kLocal), std::end(kLocal), type & 0xFFFFFFFF) != std::end(kLocal);
}

std::string DescriptorPath(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

int PathOf(int fd, std::string* out) {
  char path[PATH_MAX];
  const ssize_t bytes = ::readlink(DescriptorPath(fd).c_str(), path, sizeof path);
  if (bytes < 0) return -errno;
  // What is unlinked has " (deleted)" behind its name, which then names something else or nothing.
  struct statx stat;
  // Without a request to a server that may not answer.
  if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_NLINK, &stat) != 0) return -errno;
  if (stat.stx_nlink == 0 || path[0] != '/') return -ENOENT;
  if (bytes == ssize_t{PATH_MAX}) return -ENAMETOOLONG;
  out->assign(path, bytes);
  return 0;
}

int StatDescriptor(int fd, int flags, Stat* out) {
  return StatAt(fd, "", AT_EMPTY_PATH | flags, out);
}

Result<std::vector<DirectoryEntry>> ReadEntries(int fd, bool restart) {
  using Entries = Result<std::vector<DirectoryEntry>>;
  alignas(dirent64) std::array<char, limits::directory_read_bytes> buffer;
  if (restart && ::lseek(fd, 0, SEEK_SET) != 0) return Entries::Error(-errno);
  std::vector<DirectoryEntry> entries;
  // A chunk may hold nothing but "." and "..", and empty means the end.
  while (entries.empty()) {
    const long bytes = ::syscall(SYS_getdents64, fd, buffer.data(), buffer.size());
    if (bytes < 0) return Entries::Error(-errno);
    if (bytes == 0) break;
    for (long at = 0; at < bytes;) {
      // The kernel's own records, aligned by it.
      const auto* record = reinterpret_cast<const dirent64*>(buffer.data() + at);
      at += record->d_reclen;
      if (std::strcmp(record->d_name, ".") == 0 || std::strcmp(record->d_name, "..") == 0) continue;
      DirectoryEntry& entry = entries.emplace_back();
      entry.name = record->d_name;
      entry.inode = record->d_ino;
      entry.type = TypeFromDirent(record->d_type);
      Stat stat;
      if (record->d_type == DT_UNKNOWN &&
          StatAt(fd, record->d_name, AT_SYMLINK_NOFOLLOW, &stat) == 0) {
        entry.type = stat.type;
      }
    }
  }
  return entries;
}

void FillStats(EntryBatch* batch) {
  const WorkingDirectory working_directory(batch->directory_fd);
  const std::string prefix =
      working_directory.entered() ? "" : DescriptorPath(batch->directory_fd) + "/";
  std::string directory;
  bool directory_known = false;
  const auto know_directory = [&] {
    if (!directory_known) {
      directory_known = PathBelowRoot(batch->root_fd, batch->directory_fd, &directory);
    }
    return directory_known;
  };
  batch->stats.resize(batch->entries.size());
  for (size_t i = 0; i < batch->entries.size(); ++i) {
    const std::string& name = batch->entries[i].name;
    EntryStat& entry = batch->stats[i];
    if (name.empty() || name.find('/') != std::string::npos) {
      entry.error = -EINVAL;
      continue;
    }
    if (name == ".." && (!know_directory() || directory.empty())) {
      entry.error = -EXDEV;
      continue;
    }
    entry.error = StatAt(batch->directory_fd, name.c_str(), AT_SYMLINK_NOFOLLOW, &entry.stat);
    if (entry.error != 0) continue;
    if (!batch->file_systems->Fill(&entry.stat)) LearnFileSystem(*batch, name, &entry.stat);
    if (entry.stat.type == FileType::kSymlink) {
      entry.leads_to_directory =
          know_directory() && LeadsToDirectory(batch->root_fd, directory, name);
      continue;
    }
    if (!batch->xattr.empty() && !ReadXattrByPath(prefix + name, batch->xattr, &entry.xattr)) {
      batch->refused.push_back(i);
    }
  }
}

void FillRefusedXattrs(EntryBatch* batch) {
  const std::string prefix = DescriptorPath(batch->directory_fd) + "/";
  for (const size_t index : batch->refused) {
    const std::string path = prefix + batch->entries[index].name;
    ReadXattrByPath(path, batch->xattr, &batch->stats[index].xattr);
  }
  batch->refused.clear();
}

Result<std::string> GetXattrOf(XattrTarget target, const std::string& name) {
  const std::string path = target.path_only ? DescriptorPath(target.fd) : std::string();
  // The size may grow between the question and the answer.
  for (size_t capacity = limits::metadata_xattr_bytes_max;;) {
    std::string value(capacity, '\0');
    const ssize_t bytes = target.path_only
                              ? ::getxattr(path.c_str(), name.c_str(), value.data(), value.size())
                              : ::fgetxattr(target.fd, name.c_str(), value.data(), value.size());
    if (bytes >= 0) {
      value.resize(bytes);
      return value;
    }
    if (errno != ERANGE || capacity >= XATTR_SIZE_MAX) return Result<std::string>::Error(-errno);
    capacity = XATTR_SIZE_MAX;
  }
}

int SetXattrOf(XattrTarget target, const std::string& name, absl::string_view value) {
  const int done = target.path_only
                       ? ::setxattr(DescriptorPath(target.fd).c_str(), name.c_str(), value.data(),
                                    value.size(), 0)
                       : ::fsetxattr(target.fd, name.c_str(), value.data(), value.size(), 0);
  return done == 0 ? 0 : -errno;
}

int RemoveXattrOf(XattrTarget target, const std::string& name) {
  const int done = target.path_only ? ::removexattr(DescriptorPath(target.fd).c_str(), name.c_str())
                                    : ::fremovexattr(target.fd, name.c_str());
  return done == 0 ? 0 : -errno;
}

Result<std::vector<std::string>> ListXattrsOf(XattrTarget target) {
  using Names = Result<std::vector<std::string>>;
  const std::string path = target.path_only ? DescriptorPath(target.fd) : std::string();
  const auto fill = [&](std::string* out) {
    return target.path_only ? ::listxattr(path.c_str(), out->data(), out->size())
                            : ::flistxattr(target.fd, out->data(), out->size());
  };
  std::string list(kUsualXattrListBytes, '\0');
  ssize_t bytes = fill(&list);
  if (bytes < 0 && errno == ERANGE) {
    list.resize(XATTR_LIST_MAX);
    bytes = fill(&list);
  }
  if (bytes < 0) return Names::Error(-errno);
  std::vector<std::string> names;
  for (ssize_t at = 0; at < bytes; at += static_cast<ssize_t>(names.back().size()) + 1) {
    names.emplace_back(list.c_str() + at);
  }
  return names;
}

int SetTimesOf(int fd, const timespec (&times)[2]) {
  return ::utimensat(fd, "", times, AT_EMPTY_PATH) == 0 ? 0 : -errno;
}

int SetModeOf(XattrTarget target, uint32_t mode) {
  const int done = target.path_only ? ::chmod(DescriptorPath(target.fd).c_str(), mode)
                                    : ::fchmod(target.fd, mode);
  return done == 0 ? 0 : -errno;
}

int SetOwnerOf(int fd, uint32_t uid, uint32_t gid) {
  return ::fchownat(fd, "", uid, gid, AT_EMPTY_PATH) == 0 ? 0 : -errno;
}

Result<std::string> ReadLinkOf(int fd) {
  char target[PATH_MAX];
  const ssize_t bytes = ::readlinkat(fd, "", target, sizeof target);
  if (bytes < 0) return Result<std::string>::Error(errno == ENOENT ? -EINVAL : -errno);
  return std::string(target, bytes);
}

Result<StatFs> StatFsOf(int fd) {
  struct statfs raw;
  if (::fstatfs(fd, &raw) != 0) return Result<StatFs>::Error(-errno);
  StatFs out;
  out.block_bytes = raw.f_frsize > 0 ? raw.f_frsize : raw.f_bsize;
  out.blocks_total = raw.f_blocks;
  out.blocks_free = raw.f_bfree;
  out.blocks_available = raw.f_bavail;
  static_assert(sizeof raw.f_fsid == sizeof out.id);
  std::memcpy(&out.id, &raw.f_fsid, sizeof out.id);
  out.name_bytes_max = raw.f_namelen;
  return out;
}

bool HasRoomFor(int fd, uint64_t bytes, bool reserved_too) {
  struct stat file {};
  Result<StatFs> space = StatFsOf(fd);
  if (!space.ok() || space->blocks_total == 0 || ::fstat(fd, &file) != 0) return true;
  const uint64_t taken = static_cast<uint64_t>(file.st_blocks) * 512;
  const uint64_t blocks = reserved_too ? space->blocks_free : space->blocks_available;
  return bytes <= taken || (bytes - taken) / space->block_bytes <= blocks;
}

}  // namespace sluice::storage::posix

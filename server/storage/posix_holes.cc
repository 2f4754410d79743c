#include "server/storage/posix_holes.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

namespace sluice::storage::posix {
namespace {

// A file system's types that <linux/magic.h> of Debian 12 does not name.
constexpr int64_t kXfsMagic = 0x58465342;
constexpr int64_t kZfsMagic = 0x2fc12fc1;

constexpr char kProbeXattr[] = "user.DOSATTRIB";
constexpr off_t kProbeBytes = 4096;

}  // namespace

Result<std::vector<DataRange>> FindDataOf(int fd, uint64_t begin, uint64_t end, size_t ranges_max) {
  using Found = Result<std::vector<DataRange>>;
  std::vector<DataRange> found;
  while (begin < end && found.size() < ranges_max) {
    const off_t data = ::lseek(fd, static_cast<off_t>(begin), SEEK_DATA);
    if (data < 0 && errno == ENXIO) break;  // only a hole is left
    if (data < 0) return Found::Error(-errno);
    if (static_cast<uint64_t>(data) >= end) break;
    const off_t hole = ::lseek(fd, data, SEEK_HOLE);
    if (hole < 0 && errno == ENXIO) break;  // cut off meanwhile
    if (hole < 0) return Found::Error(-errno);
    const uint64_t range_end = std::min(static_cast<uint64_t>(hole), end);
    // A hole may have been punched there meanwhile.
    if (hole > data) found.push_back({static_cast<uint64_t>(data), range_end - data});
    begin = std::max(range_end, begin + 1);
  }
  return found;
}

bool PunchesHolesBelow(int directory_fd) {
  const int fd = ::openat(directory_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return PunchesHolesByType(directory_fd);
  const bool punches =
      ::fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kProbeBytes) == 0;
  const bool keeps_attribute = ::fsetxattr(fd, kProbeXattr, "", 1, 0) == 0;
  ::close(fd);
  return punches && keeps_attribute;
}

bool PunchesHolesByType(int fd) {
  struct statfs file_system;
  if (::fstatfs(fd, &file_system) != 0) return false;
  constexpr int64_t kTypes[] = {EXT4_SUPER_MAGIC, kXfsMagic,   BTRFS_SUPER_MAGIC,
                                kZfsMagic,        TMPFS_MAGIC, F2FS_SUPER_MAGIC};
  return std::find(std::begin(kTypes), std::end(kTypes), file_system.f_type & 0xFFFFFFFF) !=
         std::end(kTypes);
}

}  // namespace sluice::storage::posix

#include "server/storage/posix_file_systems.h"

#include <sys/vfs.h>

#include <cstring>

namespace sluice::storage::posix {
namespace {

uint64_t NumberOf(uint64_t device, const struct statfs& file_system) {
  uint64_t number = 0;
  static_assert(sizeof file_system.f_fsid == sizeof number);
  std::memcpy(&number, &file_system.f_fsid, sizeof number);
  return number != 0 ? number : device;
}

}  // namespace

void FileSystemNumbers::SetRoot(uint64_t device, const struct statfs& root) {
  root_device_ = device;
  root_number_ = NumberOf(device, root);
}

bool FileSystemNumbers::Fill(Stat* stat) const {
  if (stat->device == root_device_) {
    stat->file_system = root_number_;
    return true;
  }
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = numbers_.find(stat->device);
  if (found == numbers_.end()) return false;
  stat->file_system = found->second;
  return true;
}

void FileSystemNumbers::Learn(int fd, Stat* stat) const {
  struct statfs file_system;
  if (::fstatfs(fd, &file_system) != 0) {
    stat->file_system = stat->device;
    return;
  }
  stat->file_system = NumberOf(stat->device, file_system);
  std::lock_guard<std::mutex> lock(mutex_);
  if (numbers_.size() >= kDevicesMax) numbers_.clear();
  numbers_[stat->device] = stat->file_system;
}

}  // namespace sluice::storage::posix

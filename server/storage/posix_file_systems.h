// Numbers for the file systems of one share that stay the same over restarts.
#ifndef SLUICE_SERVER_STORAGE_POSIX_FILE_SYSTEMS_H_
#define SLUICE_SERVER_STORAGE_POSIX_FILE_SYSTEMS_H_

#include <cstddef>
#include <cstdint>
#include <mutex>

#include "absl/container/flat_hash_map.h"
#include "server/storage/backend.h"

struct statfs;

namespace sluice::storage::posix {

// statfs's f_fsid, which each btrfs subvolume has of its own; where a file system has none, its
// device number. Thread-safe.
class FileSystemNumbers {
 public:
  // Of the root; before any other call.
  void SetRoot(uint64_t device, const struct statfs& root);
  uint64_t root() const { return root_number_; }

  // Sets stat->file_system from stat->device. False where that device was not seen yet. A device
  // number that another file system gets after an unmount keeps the old one's number.
  bool Fill(Stat* stat) const;
  // Sets it by asking for the file system of `fd`. May wait.
  void Learn(int fd, Stat* stat) const;

 private:
  // Beyond that all are forgotten and learned anew.
  static constexpr size_t kDevicesMax = 4096;

  uint64_t root_device_ = 0;
  uint64_t root_number_ = 0;
  mutable std::mutex mutex_;
  mutable absl::flat_hash_map<uint64_t, uint64_t> numbers_;  // by device; mutex_
};

}  // namespace sluice::storage::posix

#endif  // SLUICE_SERVER_STORAGE_POSIX_FILE_SYSTEMS_H_

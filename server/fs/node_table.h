// The files that are open, process-wide.
#ifndef SLUICE_SERVER_FS_NODE_TABLE_H_
#define SLUICE_SERVER_FS_NODE_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "proto/status/nt_status.h"
#include "server/fs/file_node.h"
#include "server/fs/lock_allowance.h"
#include "server/fs/open_file.h"

namespace sluice::fs {

// Thread-safe. Outlives all volumes and opens.
class NodeTable {
 public:
  // Adds `open` to the file's opens, sets its node and the oplock that it gets; DELETE_PENDING or
  // SHARING_VIOLATION where the file or another open does not allow it. OPLOCK_BREAK_IN_PROGRESS,
  // with the file in `*breaking`, where an oplock must break first: try again after a BreakWait.
  proto::NtStatus Admit(const FileKey& key, OpenFile* open, const Admission& admission,
                        std::shared_ptr<FileNode>* breaking);

  enum class Leaving : uint8_t {
    kLeft,           // it is out; others may still have the file open
    kRemove,         // it is out, it was the last by its name, which goes as `removal` says
    kNeedsNameLock,  // nothing happened: it would be the last by a name that is to go, and the
                     // caller does not hold the name in `removal` exclusively
  };
  // Takes `open` out, and its locks.
  // `held`: whose name the caller holds exclusively in that volume's NameLocks, or null.
  Leaving Leave(OpenFile* open, const Removal* held, Removal* removal);

  // Null where nobody has the file open.
  std::shared_ptr<FileNode> Find(const FileKey& key) const;
  // All opens of the file and of its streams that know it by the old name know it by the new one.
  void Renamed(const FileKey& file, NameChange& change);
  // Looks at every open file: for renames of directories only.
  bool HasOpenBelow(NameChange& change) const;
  size_t size() const;
  // Byte-range locks of all files.
  size_t locks() const { return locks_.held(); }

  // Whether the deletion of any directory is pending. What is made in one and then asks this is
  // seen by who makes the deletion pending and then looks whether the directory is empty, or sees
  // it.
  bool AnyDirectoryGoing() const { return directories_going_.load() != 0; }

  // Files that are still there although a client was told that they go: the last close could not
  // remove them. Since the start.
  void CountFailedRemoval() { failed_removals_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t failed_removals() const { return failed_removals_.load(std::memory_order_relaxed); }

 private:
  struct Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<FileKey, std::shared_ptr<FileNode>> nodes;
  };
  static constexpr size_t kShards = 64;

  // A file and its streams are in one.
  Shard& ShardOf(const FileKey& key) { return shards_[(key.inode ^ key.device) % kShards]; }
  const Shard& ShardOf(const FileKey& key) const {
    return shards_[(key.inode ^ key.device) % kShards];
  }

  std::atomic<size_t> directories_going_{0};
  LockAllowance locks_;  // of all files
  std::array<Shard, kShards> shards_;
  std::atomic<uint64_t> failed_removals_{0};
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_NODE_TABLE_H_

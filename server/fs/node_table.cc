#include "server/fs/node_table.h"

#include <utility>

#include "server/fs/name_change.h"

namespace sluice::fs {

using proto::NtStatus;

NtStatus NodeTable::Admit(const FileKey& key, OpenFile* open, const Admission& admission,
                          std::shared_ptr<FileNode>* breaking) {
  AfterUnlock after;
  Shard& shard = ShardOf(key);
  std::lock_guard<std::mutex> lock(shard.mutex);
  const auto [found, inserted] = shard.nodes.try_emplace(key);
  if (inserted) found->second = std::make_shared<FileNode>(key, directories_going_, locks_);
  const NtStatus status = found->second->Admit(open, admission, &after);
  // A node without opens never stays: a new one admits everybody.
  if (status == NtStatus::kOk) open->node = found->second;
  if (status == NtStatus::kOplockBreakInProgress) *breaking = found->second;
  return status;
}

NodeTable::Leaving NodeTable::Leave(OpenFile* open, const Removal* held, Removal* removal) {
  AfterUnlock after;
  FileNode::Waiters finished;
  Leaving leaving = Leaving::kLeft;
  {
    FileNode& node = *open->node;
    Shard& shard = ShardOf(node.key());
    std::lock_guard<std::mutex> shard_lock(shard.mutex);
    std::lock_guard<std::mutex> lock(node.mutex_);
    const bool last = node.opens_.size() == 1;
    if (const auto due = node.RemovalDue(*open); due != node.removals_.end()) {
      *removal = *due;
      const bool holds =
          held != nullptr && held->volume == removal->volume && held->path == removal->path;
      if (!holds) return Leaving::kNeedsNameLock;
      leaving = Leaving::kRemove;
      node.EraseRemoval(due);
    }
    finished = node.Remove(open, &after);
    if (last) shard.nodes.erase(node.key());  // `open` still holds the node
  }
  FileNode::Resume(finished);
  return leaving;
}

std::shared_ptr<FileNode> NodeTable::Find(const FileKey& key) const {
  const Shard& shard = ShardOf(key);
  std::lock_guard<std::mutex> lock(shard.mutex);
  const auto found = shard.nodes.find(key);
  return found == shard.nodes.end() ? nullptr : found->second;
}

void NodeTable::Renamed(const FileKey& file, NameChange& change) {
  Shard& shard = ShardOf(file);
  std::lock_guard<std::mutex> lock(shard.mutex);
  for (const auto& [key, node] : shard.nodes) {
    if (key.inode == file.inode && key.device == file.device) node->Renamed(change);
  }
}

bool NodeTable::HasOpenBelow(NameChange& change) const {
  for (const Shard& shard : shards_) {
    std::lock_guard<std::mutex> lock(shard.mutex);
    for (const auto& [key, node] : shard.nodes) {
      if (node->HasOpenBelow(change)) return true;
    }
  }
  return false;
}

size_t NodeTable::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard<std::mutex> lock(shard.mutex);
    size += shard.nodes.size();
  }
  return size;
}

}  // namespace sluice::fs

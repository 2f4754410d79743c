#include "server/fs/name_locks.h"

#include "server/ring/loop.h"

namespace sluice::fs {

bool NameLocks::Grant(Entry* entry, Mode mode) {
  if (mode == Mode::kExclusive) {
    if (entry->holders != 0) return false;
    entry->holders = -1;
    return true;
  }
  if (entry->holders < 0) return false;
  ++entry->holders;
  return true;
}

bool NameLocks::Enqueue(Acquisition* acquisition) {
  Shard& shard = ShardOf(acquisition->name_);
  std::lock_guard<std::mutex> lock(shard.mutex);
  Entry& entry = shard.entries[acquisition->name_];
  if (entry.first == nullptr && Grant(&entry, acquisition->mode_)) return false;
  acquisition->loop_ = &ring::Loop::Current();
  (entry.first == nullptr ? entry.first : entry.last->next_) = acquisition;
  entry.last = acquisition;
  return true;
}

void NameLocks::Release(uint64_t name) {
  Acquisition* granted = nullptr;
  {
    Shard& shard = ShardOf(name);
    std::lock_guard<std::mutex> lock(shard.mutex);
    const auto found = shard.entries.find(name);
    Entry& entry = found->second;
    entry.holders = entry.holders < 0 ? 0 : entry.holders - 1;
    Acquisition** tail = &granted;
    while (entry.first != nullptr && Grant(&entry, entry.first->mode_)) {
      *tail = entry.first;
      entry.first = entry.first->next_;
      (*tail)->next_ = nullptr;
      tail = &(*tail)->next_;
    }
    if (entry.holders == 0 && entry.first == nullptr) shard.entries.erase(found);
  }
  while (granted != nullptr) {
    // Its frame may go as soon as it runs.
    Acquisition* const next = granted->next_;
    granted->loop_->Post([handle = granted->handle_] { handle.resume(); });
    granted = next;
  }
}

size_t NameLocks::held() const {
  size_t held = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard<std::mutex> lock(shard.mutex);
    held += shard.entries.size();
  }
  return held;
}

}  // namespace sluice::fs

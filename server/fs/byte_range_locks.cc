#include "server/fs/byte_range_locks.h"

#include <algorithm>

namespace sluice::fs {
namespace {

// One past the range's end needs a 65th bit.
using Wide = unsigned __int128;

Wide End(const ByteRange& range) { return Wide{range.offset} + range.length; }

}  // namespace

bool Overlap(const ByteRange& one, const ByteRange& other) {
  return one.offset < End(other) && other.offset < End(one);
}

bool ByteRangeLocks::Add(const OpenFile* owner, const ByteRange& range, bool exclusive) {
  for (const Lock& lock : locks_) {
    if (!exclusive && (!lock.exclusive || lock.owner == owner)) continue;
    if (Overlap(lock.range, range)) return false;
  }
  locks_.push_back({owner, range, exclusive});
  return true;
}

bool ByteRangeLocks::Remove(const OpenFile* owner, const ByteRange& range) {
  auto found = locks_.end();
  for (auto lock = locks_.begin(); lock != locks_.end(); ++lock) {
    if (lock->owner != owner || lock->range.offset != range.offset ||
        lock->range.length != range.length) {
      continue;
    }
    if (found == locks_.end() || lock->exclusive) found = lock;
    if (lock->exclusive) break;
  }
  if (found == locks_.end()) return false;
  locks_.erase(found);
  return true;
}

size_t ByteRangeLocks::RemoveAll(const OpenFile* owner) {
  const size_t before = locks_.size();
  locks_.erase(std::remove_if(locks_.begin(), locks_.end(),
                              [owner](const Lock& lock) { return lock.owner == owner; }),
               locks_.end());
  return before - locks_.size();
}

bool ByteRangeLocks::MayRead(const OpenFile* owner, const ByteRange& range) const {
  return std::none_of(locks_.begin(), locks_.end(), [&](const Lock& lock) {
    return lock.exclusive && lock.owner != owner && Overlap(lock.range, range);
  });
}

bool ByteRangeLocks::MayWrite(const OpenFile* owner, const ByteRange& range) const {
  return std::none_of(locks_.begin(), locks_.end(), [&](const Lock& lock) {
    return (!lock.exclusive || lock.owner != owner) && Overlap(lock.range, range);
  });
}

size_t ByteRangeLocks::Count(const OpenFile* owner) const {
  return static_cast<size_t>(std::count_if(
      locks_.begin(), locks_.end(), [owner](const Lock& lock) { return lock.owner == owner; }));
}

std::vector<HeldLock> ByteRangeLocks::Of(const OpenFile* owner) const {
  std::vector<HeldLock> held;
  for (const Lock& lock : locks_) {
    if (lock.owner == owner) held.push_back({lock.range, lock.exclusive});
  }
  return held;
}

}  // namespace sluice::fs

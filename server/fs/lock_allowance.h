// How many byte-range locks a session, or everybody, holds and may still take.
#ifndef SLUICE_SERVER_FS_LOCK_ALLOWANCE_H_
#define SLUICE_SERVER_FS_LOCK_ALLOWANCE_H_

#include <atomic>
#include <cstddef>

namespace sluice::fs {

// Thread-safe.
class LockAllowance {
 public:
  // One more, up to `max` in all. False where there are as many.
  bool Take(size_t max) {
    if (held_.fetch_add(1, std::memory_order_relaxed) < max) return true;
    held_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void GiveBack(size_t locks) { held_.fetch_sub(locks, std::memory_order_relaxed); }
  size_t held() const { return held_.load(std::memory_order_relaxed); }

 private:
  std::atomic<size_t> held_{0};
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_LOCK_ALLOWANCE_H_

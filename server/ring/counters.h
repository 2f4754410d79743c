// Counters that one thread writes and any thread may read.
#ifndef SLUICE_SERVER_RING_COUNTERS_H_
#define SLUICE_SERVER_RING_COUNTERS_H_

#include <atomic>
#include <cstdint>

namespace sluice::ring {

class Counter {
 public:
  // Only one thread adds, so no locked instruction is needed.
  void Add(uint64_t n = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_COUNTERS_H_

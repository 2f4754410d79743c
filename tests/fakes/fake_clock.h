// A clock that stands still until a test moves it.
#ifndef SLUICE_TESTS_FAKES_FAKE_CLOCK_H_
#define SLUICE_TESTS_FAKES_FAKE_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "server/base/clock.h"

namespace sluice::fakes {

class FakeClock final : public base::Clock {
 public:
  uint64_t MonotonicNanos() const override { return nanos_.load(std::memory_order_relaxed); }
  int64_t WallNanos() const override {
    // 2020-01-01 at the start.
    return 1'577'836'800'000'000'000 + static_cast<int64_t>(MonotonicNanos());
  }

  void Advance(uint64_t nanos) { nanos_.fetch_add(nanos, std::memory_order_relaxed); }
  void AdvanceMillis(uint64_t millis) { Advance(millis * 1'000'000); }

 private:
  std::atomic<uint64_t> nanos_{1'000'000'000};
};

}  // namespace sluice::fakes

#endif  // SLUICE_TESTS_FAKES_FAKE_CLOCK_H_

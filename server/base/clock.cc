#include "server/base/clock.h"

#include <ctime>

namespace sluice::base {
namespace {

int64_t Now(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return ts.tv_sec * int64_t{1'000'000'000} + ts.tv_nsec;
}

class RealClock final : public Clock {
 public:
  uint64_t MonotonicNanos() const override { return static_cast<uint64_t>(Now(CLOCK_MONOTONIC)); }
  int64_t WallNanos() const override { return Now(CLOCK_REALTIME); }
};

}  // namespace

Clock& SystemClock() {
  // Never destroyed: what ends with the process may still ask for the time.
  static RealClock& clock = *new RealClock;
  return clock;
}

}  // namespace sluice::base

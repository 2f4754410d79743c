// A clock that stands still until it is told otherwise.
#ifndef SLUICE_TESTS_SERVER_AUTH_FIXED_CLOCK_H_
#define SLUICE_TESTS_SERVER_AUTH_FIXED_CLOCK_H_

#include <cstdint>

#include "server/base/clock.h"

namespace sluice::testing {

class FixedClock : public base::Clock {
 public:
  uint64_t MonotonicNanos() const override { return 0; }
  int64_t WallNanos() const override { return wall_nanos; }

  int64_t wall_nanos = 1'700'000'000'000'000'000;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SERVER_AUTH_FIXED_CLOCK_H_

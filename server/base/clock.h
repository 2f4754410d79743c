// Time as an interface, so that a whole gateway can run under a test's clock.
#ifndef SLUICE_SERVER_BASE_CLOCK_H_
#define SLUICE_SERVER_BASE_CLOCK_H_

#include <cstdint>

namespace sluice::base {

// Thread-safe. Outlives everything that was given a pointer to it.
class Clock {
 public:
  virtual ~Clock() = default;
  // Nanoseconds since an arbitrary start; never goes back.
  virtual uint64_t MonotonicNanos() const = 0;
  // Nanoseconds since 1970-01-01 00:00:00 UTC.
  virtual int64_t WallNanos() const = 0;
};

// The machine's clock; lives as long as the process.
Clock& SystemClock();

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_CLOCK_H_

// Randomness as an interface, so that a whole gateway can run under a test's seed.
#ifndef SLUICE_SERVER_BASE_RANDOM_H_
#define SLUICE_SERVER_BASE_RANDOM_H_

#include <cstdint>

#include "absl/types/span.h"

namespace sluice::base {

// Thread-safe. Outlives everything that was given a pointer to it.
class Random {
 public:
  virtual ~Random() = default;
  // Fills `out` with bytes fit for keys and challenges.
  virtual void Fill(absl::Span<uint8_t> out) = 0;

  uint64_t Next64();
};

// The kernel's getrandom(); lives as long as the process.
Random& SystemRandom();

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_RANDOM_H_

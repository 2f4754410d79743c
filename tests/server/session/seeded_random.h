// Randomness from a seed, so that a failing run can be run again.
#ifndef SLUICE_TESTS_SERVER_SESSION_SEEDED_RANDOM_H_
#define SLUICE_TESTS_SERVER_SESSION_SEEDED_RANDOM_H_

#include <cstdint>
#include <mutex>
#include <random>

#include "absl/types/span.h"
#include "server/base/random.h"

namespace sluice::testing {

class SeededRandom : public base::Random {
 public:
  explicit SeededRandom(uint64_t seed = 1) : engine_(seed) {}
  void Fill(absl::Span<uint8_t> out) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(engine_());
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace sluice::testing

#endif  // SLUICE_TESTS_SERVER_SESSION_SEEDED_RANDOM_H_

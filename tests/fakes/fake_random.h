// Random bytes that a seed reproduces.
#ifndef SLUICE_TESTS_FAKES_FAKE_RANDOM_H_
#define SLUICE_TESTS_FAKES_FAKE_RANDOM_H_

#include <cstdint>
#include <mutex>
#include <random>

#include "absl/types/span.h"
#include "server/base/random.h"

namespace sluice::fakes {

class FakeRandom final : public base::Random {
 public:
  explicit FakeRandom(uint64_t seed) : engine_(seed) {}

  void Fill(absl::Span<uint8_t> out) override {
    std::lock_guard<std::mutex> lock(mutex_);
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(engine_());
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;  // mutex_
};

}  // namespace sluice::fakes

#endif  // SLUICE_TESTS_FAKES_FAKE_RANDOM_H_

#include "server/base/random.h"

#include <sys/random.h>

#include <cstdlib>
#include <cstring>

namespace sluice::base {
namespace {

class KernelRandom final : public Random {
 public:
  void Fill(absl::Span<uint8_t> out) override {
    while (!out.empty()) {
      const ssize_t n = getrandom(out.data(), out.size(), 0);
      // Only EINTR can happen for a valid buffer on a kernel that has the call; without it no key
      // is safe.
      if (n < 0 && errno != EINTR) std::abort();
      if (n > 0) out.remove_prefix(static_cast<size_t>(n));
    }
  }
};

}  // namespace

uint64_t Random::Next64() {
  uint8_t bytes[8];
  Fill(absl::MakeSpan(bytes));
  uint64_t value;
  std::memcpy(&value, bytes, sizeof(value));
  return value;
}

Random& SystemRandom() {
  // Never destroyed: what ends with the process may still need it.
  static KernelRandom& random = *new KernelRandom;
  return random;
}

}  // namespace sluice::base

#include "crypto/constant_time.h"

#include <cstddef>

namespace sluice::crypto {

bool ConstantTimeEqual(absl::Span<const uint8_t> a, absl::Span<const uint8_t> b) {
  if (a.size() != b.size()) return false;
  uint8_t difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference |= a[i] ^ b[i];
    // Without this the compiler may leave the loop at the first difference.
    __asm__ __volatile__("" : "+r"(difference));
  }
  return difference == 0;
}

}  // namespace sluice::crypto

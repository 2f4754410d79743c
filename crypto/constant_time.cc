#include "crypto/constant_time.h"

#include <cstddef>
#include <cstring>

namespace sluice::crypto {

bool ConstantTimeEqual(absl::Span<const uint8_t> a, absl::Span<const uint8_t> b) {
  if (a.size() != b.size()) return false;
  uint64_t difference = 0;
  size_t i = 0;
  for (; i + 8 <= a.size(); i += 8) {
    uint64_t left;
    uint64_t right;
    std::memcpy(&left, a.data() + i, 8);
    std::memcpy(&right, b.data() + i, 8);
    difference |= left ^ right;
    // Without this the compiler may leave the loop at the first difference.
    __asm__ __volatile__("" : "+r"(difference));
  }
  for (; i < a.size(); ++i) {
    difference |= a[i] ^ b[i];
    __asm__ __volatile__("" : "+r"(difference));
  }
  return difference == 0;
}

}  // namespace sluice::crypto

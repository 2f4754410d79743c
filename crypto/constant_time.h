// Comparison that takes the same time wherever the first difference is.
#ifndef SLUICE_CRYPTO_CONSTANT_TIME_H_
#define SLUICE_CRYPTO_CONSTANT_TIME_H_

#include <cstdint>

#include "absl/types/span.h"

namespace sluice::crypto {

// Whether `a` and `b` hold the same bytes. The time depends on the lengths only; different lengths
// are never equal.
bool ConstantTimeEqual(absl::Span<const uint8_t> a, absl::Span<const uint8_t> b);

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_CONSTANT_TIME_H_

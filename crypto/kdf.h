// Key derivation in counter mode with HMAC-SHA256 and a 32-bit counter: [SP800-108] 5.1 as
// [MS-SMB2] 3.1.4.2 uses it.
#ifndef SLUICE_CRYPTO_KDF_H_
#define SLUICE_CRYPTO_KDF_H_

#include <cstdint>

#include "absl/types/span.h"
#include "crypto/digest.h"

namespace sluice::crypto {

// Fills `out` (16 or 32 bytes: L = 128 or 256) from `key`. `label` and `context` are used as given:
// where the specification's strings end with a zero byte, it is part of them. The separating zero
// byte between the two and the length after them are added here.
void DeriveKey(absl::Span<const uint8_t> key, absl::Span<const uint8_t> label,
               absl::Span<const uint8_t> context, absl::Span<uint8_t> out);

// The same with everything after the counter given, as validation vectors have it. Any size of
// `out`.
void DeriveKeyFromFixedInput(absl::Span<const uint8_t> key, Pieces fixed_input,
                             absl::Span<uint8_t> out);

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_KDF_H_

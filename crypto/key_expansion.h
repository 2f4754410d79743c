// From a key's bytes to its schedule (crypto/schedules.h). Only crypto/ includes this.
#ifndef SLUICE_CRYPTO_KEY_EXPANSION_H_
#define SLUICE_CRYPTO_KEY_EXPANSION_H_

#include <cstdint>

#include "absl/types/span.h"
#include "crypto/algorithms.h"
#include "crypto/processor.h"
#include "crypto/secret.h"

namespace sluice::crypto {

// REQUIRES: a key of the right length and an available processor, not kAuto. Thread-safe.
SecretBuffer ExpandSigningKey(SigningAlgorithm algorithm, absl::Span<const uint8_t> key,
                              Processor processor);
SecretBuffer ExpandCipherKey(Cipher cipher, absl::Span<const uint8_t> key, Processor processor);

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_KEY_EXPANSION_H_

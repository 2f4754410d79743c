// Keys ready for use: what signing and sealing need of a key is computed once, here, and lives in
// aligned memory that wipes itself.
#ifndef SLUICE_CRYPTO_KEYS_H_
#define SLUICE_CRYPTO_KEYS_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "crypto/algorithms.h"
#include "crypto/processor.h"
#include "crypto/secret.h"

namespace sluice::crypto {

// 16 bytes [MS-SMB2] 3.1.4.1.
inline constexpr size_t kSigningKeyBytes = 16;

// A key to sign and to check signatures with. Immutable once made: any number of stages on any
// threads may use it at the same time. It costs about a microsecond to make (GMAC), so it is made
// once a session, not once a message.
class SigningKey {
 public:
  // No key: jobs that use it fail.
  SigningKey() = default;
  // The key of `algorithm`: 16 bytes for the two AES ones, any length for HMAC-SHA256 (SMB uses
  // 16). Any other length makes no key. `processor` must be that of the stage that will use the
  // key, or jobs with it fail; only tests and a forced configuration pass it.
  SigningKey(SigningAlgorithm algorithm, absl::Span<const uint8_t> key,
             Processor processor = Processor::kAuto);
  SigningKey(SigningKey&&) noexcept = default;
  SigningKey& operator=(SigningKey&&) noexcept = default;

  bool valid() const { return !schedule_.empty(); }
  SigningAlgorithm algorithm() const { return algorithm_; }
  // Never kAuto in a valid key.
  Processor processor() const { return processor_; }
  // The expanded key, in the layout of crypto/ipsec_mb/schedules.h.
  const SecretBuffer& schedule() const { return schedule_; }

 private:
  SigningAlgorithm algorithm_ = SigningAlgorithm::kHmacSha256;
  Processor processor_ = Processor::kAuto;
  SecretBuffer schedule_;
};

// A key to seal and to open with; the same promises as SigningKey.
class CipherKey {
 public:
  CipherKey() = default;
  // REQUIRES: key.size() == CipherKeyBytes(cipher), or no key is made.
  CipherKey(Cipher cipher, absl::Span<const uint8_t> key, Processor processor = Processor::kAuto);
  CipherKey(CipherKey&&) noexcept = default;
  CipherKey& operator=(CipherKey&&) noexcept = default;

  bool valid() const { return !schedule_.empty(); }
  Cipher cipher() const { return cipher_; }
  Processor processor() const { return processor_; }
  const SecretBuffer& schedule() const { return schedule_; }

 private:
  Cipher cipher_ = Cipher::kNone;
  Processor processor_ = Processor::kAuto;
  SecretBuffer schedule_;
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_KEYS_H_

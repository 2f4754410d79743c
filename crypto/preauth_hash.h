// The preauthentication integrity hash of SMB 3.1.1: a chain of SHA-512 over the messages of
// NEGOTIATE and SESSION_SETUP, [MS-SMB2] 3.3.5.4 and 3.3.5.5.
#ifndef SLUICE_CRYPTO_PREAUTH_HASH_H_
#define SLUICE_CRYPTO_PREAUTH_HASH_H_

#include <array>
#include <cstdint>

#include "absl/types/span.h"

namespace sluice::crypto {

// Copy it where a chain forks: each authentication goes on from its connection's value.
class PreauthHash {
 public:
  static constexpr size_t kBytes = 64;

  // value = SHA-512(value || message); `message` starts at the SMB2 header.
  void Update(absl::Span<const uint8_t> message);
  // All zero before the first Update. Lives as long as this object.
  absl::Span<const uint8_t> value() const { return absl::MakeConstSpan(value_); }

 private:
  std::array<uint8_t, kBytes> value_{};
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_PREAUTH_HASH_H_

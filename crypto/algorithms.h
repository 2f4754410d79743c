// The signing algorithms and ciphers of SMB 2 and 3, with their numbers on the wire.
#ifndef SLUICE_CRYPTO_ALGORITHMS_H_
#define SLUICE_CRYPTO_ALGORITHMS_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace sluice::crypto {

// [MS-SMB2] 2.2.3.1.7.
enum class SigningAlgorithm : uint16_t { kHmacSha256 = 0, kAes128Cmac = 1, kAes128Gmac = 2 };

// [MS-SMB2] 2.2.3.1.2.
enum class Cipher : uint16_t {
  kNone = 0,
  kAes128Ccm = 1,
  kAes128Gcm = 2,
  kAes256Ccm = 3,
  kAes256Gcm = 4,
};

inline constexpr size_t kSignatureBytes = 16;

// 16 or 32; 0 for kNone.
constexpr size_t CipherKeyBytes(Cipher cipher) {
  switch (cipher) {
    case Cipher::kNone:
      return 0;
    case Cipher::kAes128Ccm:
    case Cipher::kAes128Gcm:
      return 16;
    case Cipher::kAes256Ccm:
    case Cipher::kAes256Gcm:
      return 32;
  }
  return 0;
}

// 11 for CCM, 12 for GCM [MS-SMB2] 2.2.41.
constexpr size_t CipherNonceBytes(Cipher cipher) {
  return cipher == Cipher::kAes128Ccm || cipher == Cipher::kAes256Ccm ? 11 : 12;
}

// "AES-128-GMAC", "AES-128-CMAC", "HMAC-SHA256".
absl::string_view Name(SigningAlgorithm algorithm);
bool ParseSigningAlgorithm(absl::string_view name, SigningAlgorithm* algorithm);
// "AES-128-GCM" and so on; "none" for kNone.
absl::string_view Name(Cipher cipher);
bool ParseCipher(absl::string_view name, Cipher* cipher);

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_ALGORITHMS_H_

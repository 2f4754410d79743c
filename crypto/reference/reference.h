// The oracle of the crypto stage's tests: every algorithm written down once, slowly and as its
// standard has it, with no library behind it. For tests only.
#ifndef SLUICE_CRYPTO_REFERENCE_REFERENCE_H_
#define SLUICE_CRYPTO_REFERENCE_REFERENCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "crypto/algorithms.h"

namespace sluice::crypto::reference {

using Bytes = std::vector<uint8_t>;
using View = absl::Span<const uint8_t>;

// [FIPS 180-4] and [RFC 2104].
Bytes Sha256(View message);
Bytes HmacSha256(View key, View message);
// [RFC 4493].
Bytes Cmac(View key, View message);

struct Sealed {
  Bytes text;
  Bytes tag;
};

// [SP800-38C]: a nonce of 7 to 13 bytes, a tag of 4 to 16; less than 65,280 bytes of associated
// data.
Sealed CcmSeal(View key, View nonce, View associated_data, View plain, size_t tag_bytes);
// The plain text of `cipher_text`; `tag` becomes what its tag has to be.
Bytes CcmOpen(View key, View nonce, View associated_data, View cipher_text, size_t tag_bytes,
              Bytes* tag);
// [SP800-38D]: a nonce of 12 bytes, a tag of 16.
Sealed GcmSeal(View key, View nonce, View associated_data, View plain);
Bytes GcmOpen(View key, View nonce, View associated_data, View cipher_text, Bytes* tag);

// As [MS-SMB2] 3.1.4.1 and 3.1.4.3 use them: 16 bytes of signature, a nonce of 12 bytes of which
// CCM takes 11.
Bytes Sign(SigningAlgorithm algorithm, View key, View nonce, View message);
Sealed Seal(Cipher cipher, View key, View nonce, View associated_data, View plain);

}  // namespace sluice::crypto::reference

#endif  // SLUICE_CRYPTO_REFERENCE_REFERENCE_H_

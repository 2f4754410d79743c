// The hashes, MACs and the stream cipher that NTLM ([MS-NLMP] 3.3, 3.4) and the key schedule need,
// one message at a time. The bulk of signing goes through crypto/batch_stage.h instead.
#ifndef SLUICE_CRYPTO_DIGEST_H_
#define SLUICE_CRYPTO_DIGEST_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace sluice::crypto {

inline constexpr size_t kMd4Bytes = 16;
inline constexpr size_t kMd5Bytes = 16;
inline constexpr size_t kSha256Bytes = 32;
inline constexpr size_t kSha512Bytes = 64;

// A message in pieces, hashed as if they were one: {first, second}.
using Pieces = absl::Span<const absl::Span<const uint8_t>>;

std::array<uint8_t, kMd4Bytes> Md4(absl::Span<const uint8_t> message);
std::array<uint8_t, kMd5Bytes> Md5(Pieces message);
std::array<uint8_t, kSha256Bytes> Sha256(Pieces message);
std::array<uint8_t, kSha512Bytes> Sha512(Pieces message);
std::array<uint8_t, kMd5Bytes> HmacMd5(absl::Span<const uint8_t> key, Pieces message);
std::array<uint8_t, kSha256Bytes> HmacSha256(absl::Span<const uint8_t> key, Pieces message);

// RC4 as NTLM uses it: a handle that keeps its place in the key stream.
class Rc4 {
 public:
  // REQUIRES: 1 to 256 bytes.
  explicit Rc4(absl::Span<const uint8_t> key);
  Rc4(const Rc4&) = delete;
  Rc4& operator=(const Rc4&) = delete;
  ~Rc4();

  // Encrypts or decrypts `in` into `out`; the two have the same size and may be the same memory.
  void Process(absl::Span<const uint8_t> in, absl::Span<uint8_t> out);

 private:
  std::array<uint8_t, 256> state_;
  uint8_t i_ = 0;
  uint8_t j_ = 0;
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_DIGEST_H_

// AES [FIPS 197], one byte after the other as the standard has it.
#ifndef SLUICE_CRYPTO_REFERENCE_AES_H_
#define SLUICE_CRYPTO_REFERENCE_AES_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace sluice::crypto::reference {

using Block = std::array<uint8_t, 16>;

class Aes {
 public:
  // REQUIRES: 16 or 32 bytes.
  explicit Aes(absl::Span<const uint8_t> key);
  Block Encrypt(const Block& block) const;

 private:
  std::vector<Block> round_keys_;
};

}  // namespace sluice::crypto::reference

#endif  // SLUICE_CRYPTO_REFERENCE_AES_H_

#include "crypto/kdf.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "crypto/digest.h"
#include "crypto/secret.h"

namespace sluice::crypto {
namespace {

std::array<uint8_t, 4> BigEndian32(uint32_t value) {
  return {static_cast<uint8_t>(value >> 24), static_cast<uint8_t>(value >> 16),
          static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

}  // namespace

void DeriveKey(absl::Span<const uint8_t> key, absl::Span<const uint8_t> label,
               absl::Span<const uint8_t> context, absl::Span<uint8_t> out) {
  assert(out.size() == 16 || out.size() == 32);
  static constexpr std::array<uint8_t, 1> kSeparator = {0};
  const std::array<uint8_t, 4> length = BigEndian32(static_cast<uint32_t>(out.size() * 8));
  uint32_t counter = 1;
  while (!out.empty()) {
    std::array<uint8_t, kSha256Bytes> block =
        HmacSha256(key, {BigEndian32(counter), label, kSeparator, context, length});
    const size_t take = std::min(out.size(), block.size());
    std::copy_n(block.begin(), take, out.begin());
    out.remove_prefix(take);
    ++counter;
    Wipe(block.data(), block.size());
  }
}

}  // namespace sluice::crypto

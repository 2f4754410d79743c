#include "crypto/kdf.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <vector>

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
  DeriveKeyFromFixedInput(key, {label, kSeparator, context, length}, out);
}

void DeriveKeyFromFixedInput(absl::Span<const uint8_t> key, Pieces fixed_input,
                             absl::Span<uint8_t> out) {
  std::vector<absl::Span<const uint8_t>> input(fixed_input.size() + 1);
  std::copy(fixed_input.begin(), fixed_input.end(), input.begin() + 1);
  for (uint32_t counter = 1; !out.empty(); ++counter) {
    const std::array<uint8_t, 4> counter_bytes = BigEndian32(counter);
    input[0] = counter_bytes;
    std::array<uint8_t, kSha256Bytes> block = HmacSha256(key, input);
    const size_t take = std::min(out.size(), block.size());
    std::copy_n(block.begin(), take, out.begin());
    out.remove_prefix(take);
    Wipe(block.data(), block.size());
  }
}

}  // namespace sluice::crypto

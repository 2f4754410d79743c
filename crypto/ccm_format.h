// How CCM lays out its blocks with SMB's sizes: a nonce of 11 bytes, so a length of 4, and a tag of
// 16 [RFC 3610] 2.2 and 2.3.
#ifndef SLUICE_CRYPTO_CCM_FORMAT_H_
#define SLUICE_CRYPTO_CCM_FORMAT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "crypto/batch_stage.h"

namespace sluice::crypto {

inline constexpr size_t kCcmNonceBytes = 11;
inline constexpr size_t kCcmBlockBytes = 16;
// The length block, two bytes of length and the associated data, padded.
inline constexpr size_t kCcmHeadBytesMax = 96;
static_assert(kCcmHeadBytesMax >= 18 + kMaxAssociatedDataBytes);

// The MAC's first block and the counter's blocks have one form: a byte of flags, the nonce, four
// bytes of a number, here as they lie in memory. Written as two words, because a vector load of
// what was just written byte by byte has to wait for it: this was half of a small message's cost.
inline void CcmBlock(const SealJob& job, uint8_t flags, uint32_t number, uint8_t* out) {
  static_assert(kCcmNonceBytes == 11);
  uint64_t first;  // of the nonce: this processor is little-endian
  uint32_t rest;
  std::memcpy(&first, job.nonce.data(), 8);
  std::memcpy(&rest, job.nonce.data() + 7, 4);
  const uint64_t low = first << 8 | flags;
  const uint64_t high = static_cast<uint64_t>(number) << 32 | rest;
  std::memcpy(out, &low, 8);
  std::memcpy(out + 8, &high, 8);
}

// Counter block `number`; `number` as it shall lie in memory.
inline void CcmCounter(const SealJob& job, uint32_t number, uint8_t* out) {
  CcmBlock(job, 3, number, out);
}

// What the MAC takes in before the message. Returns its size, whole blocks.
inline size_t CcmHead(const SealJob& job, size_t message_size,
                      std::array<uint8_t, kCcmHeadBytesMax>* head) {
  constexpr size_t kTransformHeaderBytes = 32;  // from the nonce on [MS-SMB2] 2.2.41
  const absl::Span<const uint8_t> data = job.associated_data;
  uint8_t* const out = head->data();
  // Flags: associated data or not, a tag of 16 bytes, a length of 4.
  const uint8_t flags = (data.empty() ? 0 : 0x40) | ((16 - 2) / 2) << 3 | 3;
  CcmBlock(job, flags, __builtin_bswap32(static_cast<uint32_t>(message_size)), out);
  if (data.empty()) return kCcmBlockBytes;
  std::memset(out + 16, 0, kCcmHeadBytesMax - 16);
  out[16] = static_cast<uint8_t>(data.size() >> 8);
  out[17] = static_cast<uint8_t>(data.size());
  if (data.size() == kTransformHeaderBytes) {
    std::memcpy(out + 18, data.data(), kTransformHeaderBytes);
  } else {
    std::memcpy(out + 18, data.data(), data.size());
  }
  return (18 + data.size() + kCcmBlockBytes - 1) / kCcmBlockBytes * kCcmBlockBytes;
}

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_CCM_FORMAT_H_

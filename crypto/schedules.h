// What a key's schedule holds, by algorithm and processor. Only crypto/ includes this.
#ifndef SLUICE_CRYPTO_SCHEDULES_H_
#define SLUICE_CRYPTO_SCHEDULES_H_

#include <cstdint>

#include "crypto/secret.h"

namespace sluice::crypto {

// SHA-256 states after the key's inner and outer pad: HMAC-SHA256 on every processor.
struct HmacSchedule {
  uint32_t inner[8];
  uint32_t outer[8];
};

// The key as it is: the AES algorithms where the processor has no AES instructions.
struct RawSchedule {
  uint8_t key[32];
};

// AES round keys and the two subkeys of CMAC [RFC 4493].
struct CmacSchedule {
  alignas(16) uint8_t round_keys[11 * 16];
  alignas(16) uint8_t subkey1[16];
  alignas(16) uint8_t subkey2[16];
};

// AES-CCM: the round keys of 11 or 15 rounds.
struct CcmSchedule {
  alignas(16) uint8_t round_keys[15 * 16];
};

// GCM and GMAC keep the library's own struct gcm_key_data, whose layout the processor decides.

// A schedule of type T in wiping memory, and the way back.
template <typename T>
SecretBuffer MakeSchedule() {
  static_assert(alignof(T) <= SecretBuffer::kAlignment);
  return SecretBuffer(sizeof(T));
}
template <typename T>
T& ScheduleAs(SecretBuffer& buffer) {
  return *reinterpret_cast<T*>(buffer.data());
}
template <typename T>
const T& ScheduleAs(const SecretBuffer& buffer) {
  return *reinterpret_cast<const T*>(buffer.data());
}

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_SCHEDULES_H_

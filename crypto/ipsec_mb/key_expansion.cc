#include "crypto/key_expansion.h"

#include <algorithm>

#include "crypto/hmac_schedule.h"
#include "crypto/ipsec_mb/manager.h"
#include "crypto/schedules.h"

namespace sluice::crypto {
namespace {

SecretBuffer Raw(absl::Span<const uint8_t> key) {
  SecretBuffer buffer = MakeSchedule<RawSchedule>();
  std::copy(key.begin(), key.end(), ScheduleAs<RawSchedule>(buffer).key);
  return buffer;
}

SecretBuffer Gcm(IMB_MGR* manager, absl::Span<const uint8_t> key) {
  SecretBuffer buffer = MakeSchedule<gcm_key_data>();
  gcm_key_data* schedule = &ScheduleAs<gcm_key_data>(buffer);
  if (key.size() == 16) {
    IMB_AES128_GCM_PRE(manager, key.data(), schedule);
  } else {
    IMB_AES256_GCM_PRE(manager, key.data(), schedule);
  }
  return buffer;
}

SecretBuffer Cmac(IMB_MGR* manager, absl::Span<const uint8_t> key) {
  SecretBuffer buffer = MakeSchedule<CmacSchedule>();
  CmacSchedule& schedule = ScheduleAs<CmacSchedule>(buffer);
  alignas(16) uint8_t unused[11 * 16];
  IMB_AES_KEYEXP_128(manager, key.data(), schedule.round_keys, unused);
  IMB_AES_CMAC_SUBKEY_GEN_128(manager, schedule.round_keys, schedule.subkey1, schedule.subkey2);
  Wipe(unused, sizeof(unused));
  return buffer;
}

SecretBuffer Ccm(IMB_MGR* manager, absl::Span<const uint8_t> key) {
  SecretBuffer buffer = MakeSchedule<CcmSchedule>();
  CcmSchedule& schedule = ScheduleAs<CcmSchedule>(buffer);
  alignas(16) uint8_t unused[15 * 16];
  if (key.size() == 16) {
    IMB_AES_KEYEXP_128(manager, key.data(), schedule.round_keys, unused);
  } else {
    IMB_AES_KEYEXP_256(manager, key.data(), schedule.round_keys, unused);
  }
  Wipe(unused, sizeof(unused));
  return buffer;
}

}  // namespace

SecretBuffer ExpandSigningKey(SigningAlgorithm algorithm, absl::Span<const uint8_t> key,
                              Processor processor) {
  if (algorithm == SigningAlgorithm::kHmacSha256) {
    SecretBuffer buffer = MakeSchedule<HmacSchedule>();
    ExpandHmacKey(key, &ScheduleAs<HmacSchedule>(buffer));
    return buffer;
  }
  if (processor == Processor::kNoAesni) return Raw(key);
  IMB_MGR* const manager = Manager::ForKeys(processor);
  if (manager == nullptr) return SecretBuffer();
  return algorithm == SigningAlgorithm::kAes128Cmac ? Cmac(manager, key) : Gcm(manager, key);
}

SecretBuffer ExpandCipherKey(Cipher cipher, absl::Span<const uint8_t> key, Processor processor) {
  if (processor == Processor::kNoAesni) return Raw(key);
  IMB_MGR* const manager = Manager::ForKeys(processor);
  if (manager == nullptr) return SecretBuffer();
  const bool gcm = cipher == Cipher::kAes128Gcm || cipher == Cipher::kAes256Gcm;
  return gcm ? Gcm(manager, key) : Ccm(manager, key);
}

}  // namespace sluice::crypto

// HMAC-SHA256 in two halves: the key's pads once a key, then one message at a time by OpenSSL,
// which uses the processor's SHA instructions where it has them.
#ifndef SLUICE_CRYPTO_HMAC_SCHEDULE_H_
#define SLUICE_CRYPTO_HMAC_SCHEDULE_H_

#include <array>
#include <cstdint>

#include "absl/types/span.h"
#include "crypto/algorithms.h"
#include "crypto/schedules.h"

namespace sluice::crypto {

void ExpandHmacKey(absl::Span<const uint8_t> key, HmacSchedule* schedule);

// The first 16 bytes of HMAC-SHA256 over the segments in order.
void HmacOneAtATime(const HmacSchedule& schedule, absl::Span<const absl::Span<uint8_t>> segments,
                    std::array<uint8_t, kSignatureBytes>* signature);

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_HMAC_SCHEDULE_H_

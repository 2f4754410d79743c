// The stage on Intel's multi-buffer library.
#ifndef SLUICE_CRYPTO_IPSEC_MB_IPSEC_STAGE_H_
#define SLUICE_CRYPTO_IPSEC_MB_IPSEC_STAGE_H_

#include <memory>

#include "crypto/batch_stage.h"

namespace sluice::crypto {

// Null where this machine cannot run `processor`. REQUIRES: not kAuto and not kNoAesni.
std::unique_ptr<BatchStage> CreateIpsecStage(Processor processor);

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_IPSEC_MB_IPSEC_STAGE_H_

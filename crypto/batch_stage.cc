#include "crypto/batch_stage.h"

#include "crypto/ipsec_mb/ipsec_stage.h"
#include "crypto/openssl/portable_stage.h"

namespace sluice::crypto {

std::unique_ptr<BatchStage> BatchStage::Create(Processor processor) {
  if (processor == Processor::kAuto) processor = DetectProcessor();
  return processor == Processor::kNoAesni ? CreatePortableStage() : CreateIpsecStage(processor);
}

}  // namespace sluice::crypto

#include "crypto/batch_stage.h"

#include <algorithm>

#include "crypto/ipsec_mb/ipsec_stage.h"
#include "crypto/openssl/portable_stage.h"

namespace sluice::crypto {

std::unique_ptr<BatchStage> BatchStage::Create(Processor processor) {
  if (processor == Processor::kAuto) processor = DetectProcessor();
  return processor == Processor::kNoAesni ? CreatePortableStage() : CreateIpsecStage(processor);
}

void BatchStage::WipeSegments(SealJob* job) {
  for (size_t i = 0; i < std::min(job->segment_count, kMaxSegments); ++i) {
    Wipe(job->segments[i].data(), job->segments[i].size());
  }
}

}  // namespace sluice::crypto

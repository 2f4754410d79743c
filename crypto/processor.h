// Which code path of the multi-buffer library runs.
#ifndef SLUICE_CRYPTO_PROCESSOR_H_
#define SLUICE_CRYPTO_PROCESSOR_H_

#include "absl/strings/string_view.h"

namespace sluice::crypto {

// kAuto takes the best that this processor has.
enum class Processor { kAuto, kAvx512, kAvx2, kSse, kNoAesni };

// What kAuto stands for on this machine.
Processor DetectProcessor();
// Whether this machine can run `processor`.
bool ProcessorAvailable(Processor processor);
// "AVX512", "AVX2", "SSE", "no AES-NI"; for kAuto the name of what it stands for.
absl::string_view Name(Processor processor);

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_PROCESSOR_H_

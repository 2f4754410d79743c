// One batch of the crypto stage, described by a fuzzer's bytes and compared with the oracle.
#ifndef SLUICE_TESTS_FUZZ_CRYPTO_STAGE_STAGE_RUN_H_
#define SLUICE_TESTS_FUZZ_CRYPTO_STAGE_STAGE_RUN_H_

#include <cstdint>

#include "absl/types/span.h"

namespace sluice::fuzz {

// The first byte chooses the processor (the next best where this machine lacks it), each following
// ten bytes are a job: algorithm and direction, key, length (three bytes), three cuts, content,
// what to break. Any bytes are a valid input. Aborts where stage and oracle differ.
void RunStage(absl::Span<const uint8_t> input);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_CRYPTO_STAGE_STAGE_RUN_H_

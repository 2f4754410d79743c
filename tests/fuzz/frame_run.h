// Plays one input of the frame fuzzer.
#ifndef SLUICE_TESTS_FUZZ_FRAME_RUN_H_
#define SLUICE_TESTS_FUZZ_FRAME_RUN_H_

#include <cstdint>

#include "absl/types/span.h"

namespace sluice::fuzz {

// Against a server that has seen other inputs, but keeps nothing of them. A finding ends the
// process.
void RunFrames(absl::Span<const uint8_t> input);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FRAME_RUN_H_

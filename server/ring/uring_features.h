// What the loop needs from the kernel, as data, and the words for what is missing.
#ifndef SLUICE_SERVER_RING_URING_FEATURES_H_
#define SLUICE_SERVER_RING_URING_FEATURES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/ring/ring.h"

struct io_uring;

namespace sluice::ring {

struct OpRow {
  OpCode code;
  uint8_t opcode;  // IORING_OP_*
  const char* name;
  const char* since;  // kernel version
  bool required;
};

// Every OpCode, in order.
absl::Span<const OpRow> OpRows();

struct FeatureRow {
  uint32_t bit;  // IORING_FEAT_*
  const char* name;
  const char* since;
};
absl::Span<const FeatureRow> FeatureRows();

// Why io_uring_setup() failed, with the remedy. `error` is positive.
absl::Status ExplainSetupFailure(int error);
// Why the provided buffers could not be registered. `error` is positive.
absl::Status ExplainBufferRingFailure(int error);
// What of `features` and of the operations for which `supported[opcode]` holds is missing.
absl::Status CheckFeatures(uint32_t features, absl::Span<const bool> supported);

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_URING_FEATURES_H_

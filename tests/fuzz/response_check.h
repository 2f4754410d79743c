// Whether a response is what the protocol says it may be.
#ifndef SLUICE_TESTS_FUZZ_RESPONSE_CHECK_H_
#define SLUICE_TESTS_FUZZ_RESPONSE_CHECK_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/header.h"

namespace sluice::fuzz {

// `message` starts at its SMB2 header. Ends the process with a finding where it is not.
void CheckResponse(const proto::Header& header, absl::Span<const uint8_t> message);

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_RESPONSE_CHECK_H_

// The response that QUERY_DIRECTORY, CHANGE_NOTIFY and QUERY_INFO have in common: a buffer
// [MS-SMB2] 2.2.34, 2.2.36, 2.2.38.
#ifndef SLUICE_PROTO_SMB2_OUTPUT_BUFFER_H_
#define SLUICE_PROTO_SMB2_OUTPUT_BUFFER_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct OutputBufferResponse {
  // Where the buffer begins, counted from the SMB2 header.
  static constexpr size_t kOutputOffset = 72;

  absl::Span<const uint8_t> output;

  // Appends a copy of `output`.
  static bool Decode(absl::Span<const uint8_t> message, OutputBufferResponse* out);
  void Encode(Writer& w) const;

  // To write the buffer in place: Begin, then the buffer through the same writer, then End, which
  // fills in its length.
  static void Begin(Writer& w);
  static void End(Writer& w);
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_OUTPUT_BUFFER_H_

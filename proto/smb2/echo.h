// ECHO [MS-SMB2] 2.2.28, 2.2.29.
#ifndef SLUICE_PROTO_SMB2_ECHO_H_
#define SLUICE_PROTO_SMB2_ECHO_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct EchoRequest {
  static bool Decode(absl::Span<const uint8_t> message, EchoRequest* out);
  void Encode(Writer& w) const;
};

struct EchoResponse {
  static bool Decode(absl::Span<const uint8_t> message, EchoResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_ECHO_H_

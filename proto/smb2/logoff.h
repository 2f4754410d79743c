// LOGOFF [MS-SMB2] 2.2.7, 2.2.8.
#ifndef SLUICE_PROTO_SMB2_LOGOFF_H_
#define SLUICE_PROTO_SMB2_LOGOFF_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct LogoffRequest {
  static bool Decode(absl::Span<const uint8_t> message, LogoffRequest* out);
  void Encode(Writer& w) const;
};

struct LogoffResponse {
  static bool Decode(absl::Span<const uint8_t> message, LogoffResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_LOGOFF_H_

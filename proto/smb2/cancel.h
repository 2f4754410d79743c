// CANCEL, which has no response [MS-SMB2] 2.2.30.
#ifndef SLUICE_PROTO_SMB2_CANCEL_H_
#define SLUICE_PROTO_SMB2_CANCEL_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct CancelRequest {
  static bool Decode(absl::Span<const uint8_t> message, CancelRequest* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_CANCEL_H_

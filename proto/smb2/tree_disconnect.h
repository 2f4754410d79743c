// TREE_DISCONNECT [MS-SMB2] 2.2.11, 2.2.12.
#ifndef SLUICE_PROTO_SMB2_TREE_DISCONNECT_H_
#define SLUICE_PROTO_SMB2_TREE_DISCONNECT_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct TreeDisconnectRequest {
  static bool Decode(absl::Span<const uint8_t> message, TreeDisconnectRequest* out);
  void Encode(Writer& w) const;
};

struct TreeDisconnectResponse {
  static bool Decode(absl::Span<const uint8_t> message, TreeDisconnectResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_TREE_DISCONNECT_H_

// FLUSH [MS-SMB2] 2.2.17, 2.2.18.
#ifndef SLUICE_PROTO_SMB2_FLUSH_H_
#define SLUICE_PROTO_SMB2_FLUSH_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct FlushRequest {
  uint16_t reserved1 = 0;  // macOS: 0xFFFF asks for a flush to the medium
  FileId file_id;

  static bool Decode(absl::Span<const uint8_t> message, FlushRequest* out);
  void Encode(Writer& w) const;
};

struct FlushResponse {
  static bool Decode(absl::Span<const uint8_t> message, FlushResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_FLUSH_H_

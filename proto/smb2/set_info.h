// SET_INFO [MS-SMB2] 2.2.39, 2.2.40. The info types are in query_info.h.
#ifndef SLUICE_PROTO_SMB2_SET_INFO_H_
#define SLUICE_PROTO_SMB2_SET_INFO_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct SetInfoRequest {
  uint8_t info_type = 0;
  uint8_t file_info_class = 0;
  uint32_t additional_information = 0;
  FileId file_id;
  absl::Span<const uint8_t> buffer;

  static bool Decode(absl::Span<const uint8_t> message, SetInfoRequest* out);
  void Encode(Writer& w) const;
};

struct SetInfoResponse {
  static bool Decode(absl::Span<const uint8_t> message, SetInfoResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_SET_INFO_H_

// CLOSE [MS-SMB2] 2.2.15, 2.2.16.
#ifndef SLUICE_PROTO_SMB2_CLOSE_H_
#define SLUICE_PROTO_SMB2_CLOSE_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint16_t kClosePostqueryAttributes = 0x0001;

struct CloseRequest {
  uint16_t flags = 0;
  FileId file_id;

  static bool Decode(absl::Span<const uint8_t> message, CloseRequest* out);
  void Encode(Writer& w) const;
};

// Without kClosePostqueryAttributes all but the flags are zero.
struct CloseResponse {
  uint16_t flags = 0;
  uint64_t creation_time = 0;
  uint64_t last_access_time = 0;
  uint64_t last_write_time = 0;
  uint64_t change_time = 0;
  uint64_t allocation_size = 0;
  uint64_t end_of_file = 0;
  uint32_t file_attributes = 0;

  static bool Decode(absl::Span<const uint8_t> message, CloseResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_CLOSE_H_

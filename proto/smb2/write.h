// WRITE [MS-SMB2] 2.2.21, 2.2.22.
#ifndef SLUICE_PROTO_SMB2_WRITE_H_
#define SLUICE_PROTO_SMB2_WRITE_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint32_t kWriteFlagWriteThrough = 0x00000001;
inline constexpr uint32_t kWriteFlagWriteUnbuffered = 0x00000002;

struct WriteRequest {
  // Where Encode puts the data, counted from the SMB2 header.
  static constexpr size_t kDataOffset = 112;

  uint64_t offset = 0;
  FileId file_id;
  uint32_t channel = 0;
  uint32_t remaining_bytes = 0;
  absl::Span<const uint8_t> write_channel_info;
  uint32_t flags = 0;
  absl::Span<const uint8_t> data;

  static bool Decode(absl::Span<const uint8_t> message, WriteRequest* out);
  void Encode(Writer& w) const;
};

struct WriteResponse {
  uint32_t count = 0;
  uint32_t remaining = 0;

  static bool Decode(absl::Span<const uint8_t> message, WriteResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_WRITE_H_

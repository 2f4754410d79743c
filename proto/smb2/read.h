// READ [MS-SMB2] 2.2.19, 2.2.20.
#ifndef SLUICE_PROTO_SMB2_READ_H_
#define SLUICE_PROTO_SMB2_READ_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint8_t kReadFlagReadUnbuffered = 0x01;
inline constexpr uint8_t kReadFlagRequestCompressed = 0x02;

// `channel` of READ and WRITE.
inline constexpr uint32_t kChannelNone = 0x00000000;
inline constexpr uint32_t kChannelRdmaV1 = 0x00000001;
inline constexpr uint32_t kChannelRdmaV1Invalidate = 0x00000002;
inline constexpr uint32_t kChannelRdmaTransform = 0x00000003;

struct ReadRequest {
  uint8_t padding = 0;  // the offset at which the client would like the data
  uint8_t flags = 0;
  uint32_t length = 0;
  uint64_t offset = 0;
  FileId file_id;
  uint32_t minimum_count = 0;
  uint32_t channel = kChannelNone;
  uint32_t remaining_bytes = 0;
  absl::Span<const uint8_t> read_channel_info;

  static bool Decode(absl::Span<const uint8_t> message, ReadRequest* out);
  void Encode(Writer& w) const;
};

struct ReadResponse {
  // Where the data begins, counted from the SMB2 header.
  static constexpr size_t kDataOffset = 80;

  uint32_t data_length = 0;
  uint32_t data_remaining = 0;
  uint32_t flags = 0;
  absl::Span<const uint8_t> data;  // Decode: data_length bytes

  static bool Decode(absl::Span<const uint8_t> message, ReadResponse* out);
  // Writes the fixed 16 bytes with data_length; the data is the caller's to put, or to have, at
  // kDataOffset. `data` is not looked at.
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_READ_H_

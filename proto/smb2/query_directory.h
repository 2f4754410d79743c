// QUERY_DIRECTORY [MS-SMB2] 2.2.33, 2.2.34.
#ifndef SLUICE_PROTO_SMB2_QUERY_DIRECTORY_H_
#define SLUICE_PROTO_SMB2_QUERY_DIRECTORY_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/smb2/output_buffer.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint8_t kQueryDirectoryRestartScans = 0x01;
inline constexpr uint8_t kQueryDirectoryReturnSingleEntry = 0x02;
inline constexpr uint8_t kQueryDirectoryIndexSpecified = 0x04;
inline constexpr uint8_t kQueryDirectoryReopen = 0x10;

struct QueryDirectoryRequest {
  uint8_t file_information_class = 0;
  uint8_t flags = 0;
  uint32_t file_index = 0;
  FileId file_id;
  uint32_t output_buffer_length = 0;
  absl::Span<const uint8_t> file_name;  // the pattern, UTF-16LE, an even number of bytes

  static bool Decode(absl::Span<const uint8_t> message, QueryDirectoryRequest* out);
  void Encode(Writer& w) const;
};

struct QueryDirectoryResponse : OutputBufferResponse {};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_QUERY_DIRECTORY_H_

// QUERY_INFO [MS-SMB2] 2.2.37, 2.2.38.
#ifndef SLUICE_PROTO_SMB2_QUERY_INFO_H_
#define SLUICE_PROTO_SMB2_QUERY_INFO_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/smb2/output_buffer.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

// `info_type` of QUERY_INFO and SET_INFO.
inline constexpr uint8_t kInfoFile = 0x01;
inline constexpr uint8_t kInfoFilesystem = 0x02;
inline constexpr uint8_t kInfoSecurity = 0x03;
inline constexpr uint8_t kInfoQuota = 0x04;

// `flags` for FileFullEaInformation.
inline constexpr uint32_t kQueryInfoRestartScan = 0x00000001;
inline constexpr uint32_t kQueryInfoReturnSingleEntry = 0x00000002;
inline constexpr uint32_t kQueryInfoIndexSpecified = 0x00000004;

struct QueryInfoRequest {
  uint8_t info_type = 0;
  uint8_t file_info_class = 0;
  uint32_t output_buffer_length = 0;
  uint32_t additional_information = 0;  // kInfoSecurity: fscc/security_descriptor.h
  uint32_t flags = 0;
  FileId file_id;
  absl::Span<const uint8_t> input;

  static bool Decode(absl::Span<const uint8_t> message, QueryInfoRequest* out);
  void Encode(Writer& w) const;
};

struct QueryInfoResponse : OutputBufferResponse {};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_QUERY_INFO_H_

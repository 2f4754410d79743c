// CHANGE_NOTIFY [MS-SMB2] 2.2.35, 2.2.36.
#ifndef SLUICE_PROTO_SMB2_CHANGE_NOTIFY_H_
#define SLUICE_PROTO_SMB2_CHANGE_NOTIFY_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/smb2/output_buffer.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint16_t kWatchTree = 0x0001;

inline constexpr uint32_t kNotifyFileName = 0x00000001;
inline constexpr uint32_t kNotifyDirName = 0x00000002;
inline constexpr uint32_t kNotifyAttributes = 0x00000004;
inline constexpr uint32_t kNotifySize = 0x00000008;
inline constexpr uint32_t kNotifyLastWrite = 0x00000010;
inline constexpr uint32_t kNotifyLastAccess = 0x00000020;
inline constexpr uint32_t kNotifyCreation = 0x00000040;
inline constexpr uint32_t kNotifyEa = 0x00000080;
inline constexpr uint32_t kNotifySecurity = 0x00000100;
inline constexpr uint32_t kNotifyStreamName = 0x00000200;
inline constexpr uint32_t kNotifyStreamSize = 0x00000400;
inline constexpr uint32_t kNotifyStreamWrite = 0x00000800;
inline constexpr uint32_t kNotifyValidMask = 0x00000FFF;

struct ChangeNotifyRequest {
  uint16_t flags = 0;
  uint32_t output_buffer_length = 0;
  FileId file_id;
  uint32_t completion_filter = 0;

  static bool Decode(absl::Span<const uint8_t> message, ChangeNotifyRequest* out);
  void Encode(Writer& w) const;
};

struct ChangeNotifyResponse : OutputBufferResponse {};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_CHANGE_NOTIFY_H_

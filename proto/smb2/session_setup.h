// SESSION_SETUP [MS-SMB2] 2.2.5, 2.2.6.
#ifndef SLUICE_PROTO_SMB2_SESSION_SETUP_H_
#define SLUICE_PROTO_SMB2_SESSION_SETUP_H_

#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint8_t kSessionFlagBinding = 0x01;

inline constexpr uint16_t kSessionFlagIsGuest = 0x0001;
inline constexpr uint16_t kSessionFlagIsNull = 0x0002;
inline constexpr uint16_t kSessionFlagEncryptData = 0x0004;

struct SessionSetupRequest {
  uint8_t flags = 0;
  uint8_t security_mode = 0;
  uint32_t capabilities = 0;
  uint32_t channel = 0;
  uint64_t previous_session_id = 0;
  absl::Span<const uint8_t> security_buffer;

  static bool Decode(absl::Span<const uint8_t> message, SessionSetupRequest* out);
  void Encode(Writer& w) const;
};

struct SessionSetupResponse {
  uint16_t session_flags = 0;
  absl::Span<const uint8_t> security_buffer;

  static bool Decode(absl::Span<const uint8_t> message, SessionSetupResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_SESSION_SETUP_H_

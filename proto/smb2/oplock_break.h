// OPLOCK_BREAK: notifications, acknowledgments and responses, for oplocks and for leases
// [MS-SMB2] 2.2.23 to 2.2.25. Oplock levels are in create.h, lease states in
// create_context_types.h.
#ifndef SLUICE_PROTO_SMB2_OPLOCK_BREAK_H_
#define SLUICE_PROTO_SMB2_OPLOCK_BREAK_H_

#include <array>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint32_t kLeaseBreakAckRequired = 0x00000001;

using LeaseKey = std::array<uint8_t, 16>;

// What the StructureSize says the body is; the caller knows the direction.
enum class OplockBreakForm : uint8_t { kInvalid, kOplock, kLease, kLeaseNotification };
OplockBreakForm OplockBreakFormOf(absl::Span<const uint8_t> message);

// A notification, an acknowledgment or a response to one.
struct OplockBreak {
  uint8_t oplock_level = 0;
  FileId file_id;

  static bool Decode(absl::Span<const uint8_t> message, OplockBreak* out);
  void Encode(Writer& w) const;
};

// An acknowledgment or the response to one.
struct LeaseBreakAcknowledgment {
  uint32_t flags = 0;
  LeaseKey lease_key{};
  uint32_t lease_state = 0;
  uint64_t lease_duration = 0;

  static bool Decode(absl::Span<const uint8_t> message, LeaseBreakAcknowledgment* out);
  void Encode(Writer& w) const;
};

struct LeaseBreakNotification {
  uint16_t new_epoch = 0;
  uint32_t flags = 0;
  LeaseKey lease_key{};
  uint32_t current_lease_state = 0;
  uint32_t new_lease_state = 0;

  static bool Decode(absl::Span<const uint8_t> message, LeaseBreakNotification* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_OPLOCK_BREAK_H_

// LOCK [MS-SMB2] 2.2.26, 2.2.27.
#ifndef SLUICE_PROTO_SMB2_LOCK_H_
#define SLUICE_PROTO_SMB2_LOCK_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "proto/smb2/file_id.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr uint32_t kLockFlagShared = 0x00000001;
inline constexpr uint32_t kLockFlagExclusive = 0x00000002;
inline constexpr uint32_t kLockFlagUnlock = 0x00000004;
inline constexpr uint32_t kLockFlagFailImmediately = 0x00000010;

inline constexpr size_t kLockElementBytes = 24;

struct LockElement {
  uint64_t offset = 0;
  uint64_t length = 0;
  uint32_t flags = 0;
};

struct LockRequest {
  uint8_t lock_sequence_number = 0;  // 4 bits
  uint32_t lock_sequence_index = 0;  // 28 bits
  FileId file_id;
  absl::InlinedVector<LockElement, 4> locks;

  // False without any lock, too.
  static bool Decode(absl::Span<const uint8_t> message, LockRequest* out);
  void Encode(Writer& w) const;
};

struct LockResponse {
  static bool Decode(absl::Span<const uint8_t> message, LockResponse* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_LOCK_H_

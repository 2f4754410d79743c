// The SMB2 packet header, synchronous and asynchronous [MS-SMB2] 2.2.1.
#ifndef SLUICE_PROTO_SMB2_HEADER_H_
#define SLUICE_PROTO_SMB2_HEADER_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/smb2/command.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr size_t kHeaderBytes = 64;
// Where the signature lies in the header, and how long it is.
inline constexpr size_t kSignatureOffset = 48;
inline constexpr size_t kHeaderSignatureBytes = 16;
inline constexpr size_t kHeaderFlagsOffset = 16;
inline constexpr size_t kHeaderNextCommandOffset = 20;

inline constexpr uint32_t kFlagResponse = 0x00000001;
inline constexpr uint32_t kFlagAsync = 0x00000002;
inline constexpr uint32_t kFlagRelated = 0x00000004;
inline constexpr uint32_t kFlagSigned = 0x00000008;
inline constexpr uint32_t kFlagPriorityMask = 0x00000070;
inline constexpr uint32_t kFlagDfs = 0x10000000;
inline constexpr uint32_t kFlagReplay = 0x20000000;

struct Header {
  uint16_t credit_charge = 0;
  // Of a response. In a request of SMB 3 the low half is the channel sequence.
  uint32_t status = 0;
  Command command = Command::kNegotiate;
  uint16_t credits = 0;  // asked for in a request, granted in a response
  uint32_t flags = 0;
  uint32_t next_command = 0;
  uint64_t message_id = 0;
  uint64_t async_id = 0;    // with kFlagAsync
  uint32_t process_id = 0;  // without it
  uint32_t tree_id = 0;     // without it
  uint64_t session_id = 0;
  std::array<uint8_t, kHeaderSignatureBytes> signature{};

  uint16_t channel_sequence() const { return static_cast<uint16_t>(status); }
  bool response() const { return (flags & kFlagResponse) != 0; }
  bool async() const { return (flags & kFlagAsync) != 0; }
  bool related() const { return (flags & kFlagRelated) != 0; }
  bool is_signed() const { return (flags & kFlagSigned) != 0; }

  // From the first 64 bytes. False for too few, another protocol id or StructureSize.
  static bool Decode(absl::Span<const uint8_t> message, Header* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_HEADER_H_

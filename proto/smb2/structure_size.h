// The StructureSize of every request and response, as a table [MS-SMB2] 2.2.3 to 2.2.40.
//
// An odd size counts one byte of the variable part that follows; peers may leave that byte out, so
// what a body needs at least is the size without it.
#ifndef SLUICE_PROTO_SMB2_STRUCTURE_SIZE_H_
#define SLUICE_PROTO_SMB2_STRUCTURE_SIZE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/smb2/command.h"
#include "proto/smb2/header.h"
#include "proto/wire/reader.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct StructureSizes {
  Command command;
  absl::string_view name;  // "READ"
  uint16_t request;
  uint16_t response;  // 0: there is none
  // Lease breaks share OPLOCK_BREAK's opcode and are told apart by these.
  uint16_t lease_request;
  uint16_t lease_response;
};

inline constexpr uint16_t kErrorStructureSize = 9;
inline constexpr uint16_t kLeaseBreakNotificationStructureSize = 44;
// The smallest body of all: the SET_INFO response.
inline constexpr size_t kSmallestBodyBytes = 2;

// Row index = opcode.
absl::Span<const StructureSizes> StructureSizeTable();

// Null for what is not a command.
const StructureSizes* FindStructureSizes(Command command);

// "READ"; "unknown" for what is not a command.
absl::string_view CommandName(Command command);

// The bytes that a body of this StructureSize has at least.
constexpr size_t FixedBodyBytes(uint16_t structure_size) { return structure_size & ~size_t{1}; }

// Whether the body of `message` (from its SMB2 header on) begins with a StructureSize that the
// table has for a request or response of `command`, and is as long as that says.
bool RequestSizeIsRight(Command command, absl::Span<const uint8_t> message);
bool ResponseSizeIsRight(Command command, absl::Span<const uint8_t> message);

uint16_t RequestStructureSize(Command command);
uint16_t ResponseStructureSize(Command command);

// For the decoders: moves behind the StructureSize of the body and fails unless it is
// `structure_size` and the fixed part is there. Inline, so that a decoder's cursor stays in
// registers.
inline void OpenBody(uint16_t structure_size, Reader& r) {
  r.Seek(kHeaderBytes);
  if (r.remaining() < FixedBodyBytes(structure_size) || r.U16() != structure_size) r.Fail();
}
inline void OpenRequest(Command command, Reader& r) { OpenBody(RequestStructureSize(command), r); }
inline void OpenResponse(Command command, Reader& r) {
  OpenBody(ResponseStructureSize(command), r);
}

// For the encoders.
// The variable part of a request: at least the one byte that an odd StructureSize counts.
void WriteRequestVariable(absl::Span<const uint8_t> bytes, Writer& w);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_STRUCTURE_SIZE_H_

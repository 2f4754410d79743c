// The SMB1 NEGOTIATE with which a client that also speaks SMB1 begins: just what is needed to
// answer it with SMB2 [MS-SMB2] 3.3.5.3, [MS-CIFS] 2.2.4.52.1.
#ifndef SLUICE_PROTO_SMB2_SMB1_NEGOTIATE_H_
#define SLUICE_PROTO_SMB2_SMB1_NEGOTIATE_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct Smb1Negotiate {
  bool smb_2_002 = false;       // offers "SMB 2.002": answered with dialect 0x0202
  bool smb_2_wildcard = false;  // offers "SMB 2.???": answered with Dialect::kWildcard
  size_t dialect_count = 0;

  // From the 0xFF 'SMB' on. False for another command, a response, or dialects that are not a list
  // of 0x02-marked, NUL-ended strings filling the message.
  static bool Decode(absl::Span<const uint8_t> message, Smb1Negotiate* out);
};

// A client's message, for tests and tools.
void EncodeSmb1Negotiate(absl::Span<const absl::string_view> dialects, Writer& w);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_SMB1_NEGOTIATE_H_

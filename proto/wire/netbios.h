// The four bytes before every frame on a TCP connection [MS-SMB2] 2.1, [RFC1002] 4.3.1.
#ifndef SLUICE_PROTO_WIRE_NETBIOS_H_
#define SLUICE_PROTO_WIRE_NETBIOS_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace sluice::proto {

inline constexpr size_t kNetbiosHeaderBytes = 4;
inline constexpr uint32_t kNetbiosLengthMax = 0xFFFFFF;
inline constexpr uint8_t kNetbiosSessionMessage = 0x00;
inline constexpr uint8_t kNetbiosSessionKeepalive = 0x85;

// One byte of type, 24 bits of length in network byte order. Over TCP the type is always
// kNetbiosSessionMessage; a receiver refuses any other.
struct NetbiosHeader {
  uint8_t type = kNetbiosSessionMessage;
  uint32_t length = 0;  // of what follows

  // False if there are fewer than four bytes.
  static bool Decode(absl::Span<const uint8_t> bytes, NetbiosHeader* out) {
    if (bytes.size() < kNetbiosHeaderBytes) return false;
    out->type = bytes[0];
    out->length = static_cast<uint32_t>(bytes[1]) << 16 | static_cast<uint32_t>(bytes[2]) << 8 |
                  static_cast<uint32_t>(bytes[3]);
    return true;
  }

  // REQUIRES: length <= kNetbiosLengthMax and four bytes at `out`.
  void Encode(uint8_t* out) const {
    out[0] = type;
    out[1] = static_cast<uint8_t>(length >> 16);
    out[2] = static_cast<uint8_t>(length >> 8);
    out[3] = static_cast<uint8_t>(length);
  }
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_WIRE_NETBIOS_H_

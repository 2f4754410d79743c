// Reparse points: FSCTL_GET_REPARSE_POINT and FSCTL_SET_REPARSE_POINT. [MS-FSCC] 2.1.2.
#ifndef SLUICE_PROTO_FSCC_REPARSE_H_
#define SLUICE_PROTO_FSCC_REPARSE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

inline constexpr size_t kReparseBytesMax = 16384;

// 2.1.2.2 REPARSE_DATA_BUFFER and 2.1.2.3 REPARSE_GUID_DATA_BUFFER.
struct ReparseBuffer {
  static constexpr size_t kHeaderBytes = 8;
  static constexpr size_t kGuidHeaderBytes = 24;
  uint32_t tag = 0;
  std::array<uint8_t, 16> guid{};  // only when the tag is not Microsoft's
  absl::Span<const uint8_t> data;  // a view into what was decoded

  // The length field must be that of the data exactly, and at most kReparseBytesMax in all.
  static bool Decode(absl::Span<const uint8_t> bytes, ReparseBuffer* out);
  void Encode(Writer& w) const;
};

// 2.1.2.4 Symbolic link; also the data of [MS-SMB2] 2.2.2.2.1 Symbolic Link Error Response. Names
// are UTF-8 here, as the wire has them ('\\'-separated).
struct SymlinkReparse {
  static constexpr uint32_t kRelative = 0x00000001;
  std::string substitute_name;
  std::string print_name;
  uint32_t flags = 0;

  // Decodes and encodes the data of a ReparseBuffer, from SubstituteNameOffset on.
  static bool DecodeData(absl::Span<const uint8_t> data, SymlinkReparse* out);
  void EncodeData(Writer& w) const;
  // With the header of the reparse buffer.
  void EncodeBuffer(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_REPARSE_H_

// The ERROR response and what its contexts and data can be [MS-SMB2] 2.2.2.
#ifndef SLUICE_PROTO_SMB2_ERROR_H_
#define SLUICE_PROTO_SMB2_ERROR_H_

#include <cstddef>
#include <cstdint>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

enum class ErrorId : uint32_t {
  kDefault = 0x00000000,
  kShareRedirect = 0x72645253,
};

struct ErrorContext {
  ErrorId error_id = ErrorId::kDefault;
  absl::Span<const uint8_t> error_data;
};

struct ErrorResponse {
  // 3.1.1: one or more contexts; then error_data is not used.
  absl::InlinedVector<ErrorContext, 1> contexts;
  // The other dialects, or 3.1.1 without contexts.
  absl::Span<const uint8_t> error_data;

  // Without data the body is 9 bytes, the last one zero.
  static bool Decode(absl::Span<const uint8_t> message, ErrorResponse* out);
  void Encode(Writer& w) const;
};

// The data of STOPPED_ON_SYMLINK: where the link points, and what of the path is left
// (2.2.2.2.1).
struct SymlinkError {
  static constexpr uint32_t kFlagRelative = 0x00000001;

  uint16_t unparsed_path_length = 0;  // bytes of UTF-16LE
  absl::Span<const uint8_t> substitute_name;
  absl::Span<const uint8_t> print_name;
  uint32_t flags = 0;

  static bool Decode(absl::Span<const uint8_t> error_data, SymlinkError* out);
  void Encode(Writer& w) const;
  size_t EncodedBytes() const { return 28 + substitute_name.size() + print_name.size(); }
};

// The data of BUFFER_TOO_SMALL: the size that would do (2.2.2.2).
struct BufferTooSmallError {
  uint32_t required_buffer_length = 0;

  static bool Decode(absl::Span<const uint8_t> error_data, BufferTooSmallError* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_ERROR_H_

// What a frame can be, and the headers of encrypted and compressed frames [MS-SMB2] 2.2.41, 2.2.42.
#ifndef SLUICE_PROTO_SMB2_TRANSFORM_HEADER_H_
#define SLUICE_PROTO_SMB2_TRANSFORM_HEADER_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

enum class FrameKind : uint8_t { kUnknown, kSmb1, kSmb2, kTransform, kCompressed };

// By the first four bytes.
FrameKind ClassifyFrame(absl::Span<const uint8_t> frame);

inline constexpr size_t kTransformHeaderBytes = 52;
// The associated data of the cipher: the header from the nonce to its end.
inline constexpr size_t kTransformAssociatedDataOffset = 20;
inline constexpr size_t kTransformAssociatedDataBytes = 32;

// In 3.1.1 the field is Flags with this bit for "encrypted"; in 3.0 and 3.0.2 it is
// EncryptionAlgorithm with this value for AES-128-CCM. It is always the same number.
inline constexpr uint16_t kTransformEncrypted = 0x0001;

struct TransformHeader {
  std::array<uint8_t, 16> signature{};
  std::array<uint8_t, 16> nonce{};  // 11 or 12 bytes are used, the others are zero
  uint32_t original_message_size = 0;
  uint16_t flags = kTransformEncrypted;
  uint64_t session_id = 0;

  // False for too few bytes, another protocol id or Flags without (only) kTransformEncrypted. The
  // size is not compared with the frame's.
  static bool Decode(absl::Span<const uint8_t> frame, TransformHeader* out);
  void Encode(Writer& w) const;
};

inline constexpr size_t kCompressionTransformHeaderBytes = 16;

struct CompressionTransformHeader {
  uint32_t original_compressed_segment_size = 0;
  uint16_t compression_algorithm = 0;
  uint16_t flags = 0;
  uint32_t offset = 0;  // or length, in the chained form

  static bool Decode(absl::Span<const uint8_t> frame, CompressionTransformHeader* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_TRANSFORM_HEADER_H_

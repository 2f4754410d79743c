#include "proto/smb2/transform_header.h"

#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr uint32_t kSmb1Id = 0x424D53FF;
constexpr uint32_t kSmb2Id = 0x424D53FE;
constexpr uint32_t kTransformId = 0x424D53FD;
constexpr uint32_t kCompressionId = 0x424D53FC;

}  // namespace

FrameKind ClassifyFrame(absl::Span<const uint8_t> frame) {
  Reader r(frame);
  switch (r.U32()) {
    case kSmb1Id:
      return FrameKind::kSmb1;
    case kSmb2Id:
      return FrameKind::kSmb2;
    case kTransformId:
      return FrameKind::kTransform;
    case kCompressionId:
      return FrameKind::kCompressed;
    default:
      return FrameKind::kUnknown;
  }
}

bool TransformHeader::Decode(absl::Span<const uint8_t> frame, TransformHeader* out) {
  Reader r(frame);
  if (r.U32() != kTransformId) return false;
  out->signature = r.Array<16>();
  out->nonce = r.Array<16>();
  out->original_message_size = r.U32();
  r.Skip(2);
  out->flags = r.U16();
  out->session_id = r.U64();
  return r.ok() && out->flags == kTransformEncrypted;
}

void TransformHeader::Encode(Writer& w) const {
  w.U32(kTransformId);
  w.Bytes(signature);
  w.Bytes(nonce);
  w.U32(original_message_size);
  w.U16(0);
  w.U16(flags);
  w.U64(session_id);
}

bool CompressionTransformHeader::Decode(absl::Span<const uint8_t> frame,
                                        CompressionTransformHeader* out) {
  Reader r(frame);
  if (r.U32() != kCompressionId) return false;
  out->original_compressed_segment_size = r.U32();
  out->compression_algorithm = r.U16();
  out->flags = r.U16();
  out->offset = r.U32();
  return r.ok();
}

void CompressionTransformHeader::Encode(Writer& w) const {
  w.U32(kCompressionId);
  w.U32(original_compressed_segment_size);
  w.U16(compression_algorithm);
  w.U16(flags);
  w.U32(offset);
}

}  // namespace sluice::proto

#include "proto/smb2/error.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr uint32_t kSymlinkErrorTag = 0x4C4D5953;
constexpr uint32_t kReparseTagSymlink = 0xA000000C;
constexpr size_t kErrorDataOffset = 72;

}  // namespace

bool ErrorResponse::Decode(absl::Span<const uint8_t> message, ErrorResponse* out) {
  Reader r(message);
  OpenBody(kErrorStructureSize, r);
  const uint8_t context_count = r.U8();
  r.Skip(1);
  const uint32_t byte_count = r.U32();
  const absl::Span<const uint8_t> data = r.Bytes(byte_count);
  out->contexts.clear();
  out->error_data = {};
  if (context_count == 0) {
    out->error_data = data;
    return r.ok();
  }
  Reader list(data);
  for (uint8_t i = 0; i < context_count && list.ok(); ++i) {
    if (i > 0) list.AlignTo(8);
    const uint32_t length = list.U32();
    ErrorContext context;
    context.error_id = static_cast<ErrorId>(list.U32());
    context.error_data = list.Bytes(length);
    out->contexts.push_back(context);
  }
  return r.ok() && list.ok();
}

void ErrorResponse::Encode(Writer& w) const {
  if (contexts.size() > UINT8_MAX) w.Fail();
  w.U16(kErrorStructureSize);
  w.U8(static_cast<uint8_t>(contexts.size()));
  w.U8(0);
  const size_t length_at = w.size();
  w.Checked32(error_data.size());
  if (contexts.empty()) {
    WriteRequestVariable(error_data, w);
    return;
  }
  bool first = true;
  for (const ErrorContext& context : contexts) {
    if (!first) w.AlignTo(8);
    first = false;
    w.Checked32(context.error_data.size());
    w.U32(static_cast<uint32_t>(context.error_id));
    w.Bytes(context.error_data);
  }
  w.PatchU32(length_at, static_cast<uint32_t>(w.size() - kErrorDataOffset));
}

bool SymlinkError::Decode(absl::Span<const uint8_t> error_data, SymlinkError* out) {
  Reader r(error_data);
  const uint32_t length = r.U32();
  if (r.U32() != kSymlinkErrorTag || r.U32() != kReparseTagSymlink) return false;
  const uint16_t reparse_length = r.U16();
  out->unparsed_path_length = r.U16();
  const uint16_t substitute_offset = r.U16();
  const uint16_t substitute_length = r.U16();
  const uint16_t print_offset = r.U16();
  const uint16_t print_length = r.U16();
  out->flags = r.U32();
  Reader names(r.Rest());
  out->substitute_name = names.Variable(substitute_offset, substitute_length);
  out->print_name = names.Variable(print_offset, print_length);
  return r.ok() && names.ok() && size_t{length} + 4 == error_data.size() &&
         size_t{reparse_length} + 16 == error_data.size();
}

void SymlinkError::Encode(Writer& w) const {
  w.Checked32(EncodedBytes() - 4);
  w.U32(kSymlinkErrorTag);
  w.U32(kReparseTagSymlink);
  w.Checked16(EncodedBytes() - 16);
  w.U16(unparsed_path_length);
  w.U16(0);
  w.Checked16(substitute_name.size());
  w.Checked16(substitute_name.size());
  w.Checked16(print_name.size());
  w.U32(flags);
  w.Bytes(substitute_name);
  w.Bytes(print_name);
}

bool BufferTooSmallError::Decode(absl::Span<const uint8_t> error_data, BufferTooSmallError* out) {
  Reader r(error_data);
  out->required_buffer_length = r.U32();
  return r.ok();
}

void BufferTooSmallError::Encode(Writer& w) const { w.U32(required_buffer_length); }

}  // namespace sluice::proto

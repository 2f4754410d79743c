#include "proto/fscc/reparse.h"

#include "proto/fscc/attributes.h"
#include "proto/wire/reader.h"
#include "proto/wire/utf16.h"

namespace sluice::proto {
namespace {

bool HasGuid(uint32_t tag) { return (tag & reparse_tag::kMicrosoftBit) == 0; }

}  // namespace

bool ReparseBuffer::Decode(absl::Span<const uint8_t> bytes, ReparseBuffer* out) {
  if (bytes.size() > kReparseBytesMax) return false;
  Reader r(bytes);
  out->tag = r.U32();
  const uint16_t data_bytes = r.U16();
  r.Skip(2);
  out->guid = {};
  if (HasGuid(out->tag)) out->guid = r.Array<16>();
  out->data = r.Rest();
  return r.ok() && out->data.size() == data_bytes;
}

void ReparseBuffer::Encode(Writer& w) const {
  w.U32(tag);
  w.Checked16(data.size());
  w.U16(0);
  if (HasGuid(tag)) w.Bytes(guid);
  w.Bytes(data);
}

bool SymlinkReparse::DecodeData(absl::Span<const uint8_t> data, SymlinkReparse* out) {
  Reader r(data);
  const uint16_t substitute_offset = r.U16();
  const uint16_t substitute_bytes = r.U16();
  const uint16_t print_offset = r.U16();
  const uint16_t print_bytes = r.U16();
  out->flags = r.U32();
  Reader path(r.Rest());
  const absl::Span<const uint8_t> substitute = path.Sub(substitute_offset, substitute_bytes);
  const absl::Span<const uint8_t> print = path.Sub(print_offset, print_bytes);
  return r.ok() && path.ok() && Utf16ToUtf8(substitute, &out->substitute_name) &&
         Utf16ToUtf8(print, &out->print_name);
}

void SymlinkReparse::EncodeData(Writer& w) const {
  const size_t substitute_bytes = Utf16Bytes(substitute_name);
  const size_t print_bytes = Utf16Bytes(print_name);
  w.U16(0);
  w.Checked16(substitute_bytes);
  w.Checked16(substitute_bytes);
  w.Checked16(print_bytes);
  w.U32(flags);
  if (!WriteUtf16(substitute_name, w) || !WriteUtf16(print_name, w)) w.Fail();
}

void SymlinkReparse::EncodeBuffer(Writer& w) const {
  w.U32(reparse_tag::kSymlink);
  const size_t length = w.size();
  w.U16(0);
  w.U16(0);
  const size_t begin = w.size();
  EncodeData(w);
  if (w.size() - begin > kReparseBytesMax - ReparseBuffer::kHeaderBytes) w.Fail();
  w.PatchU16(length, static_cast<uint16_t>(w.size() - begin));
}

}  // namespace sluice::proto

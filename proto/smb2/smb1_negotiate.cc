#include "proto/smb2/smb1_negotiate.h"

#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr uint32_t kProtocolId = 0x424D53FF;  // 0xFF 'S' 'M' 'B'
constexpr uint8_t kComNegotiate = 0x72;
constexpr uint8_t kFlagsReply = 0x80;
constexpr uint8_t kDialectMark = 0x02;
constexpr size_t kSmb1HeaderBytes = 32;

}  // namespace

bool Smb1Negotiate::Decode(absl::Span<const uint8_t> message, Smb1Negotiate* out) {
  *out = {};
  Reader r(message);
  if (r.U32() != kProtocolId || r.U8() != kComNegotiate) return false;
  r.Skip(4);  // status
  if ((r.U8() & kFlagsReply) != 0) return false;
  r.Seek(kSmb1HeaderBytes);
  const uint8_t words = r.U8();
  r.Skip(size_t{words} * 2);
  const uint16_t byte_count = r.U16();
  Reader dialects(r.Bytes(byte_count));
  if (!r.ok()) return false;
  while (dialects.remaining() > 0) {
    if (dialects.U8() != kDialectMark) return false;
    const size_t start = dialects.offset();
    // A string without its NUL runs into the end, where the reader fails.
    while (dialects.ok() && dialects.U8() != 0) {
    }
    if (!dialects.ok()) return false;
    const absl::Span<const uint8_t> text = dialects.Sub(start, dialects.offset() - 1 - start);
    const absl::string_view name(reinterpret_cast<const char*>(text.data()), text.size());
    ++out->dialect_count;
    out->smb_2_002 |= name == "SMB 2.002";
    out->smb_2_wildcard |= name == "SMB 2.???";
  }
  return out->dialect_count > 0;
}

void EncodeSmb1Negotiate(absl::Span<const absl::string_view> dialects, Writer& w) {
  w.U32(kProtocolId);
  w.U8(kComNegotiate);
  w.Zeros(4);
  w.U8(0x18);     // flags: canonical paths, no case
  w.U16(0xC843);  // flags2: Unicode, NT status, extended security, long names, EAs
  w.Zeros(kSmb1HeaderBytes - 12);
  w.U8(0);  // no words
  size_t bytes = 0;
  for (const absl::string_view dialect : dialects) bytes += dialect.size() + 2;
  w.Checked16(bytes);
  for (const absl::string_view dialect : dialects) {
    w.U8(kDialectMark);
    w.Bytes({reinterpret_cast<const uint8_t*>(dialect.data()), dialect.size()});
    w.U8(0);
  }
}

}  // namespace sluice::proto

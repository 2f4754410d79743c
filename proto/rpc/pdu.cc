#include "proto/rpc/pdu.h"

namespace sluice::proto::rpc {
namespace {

constexpr uint8_t kVersion = 5;
constexpr uint8_t kVersionMinorMax = 1;
constexpr uint8_t kLittleEndianAscii = 0x10;
constexpr size_t kFragmentBytesOffset = 8;
constexpr size_t kAuthTrailerHeaderBytes = 8;
constexpr size_t kAlignment = 4;

// The header and a reader of the body behind it, which ends where the fragment does and before an
// authentication trailer.
bool Open(absl::Span<const uint8_t> bytes, PduHeader* header, Reader* body) {
  if (!PduHeader::Decode(bytes, header) || bytes.size() < header->fragment_bytes) return false;
  size_t end = header->fragment_bytes;
  if (header->auth_bytes != 0) {
    const size_t trailer = header->auth_bytes + kAuthTrailerHeaderBytes;
    if (trailer > end - kPduHeaderBytes) return false;
    end -= trailer;
  }
  *body = Reader(bytes.subspan(0, end));
  body->Skip(kPduHeaderBytes);
  return true;
}

PduHeader HeaderOf(PduType type, uint32_t call_id) {
  PduHeader header;
  header.type = type;
  header.call_id = call_id;
  return header;
}

bool IsBindType(PduType type) { return type == PduType::kBind || type == PduType::kAlterContext; }

bool IsBindAckType(PduType type) {
  return type == PduType::kBindAck || type == PduType::kAlterContextResponse;
}

}  // namespace

const SyntaxId kNdrSyntax = {{0x04, 0x5D, 0x88, 0x8A, 0xEB, 0x1C, 0xC9, 0x11, 0x9F, 0xE8, 0x08,
                              0x00, 0x2B, 0x10, 0x48, 0x60},
                             2,
                             0};
const SyntaxId kNdr64Syntax = {{0x33, 0x05, 0x71, 0x71, 0xBA, 0xBE, 0x37, 0x49, 0x83, 0x19, 0xB5,
                                0xDB, 0xEF, 0x9C, 0xCC, 0x36},
                               1,
                               0};
const SyntaxId kSrvsvcSyntax = {{0xC8, 0x4F, 0x32, 0x4B, 0x70, 0x16, 0xD3, 0x01, 0x12, 0x78, 0x5A,
                                 0x47, 0xBF, 0x6E, 0xE1, 0x88},
                                3,
                                0};
const SyntaxId kWkssvcSyntax = {{0x98, 0xD0, 0xFF, 0x6B, 0x12, 0xA1, 0x10, 0x36, 0x98, 0x33, 0x46,
                                 0xC3, 0xF8, 0x7E, 0x34, 0x5A},
                                1,
                                0};

bool PduHeader::Decode(absl::Span<const uint8_t> bytes, PduHeader* out) {
  Reader r(bytes);
  out->version = r.U8();
  out->version_minor = r.U8();
  out->type = static_cast<PduType>(r.U8());
  out->flags = r.U8();
  const std::array<uint8_t, 4> representation = r.Array<4>();
  out->fragment_bytes = r.U16();
  out->auth_bytes = r.U16();
  out->call_id = r.U32();
  return r.ok() && out->version == kVersion && out->version_minor <= kVersionMinorMax &&
         representation[0] == kLittleEndianAscii && representation[1] == 0 &&
         out->fragment_bytes >= kPduHeaderBytes;
}

void PduHeader::Encode(Writer& w) const {
  w.U8(version);
  w.U8(version_minor);
  w.U8(static_cast<uint8_t>(type));
  w.U8(flags);
  w.U32(kLittleEndianAscii);
  w.U16(fragment_bytes);
  w.U16(auth_bytes);
  w.U32(call_id);
}

void FinishPdu(Writer& w, size_t start) {
  const size_t bytes = w.size() - start;
  if (bytes > UINT16_MAX) w.Fail();
  w.PatchU16(start + kFragmentBytesOffset, static_cast<uint16_t>(bytes));
}

SyntaxId SyntaxId::Read(Reader& r) {
  SyntaxId id;
  id.uuid = r.Array<16>();
  id.major = r.U16();
  id.minor = r.U16();
  return id;
}

void SyntaxId::Write(Writer& w) const {
  w.Bytes(uuid);
  w.U16(major);
  w.U16(minor);
}

bool BindPdu::Decode(absl::Span<const uint8_t> bytes, BindPdu* out) {
  *out = BindPdu();
  PduHeader header;
  Reader r({});
  if (!Open(bytes, &header, &r) || !IsBindType(header.type)) return false;
  out->max_transmit = r.U16();
  out->max_receive = r.U16();
  out->association_group = r.U32();
  const uint8_t contexts = r.U8();
  r.Skip(3);
  if (contexts > kContextsMax) return false;
  for (size_t i = 0; i < contexts && r.ok(); ++i) {
    PresentationContext& context = out->contexts.emplace_back();
    context.id = r.U16();
    const uint8_t transfers = r.U8();
    r.Skip(1);
    context.abstract_syntax = SyntaxId::Read(r);
    if (transfers > kTransferSyntaxesMax) return false;
    for (size_t j = 0; j < transfers && r.ok(); ++j) {
      context.transfer_syntaxes.push_back(SyntaxId::Read(r));
    }
  }
  return r.ok();
}

void BindPdu::Encode(Writer& w, PduType type, uint32_t call_id) const {
  const size_t start = w.size();
  HeaderOf(type, call_id).Encode(w);
  w.U16(max_transmit);
  w.U16(max_receive);
  w.U32(association_group);
  w.U8(static_cast<uint8_t>(contexts.size()));
  w.Zeros(3);
  for (const PresentationContext& context : contexts) {
    w.U16(context.id);
    w.U8(static_cast<uint8_t>(context.transfer_syntaxes.size()));
    w.U8(0);
    context.abstract_syntax.Write(w);
    for (const SyntaxId& syntax : context.transfer_syntaxes) syntax.Write(w);
  }
  FinishPdu(w, start);
}

bool BindAckPdu::Decode(absl::Span<const uint8_t> bytes, BindAckPdu* out) {
  *out = BindAckPdu();
  PduHeader header;
  Reader r({});
  if (!Open(bytes, &header, &r) || !IsBindAckType(header.type)) return false;
  out->max_transmit = r.U16();
  out->max_receive = r.U16();
  out->association_group = r.U32();
  const uint16_t address_bytes = r.U16();
  const absl::Span<const uint8_t> address = r.Bytes(address_bytes);
  // The NUL is counted.
  if (!address.empty()) out->secondary_address.assign(address.begin(), address.end() - 1);
  r.AlignTo(kAlignment);
  const uint8_t results = r.U8();
  r.Skip(3);
  if (results > kContextsMax) return false;
  for (size_t i = 0; i < results && r.ok(); ++i) {
    Result& result = out->results.emplace_back();
    result.result = static_cast<ContextResult>(r.U16());
    result.reason = static_cast<ContextReason>(r.U16());
    result.transfer_syntax = SyntaxId::Read(r);
  }
  return r.ok();
}

void BindAckPdu::Encode(Writer& w, PduType type, uint32_t call_id) const {
  const size_t start = w.size();
  HeaderOf(type, call_id).Encode(w);
  w.U16(max_transmit);
  w.U16(max_receive);
  w.U32(association_group);
  if (secondary_address.empty()) {
    w.U16(0);
  } else {
    w.Checked16(secondary_address.size() + 1);
    w.Bytes({reinterpret_cast<const uint8_t*>(secondary_address.data()), secondary_address.size()});
    w.U8(0);
  }
  w.Zeros((kAlignment - (w.size() - start) % kAlignment) % kAlignment);
  w.U8(static_cast<uint8_t>(results.size()));
  w.Zeros(3);
  for (const Result& result : results) {
    w.U16(static_cast<uint16_t>(result.result));
    w.U16(static_cast<uint16_t>(result.reason));
    result.transfer_syntax.Write(w);
  }
  FinishPdu(w, start);
}

bool RequestPdu::Decode(absl::Span<const uint8_t> bytes, RequestPdu* out) {
  *out = RequestPdu();
  Reader r({});
  if (!Open(bytes, &out->header, &r) || out->header.type != PduType::kRequest) return false;
  out->allocation_hint = r.U32();
  out->context_id = r.U16();
  out->operation = r.U16();
  if ((out->header.flags & pdu_flag::kObjectUuid) != 0) out->object = r.Array<16>();
  out->stub = r.Rest();
  return r.ok();
}

void RequestPdu::Encode(Writer& w) const {
  const size_t start = w.size();
  PduHeader written = header;
  written.type = PduType::kRequest;
  written.flags &= static_cast<uint8_t>(~pdu_flag::kObjectUuid);
  if (object.has_value()) written.flags |= pdu_flag::kObjectUuid;
  written.Encode(w);
  w.U32(allocation_hint);
  w.U16(context_id);
  w.U16(operation);
  if (object.has_value()) w.Bytes(*object);
  w.Bytes(stub);
  FinishPdu(w, start);
}

bool ResponsePdu::Decode(absl::Span<const uint8_t> bytes, ResponsePdu* out) {
  *out = ResponsePdu();
  Reader r({});
  if (!Open(bytes, &out->header, &r) || out->header.type != PduType::kResponse) return false;
  out->allocation_hint = r.U32();
  out->context_id = r.U16();
  r.Skip(2);  // cancel count, reserved
  out->stub = r.Rest();
  return r.ok();
}

void ResponsePdu::Encode(Writer& w) const {
  const size_t start = w.size();
  PduHeader written = header;
  written.type = PduType::kResponse;
  written.Encode(w);
  w.U32(allocation_hint);
  w.U16(context_id);
  w.U16(0);
  w.Bytes(stub);
  FinishPdu(w, start);
}

bool FaultPdu::Decode(absl::Span<const uint8_t> bytes, FaultPdu* out) {
  *out = FaultPdu();
  Reader r({});
  if (!Open(bytes, &out->header, &r) || out->header.type != PduType::kFault) return false;
  r.Skip(4);
  out->context_id = r.U16();
  r.Skip(2);
  out->status = r.U32();
  return r.ok();
}

void FaultPdu::Encode(Writer& w) const {
  const size_t start = w.size();
  PduHeader written = header;
  written.type = PduType::kFault;
  written.Encode(w);
  w.U32(0);
  w.U16(context_id);
  w.U16(0);
  w.U32(status);
  w.U32(0);
  FinishPdu(w, start);
}

}  // namespace sluice::proto::rpc

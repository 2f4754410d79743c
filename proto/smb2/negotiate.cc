#include "proto/smb2/negotiate.h"

#include <algorithm>

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr size_t kRequestDialectsOffset = kHeaderBytes + 36;
constexpr size_t kResponseBufferOffset = kHeaderBytes + 64;

constexpr size_t Aligned(size_t offset) { return (offset + 7) & ~size_t{7}; }

}  // namespace

bool NegotiateRequest::Offers(Dialect dialect) const {
  return std::find(dialects.begin(), dialects.end(), static_cast<uint16_t>(dialect)) !=
         dialects.end();
}

absl::string_view Name(Dialect dialect) {
  switch (dialect) {
    case Dialect::kSmb202:
      return "2.0.2";
    case Dialect::kSmb210:
      return "2.1";
    case Dialect::kSmb300:
      return "3.0";
    case Dialect::kSmb302:
      return "3.0.2";
    case Dialect::kSmb311:
      return "3.1.1";
    case Dialect::kWildcard:
      return "2.???";
  }
  return "unknown";
}

bool NegotiateRequest::Decode(absl::Span<const uint8_t> message, NegotiateRequest* out) {
  Reader r(message);
  OpenRequest(Command::kNegotiate, r);
  const uint16_t dialect_count = r.U16();
  out->security_mode = r.U16();
  r.Skip(2);
  out->capabilities = r.U32();
  out->client_guid = r.Array<16>();
  const uint32_t contexts_offset = r.U32();
  const uint16_t context_count = r.U16();
  r.Skip(2);
  out->dialects.clear();
  out->contexts = {};
  if (dialect_count == 0 || r.remaining() < size_t{dialect_count} * 2) return false;
  for (uint16_t i = 0; i < dialect_count; ++i) out->dialects.push_back(r.U16());
  // Without 3.1.1 the two fields are ClientStartTime.
  if (!out->Offers(Dialect::kSmb311) || context_count == 0) return r.ok();
  if (contexts_offset < r.offset()) return false;
  return NegotiateContexts::Decode(message, contexts_offset, context_count, &out->contexts);
}

void NegotiateRequest::Encode(Writer& w) const {
  const size_t count = contexts.count();
  w.U16(RequestStructureSize(Command::kNegotiate));
  w.Checked16(dialects.size());
  w.U16(security_mode);
  w.U16(0);
  w.U32(capabilities);
  w.Bytes(client_guid);
  w.Checked32(count == 0 ? 0 : Aligned(kRequestDialectsOffset + dialects.size() * 2));
  w.Checked16(count);
  w.U16(0);
  for (const uint16_t dialect : dialects) w.U16(dialect);
  contexts.Encode(w);
}

bool NegotiateResponse::Decode(absl::Span<const uint8_t> message, NegotiateResponse* out) {
  Reader r(message);
  OpenResponse(Command::kNegotiate, r);
  out->security_mode = r.U16();
  out->dialect_revision = static_cast<Dialect>(r.U16());
  const uint16_t context_count = r.U16();
  out->server_guid = r.Array<16>();
  out->capabilities = r.U32();
  out->max_transact_size = r.U32();
  out->max_read_size = r.U32();
  out->max_write_size = r.U32();
  out->system_time = r.U64();
  out->server_start_time = r.U64();
  const uint16_t buffer_offset = r.U16();
  const uint16_t buffer_length = r.U16();
  const uint32_t contexts_offset = r.U32();
  out->security_buffer = r.Variable(buffer_offset, buffer_length);
  out->contexts = {};
  if (!r.ok()) return false;
  if (out->dialect_revision != Dialect::kSmb311 || context_count == 0) return true;
  if (contexts_offset < kResponseBufferOffset) return false;
  return NegotiateContexts::Decode(message, contexts_offset, context_count, &out->contexts);
}

void NegotiateResponse::Encode(Writer& w) const {
  const size_t count = contexts.count();
  w.U16(ResponseStructureSize(Command::kNegotiate));
  w.U16(security_mode);
  w.U16(static_cast<uint16_t>(dialect_revision));
  w.Checked16(count);
  w.Bytes(server_guid);
  w.U32(capabilities);
  w.U32(max_transact_size);
  w.U32(max_read_size);
  w.U32(max_write_size);
  w.U64(system_time);
  w.U64(server_start_time);
  w.U16(kResponseBufferOffset);
  w.Checked16(security_buffer.size());
  w.Checked32(count == 0 ? 0 : Aligned(kResponseBufferOffset + security_buffer.size()));
  w.Bytes(security_buffer);
  contexts.Encode(w);
}

}  // namespace sluice::proto

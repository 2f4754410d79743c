#include "proto/smb2/header.h"

#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr uint32_t kProtocolId = 0x424D53FE;  // 0xFE 'S' 'M' 'B'

}  // namespace

bool Header::Decode(absl::Span<const uint8_t> message, Header* out) {
  if (message.size() < kHeaderBytes) return false;
  Reader r({message.data(), kHeaderBytes});
  if (r.U32() != kProtocolId || r.U16() != kHeaderBytes) return false;
  out->credit_charge = r.U16();
  out->status = r.U32();
  out->command = static_cast<Command>(r.U16());
  out->credits = r.U16();
  out->flags = r.U32();
  out->next_command = r.U32();
  out->message_id = r.U64();
  if (out->async()) {
    out->async_id = r.U64();
    out->process_id = 0;
    out->tree_id = 0;
  } else {
    out->async_id = 0;
    out->process_id = r.U32();
    out->tree_id = r.U32();
  }
  out->session_id = r.U64();
  out->signature = r.Array<kHeaderSignatureBytes>();
  return r.ok();
}

void Header::Encode(Writer& writer) const {
  Writer w = writer.Fixed(kHeaderBytes);
  w.U32(kProtocolId);
  w.U16(kHeaderBytes);
  w.U16(credit_charge);
  w.U32(status);
  w.U16(static_cast<uint16_t>(command));
  w.U16(credits);
  w.U32(flags);
  w.U32(next_command);
  w.U64(message_id);
  if (async()) {
    w.U64(async_id);
  } else {
    w.U32(process_id);
    w.U32(tree_id);
  }
  w.U64(session_id);
  w.Bytes(signature);
}

}  // namespace sluice::proto

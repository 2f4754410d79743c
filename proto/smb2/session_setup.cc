#include "proto/smb2/session_setup.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool SessionSetupRequest::Decode(absl::Span<const uint8_t> message, SessionSetupRequest* out) {
  Reader r(message);
  OpenRequest(Command::kSessionSetup, r);
  out->flags = r.U8();
  out->security_mode = r.U8();
  out->capabilities = r.U32();
  out->channel = r.U32();
  const uint16_t offset = r.U16();
  const uint16_t length = r.U16();
  out->previous_session_id = r.U64();
  out->security_buffer = r.Variable(offset, length);
  return r.ok();
}

void SessionSetupRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kSessionSetup));
  w.U8(flags);
  w.U8(security_mode);
  w.U32(capabilities);
  w.U32(channel);
  w.U16(kHeaderBytes + 24);
  w.Checked16(security_buffer.size());
  w.U64(previous_session_id);
  WriteRequestVariable(security_buffer, w);
}

bool SessionSetupResponse::Decode(absl::Span<const uint8_t> message, SessionSetupResponse* out) {
  Reader r(message);
  OpenResponse(Command::kSessionSetup, r);
  out->session_flags = r.U16();
  const uint16_t offset = r.U16();
  const uint16_t length = r.U16();
  out->security_buffer = r.Variable(offset, length);
  return r.ok();
}

void SessionSetupResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kSessionSetup));
  w.U16(session_flags);
  w.U16(kHeaderBytes + 8);
  w.Checked16(security_buffer.size());
  w.Bytes(security_buffer);
}

}  // namespace sluice::proto

#include "proto/smb2/flush.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool FlushRequest::Decode(absl::Span<const uint8_t> message, FlushRequest* out) {
  Reader r(message);
  OpenRequest(Command::kFlush, r);
  out->reserved1 = r.U16();
  r.Skip(4);
  out->file_id = FileId::Read(r);
  return r.ok();
}

void FlushRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kFlush));
  w.U16(reserved1);
  w.U32(0);
  file_id.Write(w);
}

bool FlushResponse::Decode(absl::Span<const uint8_t> message, FlushResponse* /*out*/) {
  Reader r(message);
  OpenResponse(Command::kFlush, r);
  return r.ok();
}

void FlushResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kFlush));
  w.U16(0);
}

}  // namespace sluice::proto

#include "proto/smb2/tree_connect.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool TreeConnectRequest::Decode(absl::Span<const uint8_t> message, TreeConnectRequest* out) {
  Reader r(message);
  OpenRequest(Command::kTreeConnect, r);
  out->flags = r.U16();
  const uint16_t offset = r.U16();
  const uint16_t length = r.U16();
  out->path = r.Variable(offset, length);
  return r.ok();
}

void TreeConnectRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kTreeConnect));
  w.U16(flags);
  w.U16(kHeaderBytes + 8);
  w.Checked16(path.size());
  WriteRequestVariable(path, w);
}

bool TreeConnectResponse::Decode(absl::Span<const uint8_t> message, TreeConnectResponse* out) {
  Reader r(message);
  OpenResponse(Command::kTreeConnect, r);
  out->share_type = r.U8();
  r.Skip(1);
  out->share_flags = r.U32();
  out->capabilities = r.U32();
  out->maximal_access = r.U32();
  return r.ok();
}

void TreeConnectResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kTreeConnect));
  w.U8(share_type);
  w.U8(0);
  w.U32(share_flags);
  w.U32(capabilities);
  w.U32(maximal_access);
}

}  // namespace sluice::proto

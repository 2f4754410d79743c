#include "proto/smb2/close.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool CloseRequest::Decode(absl::Span<const uint8_t> message, CloseRequest* out) {
  Reader r(message);
  OpenRequest(Command::kClose, r);
  out->flags = r.U16();
  r.Skip(4);
  out->file_id = FileId::Read(r);
  return r.ok();
}

void CloseRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kClose));
  w.U16(flags);
  w.U32(0);
  file_id.Write(w);
}

bool CloseResponse::Decode(absl::Span<const uint8_t> message, CloseResponse* out) {
  Reader r(message);
  OpenResponse(Command::kClose, r);
  out->flags = r.U16();
  r.Skip(4);
  out->creation_time = r.U64();
  out->last_access_time = r.U64();
  out->last_write_time = r.U64();
  out->change_time = r.U64();
  out->allocation_size = r.U64();
  out->end_of_file = r.U64();
  out->file_attributes = r.U32();
  return r.ok();
}

void CloseResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kClose));
  w.U16(flags);
  w.U32(0);
  w.U64(creation_time);
  w.U64(last_access_time);
  w.U64(last_write_time);
  w.U64(change_time);
  w.U64(allocation_size);
  w.U64(end_of_file);
  w.U32(file_attributes);
}

}  // namespace sluice::proto

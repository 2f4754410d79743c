#include "proto/smb2/set_info.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool SetInfoRequest::Decode(absl::Span<const uint8_t> message, SetInfoRequest* out) {
  Reader r(message);
  OpenRequest(Command::kSetInfo, r);
  out->info_type = r.U8();
  out->file_info_class = r.U8();
  const uint32_t length = r.U32();
  const uint16_t offset = r.U16();
  r.Skip(2);
  out->additional_information = r.U32();
  out->file_id = FileId::Read(r);
  out->buffer = r.Variable(offset, length);
  return r.ok();
}

void SetInfoRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kSetInfo));
  w.U8(info_type);
  w.U8(file_info_class);
  w.Checked32(buffer.size());
  w.U16(kHeaderBytes + 32);
  w.U16(0);
  w.U32(additional_information);
  file_id.Write(w);
  WriteRequestVariable(buffer, w);
}

bool SetInfoResponse::Decode(absl::Span<const uint8_t> message, SetInfoResponse* /*out*/) {
  Reader r(message);
  OpenResponse(Command::kSetInfo, r);
  return r.ok();
}

void SetInfoResponse::Encode(Writer& w) const { w.U16(ResponseStructureSize(Command::kSetInfo)); }

}  // namespace sluice::proto

#include "proto/smb2/query_info.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool QueryInfoRequest::Decode(absl::Span<const uint8_t> message, QueryInfoRequest* out) {
  Reader r(message);
  OpenRequest(Command::kQueryInfo, r);
  out->info_type = r.U8();
  out->file_info_class = r.U8();
  out->output_buffer_length = r.U32();
  const uint16_t input_offset = r.U16();
  r.Skip(2);
  const uint32_t input_length = r.U32();
  out->additional_information = r.U32();
  out->flags = r.U32();
  out->file_id = FileId::Read(r);
  out->input = r.Variable(input_offset, input_length);
  return r.ok();
}

void QueryInfoRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kQueryInfo));
  w.U8(info_type);
  w.U8(file_info_class);
  w.U32(output_buffer_length);
  w.U16(kHeaderBytes + 40);
  w.U16(0);
  w.Checked32(input.size());
  w.U32(additional_information);
  w.U32(flags);
  file_id.Write(w);
  WriteRequestVariable(input, w);
}

}  // namespace sluice::proto

#include "proto/smb2/query_directory.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool QueryDirectoryRequest::Decode(absl::Span<const uint8_t> message, QueryDirectoryRequest* out) {
  Reader r(message);
  OpenRequest(Command::kQueryDirectory, r);
  out->file_information_class = r.U8();
  out->flags = r.U8();
  out->file_index = r.U32();
  out->file_id = FileId::Read(r);
  const uint16_t name_offset = r.U16();
  const uint16_t name_length = r.U16();
  out->output_buffer_length = r.U32();
  if (name_length % 2 != 0) r.Fail();
  out->file_name = r.Variable(name_offset, name_length);
  return r.ok();
}

void QueryDirectoryRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kQueryDirectory));
  w.U8(file_information_class);
  w.U8(flags);
  w.U32(file_index);
  file_id.Write(w);
  w.U16(kHeaderBytes + 32);
  w.Checked16(file_name.size());
  w.U32(output_buffer_length);
  WriteRequestVariable(file_name, w);
}

}  // namespace sluice::proto

#include "proto/smb2/change_notify.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool ChangeNotifyRequest::Decode(absl::Span<const uint8_t> message, ChangeNotifyRequest* out) {
  Reader r(message);
  OpenRequest(Command::kChangeNotify, r);
  out->flags = r.U16();
  out->output_buffer_length = r.U32();
  out->file_id = FileId::Read(r);
  out->completion_filter = r.U32();
  return r.ok();
}

void ChangeNotifyRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kChangeNotify));
  w.U16(flags);
  w.U32(output_buffer_length);
  file_id.Write(w);
  w.U32(completion_filter);
  w.U32(0);
}

}  // namespace sluice::proto

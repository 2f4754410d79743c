#include "proto/smb2/write.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool WriteRequest::Decode(absl::Span<const uint8_t> message, WriteRequest* out) {
  Reader r(message);
  OpenRequest(Command::kWrite, r);
  const uint16_t data_offset = r.U16();
  const uint32_t length = r.U32();
  out->offset = r.U64();
  out->file_id = FileId::Read(r);
  out->channel = r.U32();
  out->remaining_bytes = r.U32();
  const uint16_t info_offset = r.U16();
  const uint16_t info_length = r.U16();
  out->flags = r.U32();
  out->write_channel_info = r.Variable(info_offset, info_length);
  out->data = r.Variable(data_offset, length);
  return r.ok();
}

void WriteRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kWrite));
  w.U16(kDataOffset);
  w.Checked32(data.size());
  w.U64(offset);
  file_id.Write(w);
  w.U32(channel);
  w.U32(remaining_bytes);
  w.Checked16(write_channel_info.empty() ? 0 : kDataOffset + data.size());
  w.Checked16(write_channel_info.size());
  w.U32(flags);
  w.Bytes(data);
  w.Bytes(write_channel_info);
  if (data.empty() && write_channel_info.empty()) w.U8(0);
}

bool WriteResponse::Decode(absl::Span<const uint8_t> message, WriteResponse* out) {
  Reader r(message);
  OpenResponse(Command::kWrite, r);
  r.Skip(2);
  out->count = r.U32();
  out->remaining = r.U32();
  return r.ok();
}

void WriteResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kWrite));
  w.U16(0);
  w.U32(count);
  w.U32(remaining);
  w.U16(0);  // channel info: unused
  w.U16(0);
}

}  // namespace sluice::proto

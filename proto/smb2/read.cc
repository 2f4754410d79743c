#include "proto/smb2/read.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool ReadRequest::Decode(absl::Span<const uint8_t> message, ReadRequest* out) {
  Reader r(message);
  OpenRequest(Command::kRead, r);
  out->padding = r.U8();
  out->flags = r.U8();
  out->length = r.U32();
  out->offset = r.U64();
  out->file_id = FileId::Read(r);
  out->minimum_count = r.U32();
  out->channel = r.U32();
  out->remaining_bytes = r.U32();
  const uint16_t info_offset = r.U16();
  const uint16_t info_length = r.U16();
  out->read_channel_info = r.Variable(info_offset, info_length);
  return r.ok();
}

void ReadRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kRead));
  w.U8(padding);
  w.U8(flags);
  w.U32(length);
  w.U64(offset);
  file_id.Write(w);
  w.U32(minimum_count);
  w.U32(channel);
  w.U32(remaining_bytes);
  w.U16(read_channel_info.empty() ? 0 : kHeaderBytes + 48);
  w.Checked16(read_channel_info.size());
  WriteRequestVariable(read_channel_info, w);
}

bool ReadResponse::Decode(absl::Span<const uint8_t> message, ReadResponse* out) {
  Reader r(message);
  OpenResponse(Command::kRead, r);
  const uint8_t data_offset = r.U8();
  r.Skip(1);
  out->data_length = r.U32();
  out->data_remaining = r.U32();
  out->flags = r.U32();
  out->data = r.Variable(data_offset, out->data_length);
  return r.ok();
}

void ReadResponse::Encode(Writer& writer) const {
  Writer w = writer.Fixed(kDataOffset - kHeaderBytes);
  w.U16(ResponseStructureSize(Command::kRead));
  w.U8(kDataOffset);
  w.U8(0);
  w.U32(data_length);
  w.U32(data_remaining);
  w.U32(flags);
}

}  // namespace sluice::proto

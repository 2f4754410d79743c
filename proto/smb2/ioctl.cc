#include "proto/smb2/ioctl.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

// The output follows the input at the next multiple of 8.
constexpr size_t Aligned(size_t offset) { return (offset + 7) & ~size_t{7}; }

}  // namespace

bool IoctlRequest::Decode(absl::Span<const uint8_t> message, IoctlRequest* out) {
  Reader r(message);
  OpenRequest(Command::kIoctl, r);
  r.Skip(2);
  out->ctl_code = r.U32();
  out->file_id = FileId::Read(r);
  const uint32_t input_offset = r.U32();
  const uint32_t input_count = r.U32();
  out->max_input_response = r.U32();
  const uint32_t output_offset = r.U32();
  const uint32_t output_count = r.U32();
  out->max_output_response = r.U32();
  out->flags = r.U32();
  r.Skip(4);
  out->input = r.Variable(input_offset, input_count);
  out->output = r.Variable(output_offset, output_count);
  return r.ok();
}

void IoctlRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kIoctl));
  constexpr size_t kInputOffset = kHeaderBytes + 56;
  w.U16(0);
  w.U32(ctl_code);
  file_id.Write(w);
  w.U32(kInputOffset);
  w.Checked32(input.size());
  w.U32(max_input_response);
  w.Checked32(output.empty() ? 0 : Aligned(kInputOffset + input.size()));
  w.Checked32(output.size());
  w.U32(max_output_response);
  w.U32(flags);
  w.U32(0);
  WriteRequestVariable(input, w);
  if (!output.empty()) {
    w.AlignTo(8);
    w.Bytes(output);
  }
}

bool IoctlResponse::Decode(absl::Span<const uint8_t> message, IoctlResponse* out) {
  Reader r(message);
  OpenResponse(Command::kIoctl, r);
  r.Skip(2);
  out->ctl_code = r.U32();
  out->file_id = FileId::Read(r);
  const uint32_t input_offset = r.U32();
  const uint32_t input_count = r.U32();
  const uint32_t output_offset = r.U32();
  const uint32_t output_count = r.U32();
  out->flags = r.U32();
  r.Skip(4);
  out->input = r.Variable(input_offset, input_count);
  out->output = r.Variable(output_offset, output_count);
  return r.ok();
}

void IoctlResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kIoctl));
  const size_t output_offset = Aligned(kOutputOffset + input.size());
  w.U16(0);
  w.U32(ctl_code);
  file_id.Write(w);
  w.U32(kOutputOffset);
  w.Checked32(input.size());
  w.Checked32(output_offset);
  w.Checked32(output.size());
  w.U32(flags);
  w.U32(0);
  w.Bytes(input);
  if (!output.empty()) {
    w.AlignTo(8);
    w.Bytes(output);
  }
}

}  // namespace sluice::proto

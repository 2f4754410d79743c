#include "proto/smb2/output_buffer.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

// The three commands' responses have the same size; the table is asked for one of them.
constexpr Command kAnyOfThree = Command::kQueryInfo;
constexpr size_t kLengthOffset = kHeaderBytes + 4;

}  // namespace

bool OutputBufferResponse::Decode(absl::Span<const uint8_t> message, OutputBufferResponse* out) {
  Reader r(message);
  OpenResponse(kAnyOfThree, r);
  const uint16_t offset = r.U16();
  const uint32_t length = r.U32();
  out->output = r.Variable(offset, length);
  return r.ok();
}

void OutputBufferResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(kAnyOfThree));
  w.U16(kOutputOffset);
  w.Checked32(output.size());
  w.Bytes(output);
}

void OutputBufferResponse::Begin(Writer& w) { OutputBufferResponse().Encode(w); }

void OutputBufferResponse::End(Writer& w) {
  w.PatchU32(kLengthOffset, static_cast<uint32_t>(w.size() - kOutputOffset));
}

}  // namespace sluice::proto

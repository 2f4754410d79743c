#include "proto/fscc/file_ranges.h"

#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

// Offsets are signed on the wire.
constexpr uint64_t kOffsetMax = INT64_MAX;

}  // namespace

bool FileZeroData::Decode(absl::Span<const uint8_t> input, FileZeroData* out) {
  Reader reader(input);
  out->offset = reader.U64();
  out->beyond_final_zero = reader.U64();
  return reader.ok() && out->beyond_final_zero <= kOffsetMax &&
         out->offset <= out->beyond_final_zero;
}

void FileZeroData::Encode(Writer& w) const {
  w.U64(offset);
  w.U64(beyond_final_zero);
}

bool FileAllocatedRange::Decode(absl::Span<const uint8_t> input, FileAllocatedRange* out) {
  Reader reader(input);
  out->offset = reader.U64();
  out->length = reader.U64();
  return reader.ok() && out->offset <= kOffsetMax && out->length <= kOffsetMax - out->offset;
}

void FileAllocatedRange::Encode(Writer& w) const {
  w.U64(offset);
  w.U64(length);
}

}  // namespace sluice::proto

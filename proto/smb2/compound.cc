#include "proto/smb2/compound.h"

#include "proto/smb2/structure_size.h"

namespace sluice::proto {
namespace {

constexpr size_t kSmallestMessageBytes = kHeaderBytes + kSmallestBodyBytes;

}  // namespace

CompoundReader::Result CompoundReader::Next(CompoundPart* part) {
  if (state_ != Result::kPart) return state_;
  const absl::Span<const uint8_t> rest = frame_.subspan(next_);
  state_ = Result::kMalformed;
  if (parts_left_ == 0) return Malformed("there are too many commands in the frame");
  if (rest.size() < kSmallestMessageBytes || !Header::Decode(rest, &part->header)) {
    return Malformed("what should be an SMB2 header is none ([MS-SMB2] 2.2.1)");
  }
  part->offset = next_;
  const size_t next = part->header.next_command;
  if (next == 0) {
    part->length = rest.size();
    state_ = Result::kEnd;
    return Result::kPart;
  }
  if (next % 8 != 0 || next < kSmallestMessageBytes || next > rest.size() ||
      rest.size() - next < kSmallestMessageBytes) {
    return Malformed("NextCommand leads to no 8-aligned command ([MS-SMB2] 3.3.5.2.7)");
  }
  part->length = next;
  next_ += next;
  --parts_left_;
  state_ = Result::kPart;
  return state_;
}

}  // namespace sluice::proto

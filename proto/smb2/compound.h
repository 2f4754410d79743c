// Cutting a frame into its commands [MS-SMB2] 3.3.5.2.7.
#ifndef SLUICE_PROTO_SMB2_COMPOUND_H_
#define SLUICE_PROTO_SMB2_COMPOUND_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/smb2/header.h"

namespace sluice::proto {

// A command of a chain: frame[offset, offset + length). All but the last include the padding that
// aligns the next one.
struct CompoundPart {
  size_t offset = 0;
  size_t length = 0;
  Header header;
};

// Walks a chain. Each NextCommand is 8-aligned, lies in the frame and leaves room for a header and
// the smallest body on both sides. Allocates nothing; the frame outlives it.
class CompoundReader {
 public:
  enum class Result : uint8_t { kPart, kEnd, kMalformed };

  // A chain of more than `parts_max` commands is malformed.
  CompoundReader(absl::Span<const uint8_t> frame, size_t parts_max)
      : frame_(frame), parts_left_(parts_max) {}

  // kEnd after the last command. Once malformed it stays so.
  Result Next(CompoundPart* part);
  // Once malformed: the rule that was violated, for people.
  absl::string_view problem() const { return problem_; }

 private:
  Result Malformed(absl::string_view problem) {
    problem_ = problem;
    return state_;
  }

  absl::Span<const uint8_t> frame_;
  size_t parts_left_;
  size_t next_ = 0;
  Result state_ = Result::kPart;
  absl::string_view problem_;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_COMPOUND_H_

// Ranges of a file's bytes: FSCTL_SET_ZERO_DATA and FSCTL_QUERY_ALLOCATED_RANGES [MS-FSCC] 2.3.
#ifndef SLUICE_PROTO_FSCC_FILE_RANGES_H_
#define SLUICE_PROTO_FSCC_FILE_RANGES_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

// FILE_ZERO_DATA_INFORMATION.
struct FileZeroData {
  static constexpr size_t kBytes = 16;
  uint64_t offset = 0;
  uint64_t beyond_final_zero = 0;

  // False where it is too short, a number is negative or the range ends before it begins. What lies
  // behind is ignored.
  static bool Decode(absl::Span<const uint8_t> input, FileZeroData* out);
  void Encode(Writer& w) const;
};

// FILE_ALLOCATED_RANGE_BUFFER: the request, and each element of the answer.
struct FileAllocatedRange {
  static constexpr size_t kBytes = 16;
  uint64_t offset = 0;
  uint64_t length = 0;

  // False where it is too short, a number is negative or the end is beyond 2^63 - 1. What lies
  // behind is ignored.
  static bool Decode(absl::Span<const uint8_t> input, FileAllocatedRange* out);
  void Encode(Writer& w) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_FILE_RANGES_H_

// What the limit servers know of SMB: at which offsets of a request its command, length and offset
// are, and what a response looks like that a client takes for one. Frames have the sizes of SMB's;
// nothing is checked, signed, opened or looked up.
#ifndef SLUICE_BENCHMARKS_LOAD_LIMITS_FRAMES_H_
#define SLUICE_BENCHMARKS_LOAD_LIMITS_FRAMES_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace sluice::bench {

struct LimitRequest {
  enum class Command : uint16_t { kRead = 8, kWrite = 9, kEcho = 13 };
  Command command = Command::kEcho;
  uint64_t message_id = 0;
  uint64_t offset = 0;
  uint32_t length = 0;
  absl::Span<const uint8_t> data;  // of a write; a view into the frame

  // From the message behind its 4-byte header. False for what the servers do not know.
  static bool Decode(absl::Span<const uint8_t> message, LimitRequest* out);
};

// A response's 4-byte header, SMB2 header and fixed body; the data of a read follows.
inline constexpr size_t kLimitReadHeadBytes = 4 + 64 + 16;
inline constexpr size_t kLimitWriteBytes = 4 + 64 + 16;
inline constexpr size_t kLimitEchoBytes = 4 + 64 + 4;
// Of all of them, without a read's data.
size_t LimitHeadBytes(LimitRequest::Command command);
// Writes LimitHeadBytes() to `out`. `length` of data was read, or written.
void EncodeLimitHead(const LimitRequest& request, uint32_t length, uint8_t* out);

// The largest block of a READ or WRITE, and the largest frame with it.
inline constexpr size_t kLimitBlockBytesMax = size_t{1} << 20;
inline constexpr size_t kLimitFrameBytesMax = kLimitBlockBytesMax + 4096;

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_LIMITS_FRAMES_H_

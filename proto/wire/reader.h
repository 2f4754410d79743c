// The cursor that every decoder reads with: bounds-checked, little endian, with a sticky error.
#ifndef SLUICE_PROTO_WIRE_READER_H_
#define SLUICE_PROTO_WIRE_READER_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "proto/wire/little_endian.h"

namespace sluice::proto {

// Reads from a buffer that outlives it. After the first access beyond the end every getter gives 0
// or an empty span, so a decoder reads straight through and checks ok() once. Spans that it gives
// are views into the buffer. Allocates nothing.
class Reader {
 public:
  explicit Reader(absl::Span<const uint8_t> buffer) : buffer_(buffer) {}

  uint8_t U8() { return Integer<uint8_t>(); }
  uint16_t U16() { return Integer<uint16_t>(); }
  uint32_t U32() { return Integer<uint32_t>(); }
  uint64_t U64() { return Integer<uint64_t>(); }

  absl::Span<const uint8_t> Bytes(size_t n) {
    if (!Has(n)) return {};
    const absl::Span<const uint8_t> bytes = buffer_.subspan(offset_, n);
    offset_ += n;
    return bytes;
  }

  template <size_t N>
  std::array<uint8_t, N> Array() {
    std::array<uint8_t, N> array{};
    const absl::Span<const uint8_t> bytes = Bytes(N);
    std::copy(bytes.begin(), bytes.end(), array.begin());
    return array;
  }

  // Everything up to the end.
  absl::Span<const uint8_t> Rest() { return Bytes(remaining()); }

  void Skip(size_t n) {
    if (Has(n)) offset_ += n;
  }

  // To an offset from the buffer's start, forwards or backwards.
  void Seek(size_t offset) {
    if (!ok_ || offset > buffer_.size()) {
      Fail();
      return;
    }
    offset_ = offset;
  }

  // To the next multiple of `alignment`, counted from the buffer's start.
  void AlignTo(size_t alignment) {
    const size_t over = offset_ % alignment;
    if (over != 0) Skip(alignment - over);
  }

  // Part of the whole buffer, without moving.
  absl::Span<const uint8_t> Sub(size_t offset, size_t length) {
    if (!ok_ || offset > buffer_.size() || length > buffer_.size() - offset) {
      Fail();
      return {};
    }
    return buffer_.subspan(offset, length);
  }

  // A variable part that a message announces by its offset from the buffer's start and its length,
  // called when the fixed part has been read: fails if the variable part begins before the current
  // position or ends beyond the buffer. With length 0 the offset means nothing, since clients leave
  // anything there. Does not move.
  absl::Span<const uint8_t> Variable(size_t offset, size_t length) {
    if (length == 0) return {};
    if (offset < offset_) {
      Fail();
      return {};
    }
    return Sub(offset, length);
  }

  size_t remaining() const { return ok_ ? buffer_.size() - offset_ : 0; }
  size_t offset() const { return offset_; }
  size_t size() const { return buffer_.size(); }
  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }

 private:
  bool Has(size_t n) {
    if (n > remaining()) ok_ = false;
    return ok_;
  }

  template <typename T>
  T Integer() {
    if (!Has(sizeof(T))) return 0;
    const T value = LoadLittleEndian<T>(buffer_.data() + offset_);
    offset_ += sizeof(T);
    return value;
  }

  absl::Span<const uint8_t> buffer_;
  size_t offset_ = 0;
  bool ok_ = true;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_WIRE_READER_H_

// The cursor that every encoder writes with: little endian, into a fixed buffer, with a sticky
// overflow.
#ifndef SLUICE_PROTO_WIRE_WRITER_H_
#define SLUICE_PROTO_WIRE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "absl/types/span.h"
#include "proto/wire/little_endian.h"

namespace sluice::proto {

// Writes from the start of a buffer that outlives it. What does not fit is not written at all and
// ok() becomes false for good; size() then stays where it was. Allocates nothing.
class Writer {
 public:
  explicit Writer(absl::Span<uint8_t> buffer) : buffer_(buffer) {}

  void U8(uint8_t value) { Integer(value); }
  void U16(uint16_t value) { Integer(value); }
  void U32(uint32_t value) { Integer(value); }
  void U64(uint64_t value) { Integer(value); }

  // A length or an offset of ours in a field that may be too narrow for it: then it is an overflow.
  void Checked16(size_t value) {
    if (value > UINT16_MAX) Fail();
    U16(static_cast<uint16_t>(value));
  }
  void Checked32(size_t value) {
    if (value > UINT32_MAX) Fail();
    U32(static_cast<uint32_t>(value));
  }

  // `bytes` may overlap the buffer.
  void Bytes(absl::Span<const uint8_t> bytes) {
    if (!Has(bytes.size()) || bytes.empty()) return;
    std::memmove(buffer_.data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }

  void Zeros(size_t n) {
    if (!Has(n) || n == 0) return;
    std::memset(buffer_.data() + size_, 0, n);
    size_ += n;
  }

  // Zeros up to the next multiple of `alignment`, counted from the buffer's start.
  void AlignTo(size_t alignment) {
    const size_t over = size_ % alignment;
    if (over != 0) Zeros(alignment - over);
  }

  // The next `n` bytes, zeroed, for the caller to fill; empty on overflow.
  absl::Span<uint8_t> Reserve(size_t n) {
    const size_t start = size_;
    Zeros(n);
    return ok_ ? buffer_.subspan(start, n) : absl::Span<uint8_t>();
  }

  // The same without zeroing, for bulk data that the caller has written or will write through
  // free().
  void Advance(size_t n) {
    if (Has(n)) size_ += n;
  }

  // The next `n` bytes for a structure of fixed size to be written to by a writer of its own: one
  // check of the room instead of one for each field. The result is full on overflow.
  Writer Fixed(size_t n) {
    const size_t start = size_;
    Advance(n);
    return ok_ ? Writer({buffer_.data() + start, n}) : Writer({});
  }

  // Overwrites what was written at `offset`; fails if nothing was.
  void PatchU16(size_t offset, uint16_t value) { Patch(offset, value); }
  void PatchU32(size_t offset, uint32_t value) { Patch(offset, value); }

  // Back to an earlier size(), undoing an overflow that came after it: for lists whose last element
  // may not fit.
  void Rewind(size_t size) {
    if (size > size_) {
      Fail();
      return;
    }
    size_ = size;
    ok_ = true;
  }

  size_t size() const { return size_; }
  size_t room() const { return buffer_.size() - size_; }
  // The written and the unwritten part of the buffer.
  absl::Span<uint8_t> written() const { return buffer_.subspan(0, size_); }
  absl::Span<uint8_t> free() const { return buffer_.subspan(size_); }
  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }

 private:
  bool Has(size_t n) {
    if (n > buffer_.size() - size_) ok_ = false;
    return ok_;
  }

  template <typename T>
  void Integer(T value) {
    if (!Has(sizeof(T))) return;
    StoreLittleEndian(value, buffer_.data() + size_);
    size_ += sizeof(T);
  }

  template <typename T>
  void Patch(size_t offset, T value) {
    if (!ok_) return;
    if (offset > size_ || sizeof(T) > size_ - offset) {
      Fail();
      return;
    }
    StoreLittleEndian(value, buffer_.data() + offset);
  }

  absl::Span<uint8_t> buffer_;
  size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_WIRE_WRITER_H_

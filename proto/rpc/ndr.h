// The little NDR (transfer syntax 2.0, little-endian) that the interfaces here need: aligned
// integers, unique pointers and conformant varying strings. C706 14.2 and 14.3.
#ifndef SLUICE_PROTO_RPC_NDR_H_
#define SLUICE_PROTO_RPC_NDR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/wire/reader.h"

namespace sluice::proto::rpc {

// Sticky, like Reader. Integers are aligned to their size from the stub's start.
class NdrReader {
 public:
  explicit NdrReader(absl::Span<const uint8_t> stub) : reader_(stub) {}

  uint16_t U16();
  uint32_t U32();
  // A referent id; false for a null pointer. The referent comes later, after the structure.
  bool Pointer() { return U32() != 0; }
  // A [string] wchar_t: maximum count, offset (0), actual count with the NUL, UTF-16LE. UTF-8.
  std::string String();
  // A unique pointer to a string whose referent follows at once, as in a call's parameters.
  std::optional<std::string> UniqueString();
  absl::Span<const uint8_t> Bytes(size_t n) { return reader_.Bytes(n); }

  bool ok() const { return reader_.ok(); }
  size_t remaining() const { return reader_.remaining(); }
  void Fail() { reader_.Fail(); }

 private:
  Reader reader_;
};

// Grows; what it is given is our own and of bounded size.
class NdrWriter {
 public:
  void U16(uint16_t value);
  void U32(uint32_t value);
  // A referent id, different for each pointer; 0 for a null pointer.
  void Pointer(bool present);
  // The referent of a pointer to a string. Invalid UTF-8 is written as an empty string.
  void String(absl::string_view utf8);
  void UniqueString(const std::optional<absl::string_view>& utf8);
  // A conformant byte array: its size, then the bytes.
  void ByteArray(absl::Span<const uint8_t> bytes);

  size_t size() const { return bytes_.size(); }
  std::vector<uint8_t> Take() { return std::move(bytes_); }

 private:
  void AlignTo(size_t alignment);

  std::vector<uint8_t> bytes_;
  uint32_t next_referent_ = 0x00020000;
};

}  // namespace sluice::proto::rpc

#endif  // SLUICE_PROTO_RPC_NDR_H_

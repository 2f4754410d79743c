#include "proto/rpc/ndr.h"

#include <algorithm>

#include "proto/wire/utf16.h"

namespace sluice::proto::rpc {

uint16_t NdrReader::U16() {
  reader_.AlignTo(2);
  return reader_.U16();
}

uint32_t NdrReader::U32() {
  reader_.AlignTo(4);
  return reader_.U32();
}

std::string NdrReader::String() {
  const uint32_t count_max = U32();
  const uint32_t offset = U32();
  const uint32_t count = U32();
  // Divided, since count * 2 may overflow.
  if (offset != 0 || count > count_max || count > reader_.remaining() / 2) {
    Fail();
    return {};
  }
  const absl::Span<const uint8_t> text = reader_.Bytes(size_t{count} * 2);
  std::string utf8;
  if (!Utf16ToUtf8(text, &utf8)) Fail();
  // Up to the NUL; some clients leave it out.
  utf8.resize(std::min(utf8.size(), utf8.find('\0')));
  return utf8;
}

std::optional<std::string> NdrReader::UniqueString() {
  if (!Pointer()) return std::nullopt;
  return String();
}

void NdrWriter::AlignTo(size_t alignment) {
  bytes_.resize((bytes_.size() + alignment - 1) / alignment * alignment);
}

void NdrWriter::U16(uint16_t value) {
  AlignTo(2);
  bytes_.insert(bytes_.end(), {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8)});
}

void NdrWriter::U32(uint32_t value) {
  AlignTo(4);
  bytes_.insert(bytes_.end(),
                {static_cast<uint8_t>(value), static_cast<uint8_t>(value >> 8),
                 static_cast<uint8_t>(value >> 16), static_cast<uint8_t>(value >> 24)});
}

void NdrWriter::Pointer(bool present) {
  if (!present) {
    U32(0);
    return;
  }
  U32(next_referent_);
  next_referent_ += 4;
}

void NdrWriter::String(absl::string_view utf8) {
  std::vector<uint8_t> text;
  if (!Utf8ToUtf16(utf8, &text)) text.clear();
  text.insert(text.end(), {0, 0});
  const uint32_t count = static_cast<uint32_t>(text.size() / 2);
  U32(count);
  U32(0);
  U32(count);
  bytes_.insert(bytes_.end(), text.begin(), text.end());
}

void NdrWriter::UniqueString(const std::optional<absl::string_view>& utf8) {
  Pointer(utf8.has_value());
  if (utf8.has_value()) String(*utf8);
}

void NdrWriter::ByteArray(absl::Span<const uint8_t> bytes) {
  U32(static_cast<uint32_t>(bytes.size()));
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

}  // namespace sluice::proto::rpc

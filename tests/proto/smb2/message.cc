#include "tests/proto/smb2/message.h"

#include "proto/wire/utf16.h"

namespace sluice::proto {
namespace {

int Digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Bytes FromHex(absl::string_view hex) {
  Bytes bytes;
  int high = -1;
  for (const char c : hex) {
    const int digit = Digit(c);
    if (digit < 0) continue;
    if (high < 0) {
      high = digit;
    } else {
      bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
      high = -1;
    }
  }
  EXPECT_EQ(high, -1) << "odd number of digits";
  return bytes;
}

std::string ToHex(absl::Span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint8_t byte : bytes) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 0xF]);
  }
  return hex;
}

std::string Hex(absl::string_view hex) { return ToHex(FromHex(hex)); }

Bytes FromUtf8(absl::string_view text) {
  Bytes utf16;
  EXPECT_TRUE(Utf8ToUtf16(text, &utf16));
  return utf16;
}

Bytes MessageOf(const Bytes& body) {
  Bytes message(kHeaderBytes);
  Writer w(absl::MakeSpan(message));
  Header().Encode(w);
  message.insert(message.end(), body.begin(), body.end());
  return message;
}

Bytes MessageFromHex(absl::string_view body) { return MessageOf(FromHex(body)); }

void Put8(size_t offset, uint8_t value, Bytes* message) { message->at(offset) = value; }

void Put16(size_t offset, uint16_t value, Bytes* message) {
  Put8(offset, static_cast<uint8_t>(value), message);
  Put8(offset + 1, static_cast<uint8_t>(value >> 8), message);
}

void Put32(size_t offset, uint32_t value, Bytes* message) {
  Put16(offset, static_cast<uint16_t>(value), message);
  Put16(offset + 2, static_cast<uint16_t>(value >> 16), message);
}

}  // namespace sluice::proto

#include "proto/wire/utf16.h"

namespace sluice::proto {
namespace {

constexpr bool IsHighSurrogate(char32_t c) { return c >= 0xD800 && c <= 0xDBFF; }
constexpr bool IsLowSurrogate(char32_t c) { return c >= 0xDC00 && c <= 0xDFFF; }

// Calls put(uint16_t unit) for each UTF-16 code unit; false for invalid UTF-8.
template <typename Put>
bool ForEachUnit(absl::string_view utf8, Put put) {
  bool after_high = false;
  while (!utf8.empty()) {
    char32_t c = static_cast<uint8_t>(utf8[0]);
    if (c < 0x80) {  // nearly always
      put(static_cast<uint16_t>(c));
      after_high = false;
      utf8.remove_prefix(1);
      continue;
    }
    if (!TakeCodePoint(&utf8, &c)) return false;
    // Two surrogates that make a pair would come back as one character.
    if (after_high && IsLowSurrogate(c)) return false;
    after_high = IsHighSurrogate(c);
    if (c < 0x10000) {
      put(static_cast<uint16_t>(c));
    } else {
      put(static_cast<uint16_t>(0xD800 + ((c - 0x10000) >> 10)));
      put(static_cast<uint16_t>(0xDC00 + ((c - 0x10000) & 0x3FF)));
    }
  }
  return true;
}

}  // namespace

bool TakeCodePoint(absl::string_view* utf8, char32_t* code_point) {
  if (utf8->empty()) return false;
  const auto byte = [&](size_t i) { return static_cast<uint8_t>((*utf8)[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) {
    *code_point = first;
    utf8->remove_prefix(1);
    return true;
  }
  size_t length = 0;
  char32_t value = 0;
  char32_t minimum = 0;
  if ((first & 0xE0) == 0xC0) {
    length = 2, value = first & 0x1F, minimum = 0x80;
  } else if ((first & 0xF0) == 0xE0) {
    length = 3, value = first & 0x0F, minimum = 0x800;
  } else if ((first & 0xF8) == 0xF0) {
    length = 4, value = first & 0x07, minimum = 0x10000;
  } else {
    return false;
  }
  if (utf8->size() < length) return false;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return false;
    value = value << 6 | (byte(i) & 0x3F);
  }
  if (value < minimum || value > 0x10FFFF) return false;
  *code_point = value;
  utf8->remove_prefix(length);
  return true;
}

void AppendCodePoint(char32_t code_point, std::string* utf8) {
  const auto put = [&](char32_t byte) { utf8->push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

bool Utf16ToUtf8(absl::Span<const uint8_t> utf16, std::string* utf8) {
  utf8->clear();
  if (utf16.size() % 2 != 0) return false;
  utf8->reserve(utf16.size() / 2);
  const auto unit = [&](size_t i) -> char32_t {
    return static_cast<char32_t>(utf16[i]) | static_cast<char32_t>(utf16[i + 1]) << 8;
  };
  for (size_t i = 0; i < utf16.size(); i += 2) {
    char32_t c = unit(i);
    if (IsHighSurrogate(c) && i + 2 < utf16.size() && IsLowSurrogate(unit(i + 2))) {
      c = 0x10000 + ((c - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    }
    AppendCodePoint(c, utf8);
  }
  return true;
}

bool Utf8ToUtf16(absl::string_view utf8, std::vector<uint8_t>* utf16) {
  utf16->clear();
  utf16->reserve(utf8.size() * 2);
  return ForEachUnit(utf8, [&](uint16_t unit) {
    utf16->push_back(static_cast<uint8_t>(unit));
    utf16->push_back(static_cast<uint8_t>(unit >> 8));
  });
}

bool WriteUtf16(absl::string_view utf8, Writer& writer) {
  return ForEachUnit(utf8, [&](uint16_t unit) { writer.U16(unit); }) && writer.ok();
}

size_t Utf16Bytes(absl::string_view utf8) {
  size_t bytes = 0;
  ForEachUnit(utf8, [&](uint16_t) { bytes += 2; });
  return bytes;
}

}  // namespace sluice::proto

#include "server/base/printable.h"

#include <utf8proc.h>

#include <algorithm>

#include "absl/strings/str_format.h"

namespace sluice::base {
namespace {

constexpr int32_t kNotUtf8 = -1;

// Takes one character off the front, or one byte of what is not UTF-8.
int32_t Take(absl::string_view* text) {
  utf8proc_int32_t c = 0;
  const utf8proc_ssize_t bytes =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text->data()),
                       static_cast<utf8proc_ssize_t>(text->size()), &c);
  text->remove_prefix(bytes > 0 ? static_cast<size_t>(bytes) : 1);
  return bytes > 0 ? c : kNotUtf8;
}

}  // namespace

bool IsControl(uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

std::string Printable(absl::string_view text, absl::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const absl::string_view before = text;
    const int32_t c = Take(&text);
    const absl::string_view bytes = before.substr(0, before.size() - text.size());
    if (c == kNotUtf8) {
      out += "\xEF\xBF\xBD";
    } else if (IsControl(static_cast<uint32_t>(c)) &&
               (c >= 0x80 || kept.find(static_cast<char>(c)) == absl::string_view::npos)) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else {
      out.append(bytes.data(), bytes.size());
    }
  }
  return out;
}

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    if (Take(&text) == kNotUtf8) return false;
  }
  return true;
}

bool IsPrintable(absl::string_view text) {
  while (!text.empty()) {
    const int32_t c = Take(&text);
    if (c == kNotUtf8 || IsControl(static_cast<uint32_t>(c))) return false;
  }
  return true;
}

}  // namespace sluice::base

#include "server/fs/wildcard.h"

#include <array>
#include <cstddef>

#include "proto/wire/utf16.h"
#include "server/base/limits.h"
#include "server/fs/name_rules.h"

namespace sluice::fs {
namespace {

// A longer pattern matches no name: each character of it but '*' needs one of the name, except
// those that match an end or a dot, which nobody needs this often.
constexpr size_t kPatternMax = 2 * limits::component_utf16_units_max;

// As FsRtlIsNameInExpression() calls them.
constexpr char32_t kDosStar = '<';
constexpr char32_t kDosQuestion = '>';
constexpr char32_t kDosDot = '"';

// Names are folded; bytes that are no UTF-8 become characters that no pattern can have.
std::u32string Decode(absl::string_view text) {
  constexpr char32_t kBadByte = 0x110000;
  std::u32string decoded;
  decoded.reserve(text.size());
  while (!text.empty()) {
    char32_t c;
    if (proto::TakeCodePoint(&text, &c)) {
      decoded.push_back(c);
    } else {
      decoded.push_back(kBadByte + static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
    }
  }
  return decoded;
}

// Marks which positions of a pattern the part of the name before some character can have reached.
using Positions = std::array<bool, kPatternMax + 1>;

// Adds the positions that are reached without taking the next character of the name.
void Advance(const std::u32string& pattern, bool at_end, char32_t next, Positions* positions) {
  for (size_t j = 0; j < pattern.size(); ++j) {
    if (!(*positions)[j]) continue;
    const char32_t p = pattern[j];
    const bool skips = p == '*' || p == kDosStar ||
                       (p == kDosQuestion && (at_end || next == '.')) || (p == kDosDot && at_end);
    if (skips) (*positions)[j + 1] = true;
  }
}

// The positions reached by taking a character of the name. `last_dot`: it is the name's last one.
bool Take(const std::u32string& pattern, char32_t c, bool last_dot, const Positions& from,
          Positions* to) {
  bool any = false;
  to->fill(false);
  for (size_t j = 0; j < pattern.size(); ++j) {
    if (!from[j]) continue;
    const char32_t p = pattern[j];
    const bool stays = p == '*' || (p == kDosStar && !last_dot);
    const bool moves =
        p == '?' || (p == kDosQuestion && c != '.') || (p == kDosDot && c == '.') || p == c;
    if (stays) (*to)[j] = true;
    if (moves) (*to)[j + 1] = true;
    any = any || stays || moves;
  }
  return any;
}

}  // namespace

bool HasWildcards(absl::string_view name) {
  return name.find_first_of("*?<>\"") != absl::string_view::npos;
}

Wildcard::Wildcard(absl::string_view pattern) {
  everything_ = pattern.empty() || pattern == "*";
  literal_ = !pattern.empty() && !HasWildcards(pattern);
  for (char32_t c : Decode(FoldName(pattern))) {
    // "**" is "*", so that a pattern's cost is bounded by its characters that matter.
    if (c == '*' && !pattern_.empty() && pattern_.back() == '*') continue;
    pattern_.push_back(c);
  }
}

bool Wildcard::Matches(absl::string_view name) const {
  if (everything_) return true;
  if (pattern_.size() > kPatternMax) return false;
  const std::u32string text = Decode(FoldName(name));
  if (literal_) return text == pattern_;
  const size_t last_dot = text.rfind('.');
  Positions now{};
  Positions next;
  now[0] = true;
  for (size_t i = 0; i < text.size(); ++i) {
    Advance(pattern_, false, text[i], &now);
    if (!Take(pattern_, text[i], i == last_dot, now, &next)) return false;
    now = next;
  }
  Advance(pattern_, true, 0, &now);
  return now[pattern_.size()];
}

}  // namespace sluice::fs

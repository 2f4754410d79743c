#include "server/config/toml_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace sluice::config {
namespace {

std::string Quoted(absl::Span<const absl::string_view> texts) {
  return absl::StrJoin(
      texts, ", ", [](std::string* out, absl::string_view text) { out->append(TomlString(text)); });
}

}  // namespace

std::string TomlString(absl::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      absl::StrAppendFormat(&out, "\\u%04X", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string TomlList(absl::Span<const std::string> texts) {
  const std::vector<absl::string_view> views(texts.begin(), texts.end());
  return absl::StrCat("[", Quoted(views), "]");
}

std::string TomlValue(const PreferenceRow& row, const std::string& text) {
  switch (row.type) {
    case PreferenceType::kBool:
    case PreferenceType::kInteger:
      return text;
    case PreferenceType::kChoice:
      return TomlString(text);
    case PreferenceType::kList:
    case PreferenceType::kTexts: {
      const std::vector<std::string> items = absl::StrSplit(text, ',', absl::SkipEmpty());
      return TomlList(items);
    }
  }
  return text;
}

std::string TomlValidValues(const PreferenceRow& row) {
  constexpr size_t kShown = 2;
  switch (row.type) {
    case PreferenceType::kBool:
    case PreferenceType::kInteger:
      return ValidValues(row);
    case PreferenceType::kChoice:
      return absl::StrCat("one of ", Quoted(row.choices));
    case PreferenceType::kList: {
      const size_t shown = std::min(kShown, row.choices.size());
      return absl::StrCat("a list such as [", Quoted(row.choices.last(shown)), "], of ",
                          absl::StrJoin(row.choices, ", "));
    }
    case PreferenceType::kTexts:
      return "a list of names, such as [\"alice\", \"@staff\"]";
  }
  return "";
}

}  // namespace sluice::config

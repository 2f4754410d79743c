#include "server/config/toml_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "server/config/toml_string.h"

namespace sluice::config {
namespace {

std::string Quoted(absl::Span<const absl::string_view> texts) {
  return absl::StrJoin(
      texts, ", ", [](std::string* out, absl::string_view text) { out->append(TomlString(text)); });
}

}  // namespace

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

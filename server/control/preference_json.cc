#include "server/control/preference_json.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace sluice::control {

using config::PreferenceType;
using nlohmann::json;

json ToJson(const config::PreferenceRow& row, const std::string& text) {
  switch (row.type) {
    case PreferenceType::kBool:
      return text == "true";
    case PreferenceType::kInteger:
      return std::stoull(text);
    case PreferenceType::kChoice:
      return text;
    case PreferenceType::kList:
    case PreferenceType::kTexts: {
      const std::vector<std::string> items = absl::StrSplit(text, ',', absl::SkipEmpty());
      return items;
    }
  }
  return text;
}

std::string ToText(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  return absl::StrJoin(value, ",", [](std::string* out, const json& item) {
    out->append(item.get_ref<const std::string&>());
  });
}

}  // namespace sluice::control

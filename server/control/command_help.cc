#include "server/control/command_help.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::control {

using nlohmann::json;

std::string TypeText(const Parameter& parameter) {
  switch (parameter.type) {
    case Parameter::Type::kString:
      return "string";
    case Parameter::Type::kBool:
      return "boolean";
    case Parameter::Type::kInteger:
      return absl::StrCat("integer from ", parameter.min, " to ", parameter.max);
    case Parameter::Type::kChoice:
      return absl::StrCat("one of ", absl::StrJoin(parameter.choices, ", "));
    case Parameter::Type::kStrings:
      return "list of strings";
    case Parameter::Type::kMap:
      return "object";
  }
  return "";
}

json HelpOf(absl::Span<const CommandRow> rows) {
  json help = json::array();
  for (const CommandRow& row : rows) {
    json parameters = json::array();
    for (const Parameter& parameter : row.parameters) {
      parameters.push_back({{"name", std::string(parameter.name)},
                            {"type", TypeText(parameter)},
                            {"required", parameter.required},
                            {"help", std::string(parameter.help)}});
    }
    help.push_back({{"name", std::string(row.name)},
                    {"help", std::string(row.help)},
                    {"mutates", row.mutates},
                    {"parameters", parameters}});
  }
  return help;
}

}  // namespace sluice::control

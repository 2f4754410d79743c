#include "server/control/command_help.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/config/preferences.h"
#include "server/control/commands.h"
#include "server/control/error_codes.h"

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

namespace {

void AppendCommand(const CommandRow& row, std::string* out) {
  absl::StrAppend(out, "\n### ", row.name, "\n\n", row.help, ".",
                  row.mutates ? " Changes something, and is logged." : "", "\n");
  if (row.parameters.empty()) return;
  absl::StrAppend(out, "\n| parameter | type | |\n| --- | --- | --- |\n");
  for (const Parameter& parameter : row.parameters) {
    absl::StrAppend(out, "| `", parameter.name, "` | ", TypeText(parameter),
                    parameter.required ? "" : ", may be absent", " | ", parameter.help, " |\n");
  }
}

std::string DefaultOf(const config::PreferenceRow& row) {
  Preferences defaults;
  SharePreferences share;
  return row.get({defaults, &share});
}

void AppendPreferences(bool of_share, std::string* out) {
  absl::StrAppend(out,
                  "\n| name | valid | default | applies to | |\n"
                  "| --- | --- | --- | --- | --- |\n");
  for (const config::PreferenceRow& row : config::PreferenceTable()) {
    if (row.of_share != of_share) continue;
    const std::string value = DefaultOf(row);
    absl::StrAppend(out, "| `", row.name, "` | ", config::ValidValues(row), " | ",
                    value.empty() ? "" : absl::StrCat("`", value, "`"), " | ",
                    config::Name(row.applies), " | ", row.help, " |\n");
  }
}

}  // namespace

std::string CommandReference() {
  std::string out = "\n## Errors\n\n| code | |\n| --- | --- |\n";
  for (const ErrorCode& code : ErrorCodes()) {
    absl::StrAppend(&out, "| `", code.name, "` | ", code.meaning, " |\n");
  }
  absl::StrAppend(&out, "\n## Commands\n");
  for (const CommandRow& row : CommandTable()) AppendCommand(row, &out);
  return out;
}

std::string PreferenceReference() {
  std::string out =
      "# Preferences\n\n"
      "What can be changed while the gateway runs: `sluicectl prefs set NAME VALUE`. In the file a "
      "name is a section and a\nkey: `limits.credits` is `credits` in `[limits]`.\n";
  AppendPreferences(false, &out);
  absl::StrAppend(&out,
                  "\n## Of a share\n\nIn its `[[share]]` of the file; at run time as "
                  "`share.NAME.key`.\n");
  AppendPreferences(true, &out);
  return out;
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

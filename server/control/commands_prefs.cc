// Preferences: what they are, where their values come from, and how to change them.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "server/config/nearest.h"
#include "server/config/preferences.h"
#include "server/control/command.h"
#include "server/control/preference_effects.h"
#include "server/control/preference_json.h"
#include "server/control/warnings.h"

namespace sluice::control {
namespace {

using nlohmann::json;

std::string Text(absl::string_view view) { return std::string(view); }

json Shown(const config::PreferenceView& view) {
  const config::PreferenceRow& row = *view.key.row;
  json shown = {{"name", view.key.name()},
                {"value", ToJson(row, view.value)},
                {"default", ToJson(row, view.default_value)},
                {"configured", ToJson(row, view.configured_value)},
                {"source", Text(config::Name(view.source))},
                {"type", Text(config::Name(row.type))},
                {"valid", config::ValidValues(row)},
                {"unit", Text(row.unit)},
                {"applies", Text(config::Name(row.applies))},
                {"help", Text(row.help)}};
  if (row.type == config::PreferenceType::kInteger) {
    shown["min"] = row.min;
    shown["max"] = row.max;
  }
  return shown;
}

// NOT_FOUND with the nearest name: all of them are too many for a line.
absl::Status CheckName(const Call& call, const std::string& name) {
  const auto preferences = call.context.gateway.preferences().Get();
  if (config::FindPreference(*preferences, name).ok()) return absl::OkStatus();
  std::vector<std::string> names;
  for (const config::PreferenceKey& key : config::AllPreferences(*preferences)) {
    names.push_back(key.name());
  }
  const std::string nearest =
      config::Nearest(name, std::vector<absl::string_view>(names.begin(), names.end()));
  return absl::NotFoundError(
      absl::StrCat("there is no preference \"", name, "\"; ",
                   nearest.empty() ? "" : absl::StrCat("did you mean \"", nearest, "\"? "),
                   "`sluicectl prefs list` shows them"));
}

template <typename Wanted>
json ListOf(const Call& call, Wanted wanted) {
  json rows = json::array();
  for (const config::PreferenceView& view : call.context.configuration.List()) {
    if (wanted(view)) rows.push_back(Shown(view));
  }
  return rows;
}

json Shown(const ControlContext& context, const config::ChangeResult& result) {
  json changed = json::array();
  for (const config::PreferenceChange& change : result.changed) {
    changed.push_back({{"name", change.key.name()},
                       {"before", ToJson(*change.key.row, change.before)},
                       {"after", ToJson(*change.key.row, change.after)},
                       {"applies", Text(config::Name(change.key.row->applies))}});
  }
  return {{"changed", changed}, {"affects", EffectsOf(context.gateway, result)}};
}

absl::StatusOr<json> PrefsList(const Call& call) {
  return ListOf(call, [](const config::PreferenceView&) { return true; });
}

absl::StatusOr<json> PrefsGet(const Call& call) {
  const auto& name = call.params.at("name").get_ref<const std::string&>();
  const absl::Status status = CheckName(call, name);
  if (!status.ok()) return status;
  const auto preferences = call.context.gateway.preferences().Get();
  const absl::StatusOr<config::PreferenceKey> key = config::FindPreference(*preferences, name);
  if (!key.ok()) return key.status();
  const json rows = ListOf(call, [name = key->name()](const config::PreferenceView& view) {
    return view.key.name() == name;
  });
  if (rows.empty()) {  // a reload has removed its share meanwhile
    return absl::NotFoundError(absl::StrCat("there is no preference \"", name, "\" any more"));
  }
  return rows[0];
}

absl::StatusOr<json> PrefsDiff(const Call& call) {
  return ListOf(call, [](const config::PreferenceView& view) {
    return view.source == config::Source::kRuntime || view.value != view.default_value;
  });
}

absl::StatusOr<json> PrefsSet(const Call& call) {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : call.params.at("values").items()) {
    const absl::Status status = CheckName(call, name);
    if (!status.ok()) return status;
    values[name] = ToText(value);
  }
  const absl::StatusOr<config::ChangeResult> result =
      call.context.configuration.Set(values, call.params.value("dry_run", false));
  if (!result.ok()) return result.status();
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  json shown = Shown(call.context, *result);
  AddWarnings(ListWarnings(call.context, result->after, names), &shown);
  return shown;
}

absl::StatusOr<json> PrefsReset(const Call& call) {
  const std::vector<std::string> names = call.params.value("names", std::vector<std::string>());
  for (const std::string& name : names) {
    const absl::Status status = CheckName(call, name);
    if (!status.ok()) return status;
  }
  const absl::StatusOr<config::ChangeResult> result =
      call.context.configuration.Reset(names, call.params.value("dry_run", false));
  if (!result.ok()) return result.status();
  return Shown(call.context, *result);
}

constexpr Parameter kDryRun = {.name = "dry_run",
                               .type = Parameter::Type::kBool,
                               .required = false,
                               .help = "change nothing, say what would happen"};
constexpr Parameter kGetParameters[] = {
    {.name = "name", .help = "the preference, such as signing.required or share.NAME.read_only"}};
constexpr Parameter kSetParameters[] = {
    {.name = "values",
     .type = Parameter::Type::kMap,
     .help = "names and values; all are set or, on an error, none"},
    kDryRun};
constexpr Parameter kResetParameters[] = {{.name = "names",
                                           .type = Parameter::Type::kStrings,
                                           .required = false,
                                           .help = "the preferences; all if absent"},
                                          kDryRun};

constexpr CommandRow kRows[] = {
    {.name = "prefs.list",
     .help = "all preferences with value, default, source, valid values and help",
     .handler = &PrefsList},
    {.name = "prefs.get",
     .help = "one preference",
     .parameters = kGetParameters,
     .handler = &PrefsGet},
    {.name = "prefs.diff",
     .help = "the preferences that are not at their default, or were set at run time",
     .handler = &PrefsDiff},
    {.name = "prefs.set",
     .help = "sets preferences, all or none; they survive a restart",
     .parameters = kSetParameters,
     .mutates = true,
     .handler = &PrefsSet},
    {.name = "prefs.reset",
     .help = "takes back what was set at run time; the file's values or the defaults hold again",
     .parameters = kResetParameters,
     .mutates = true,
     .handler = &PrefsReset},
};

}  // namespace

absl::Span<const CommandRow> PreferenceCommands() { return kRows; }

}  // namespace sluice::control

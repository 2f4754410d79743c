#include "server/control/commands.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "proto/smb2/negotiate.h"
#include "server/config/nearest.h"
#include "server/config/preferences.h"

namespace sluice::control {
namespace {

using nlohmann::json;

std::string Text(absl::string_view view) { return std::string(view); }

absl::StatusOr<json> Help(const ControlContext&, const json&) {
  json rows = json::array();
  for (const CommandRow& row : CommandTable()) {
    json parameters = json::array();
    for (const Parameter& parameter : row.parameters) {
      parameters.push_back(
          {{"name", Text(parameter.name)},
           {"type", parameter.type == Parameter::Type::kString ? "string" : "object of strings"},
           {"required", parameter.required},
           {"help", Text(parameter.help)}});
    }
    rows.push_back({{"name", Text(row.name)},
                    {"help", Text(row.help)},
                    {"mutates", row.mutates},
                    {"parameters", parameters}});
  }
  return rows;
}

absl::StatusOr<json> Status(const ControlContext& context, const json&) {
  const StatusReport report = context.status();
  json counters = json::object();
  for (const auto& [name, value] : report.counters) counters[name] = value;
  return json{{"version", report.version},
              {"protocol", kProtocolVersion},
              {"listen", report.listen},
              {"shares", report.shares},
              {"loops", report.loops},
              {"uptime_seconds", report.uptime_seconds},
              {"connections", report.connections},
              {"sessions", context.sessions.size()},
              {"crypto_processor", report.crypto_processor},
              {"counters", counters}};
}

absl::StatusOr<json> Sessions(const ControlContext& context, const json&) {
  json rows = json::array();
  for (const session::SessionInfo& info : context.sessions.List()) {
    rows.push_back({{"id", absl::StrCat(absl::Hex(info.id, absl::kZeroPad16))},
                    {"user", info.user},
                    {"domain", info.domain},
                    {"client", info.client_address},
                    {"dialect", Text(proto::Name(info.dialect))},
                    {"signing", Text(crypto::Name(info.signing_algorithm))},
                    {"signing_required", info.signing_required},
                    {"cipher", Text(crypto::Name(info.cipher))},
                    {"encrypted", info.encrypted},
                    {"guest", info.guest},
                    {"opens", info.opens == nullptr ? 0 : info.opens->load()},
                    {"since", info.started_wall_nanos / 1'000'000'000},
                    {"loop", info.loop_index}});
  }
  return rows;
}

absl::StatusOr<json> UserAdd(const ControlContext& context, const json& params) {
  const std::string name = params.at("name");
  const std::string unix_user = params.value("unix_user", "");
  const absl::Status status =
      context.users.Add(name, params.at("password").get_ref<const std::string&>(), unix_user);
  if (!status.ok()) return status;
  return json{{"name", name}};
}

absl::StatusOr<json> UserList(const ControlContext& context, const json&) {
  json rows = json::array();
  for (const auth::User& user : context.users.List()) {
    rows.push_back({{"name", user.name}, {"unix_user", user.unix_user}});
  }
  return rows;
}

absl::StatusOr<json> UserRemove(const ControlContext& context, const json& params) {
  const std::string name = params.at("name");
  const absl::Status status = context.users.Remove(name);
  if (!status.ok()) return status;
  return json{{"name", name}};
}

json RowsOf(const Preferences& preferences, absl::string_view only) {
  json rows = json::array();
  for (const config::PreferenceRow& row : config::PreferenceTable()) {
    if (!only.empty() && row.name != only) continue;
    rows.push_back({{"name", Text(row.name)},
                    {"value", row.get(preferences)},
                    {"type", Text(row.type)},
                    {"applies", Text(row.applies)},
                    {"help", Text(row.help)}});
  }
  return rows;
}

absl::StatusOr<json> PrefsGet(const ControlContext& context, const json& params) {
  const std::string name = params.value("name", "");
  Preferences scratch = *context.preferences.Get();
  if (!name.empty() && config::FindPreference(name) == nullptr) {
    return config::SetPreference(scratch, name, "");  // the error that suggests the nearest name
  }
  return RowsOf(scratch, name);
}

absl::StatusOr<json> PrefsSet(const ControlContext& context, const json& params) {
  Preferences next = *context.preferences.Get();
  for (const auto& [name, value] : params.at("values").items()) {
    const absl::Status status =
        config::SetPreference(next, name, value.get_ref<const std::string&>());
    if (!status.ok()) return status;
  }
  context.preferences.Set(next);
  return RowsOf(next, "");
}

constexpr Parameter kUserAddParameters[] = {
    {.name = "name", .help = "the user's name; an existing user gets the new password"},
    {.name = "password", .help = "in UTF-8; only its NT hash is kept"},
    {.name = "unix_user",
     .required = false,
     .help =
         "the Unix account or uid whose rights the user has; the one of the same name if absent"},
};
constexpr Parameter kUserRemoveParameters[] = {{.name = "name", .help = "the user's name"}};
constexpr Parameter kPrefsGetParameters[] = {
    {.name = "name", .required = false, .help = "one preference; all if absent"}};
constexpr Parameter kPrefsSetParameters[] = {
    {.name = "values",
     .type = Parameter::Type::kStringMap,
     .help = "names and values; all are set or, on an error, none"}};

constexpr CommandRow kCommands[] = {
    {"help", "the commands and their parameters", {}, false, &Help},
    {"status", "the gateway's state and counters", {}, false, &Status},
    {"sessions", "who is logged on, from where, and how it is protected", {}, false, &Sessions},
    {"user.add", "adds a user or changes its password", kUserAddParameters, true, &UserAdd},
    {"user.list", "the users", {}, false, &UserList},
    {"user.remove", "removes a user; sessions that are open go on", kUserRemoveParameters, true,
     &UserRemove},
    {"prefs.get", "preferences with value, type and help", kPrefsGetParameters, false, &PrefsGet},
    {"prefs.set", "sets preferences until the gateway ends", kPrefsSetParameters, true, &PrefsSet},
};

std::string CodeName(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return "invalid_argument";
    case absl::StatusCode::kNotFound:
      return "not_found";
    case absl::StatusCode::kAlreadyExists:
      return "already_exists";
    default:
      return "failed";
  }
}

const CommandRow* FindCommand(absl::string_view name) {
  for (const CommandRow& row : kCommands) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

absl::Status CheckParameter(const Parameter& parameter, const json& params) {
  const auto found = params.find(Text(parameter.name));
  if (found == params.end()) {
    if (!parameter.required) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("parameter \"", parameter.name, "\" is missing: ", parameter.help));
  }
  if (parameter.type == Parameter::Type::kString) {
    if (found->is_string()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("parameter \"", parameter.name, "\" must be a string"));
  }
  bool strings = found->is_object() && !found->empty();
  if (strings) {
    for (const json& value : *found) strings = strings && value.is_string();
  }
  if (strings) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("parameter \"", parameter.name, "\" must be an object of strings, not empty"));
}

absl::Status CheckParameters(const CommandRow& row, const json& params) {
  if (!params.is_object()) return absl::InvalidArgumentError("\"params\" must be an object");
  std::vector<absl::string_view> known;
  for (const Parameter& parameter : row.parameters) {
    const absl::Status status = CheckParameter(parameter, params);
    if (!status.ok()) return status;
    known.push_back(parameter.name);
  }
  for (const auto& [name, value] : params.items()) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat("unknown parameter \"", name, "\" of ",
                                                     row.name, config::DidYouMean(name, known)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<json> Run(const ControlContext& context, const json& request) {
  if (!request.is_object()) {
    return absl::InvalidArgumentError(
        "a request is one line of JSON, an object: {\"id\": 1, "
        "\"command\": \"status\"}");
  }
  const auto command = request.find("command");
  if (command == request.end() || !command->is_string()) {
    return absl::InvalidArgumentError("\"command\" is missing; {\"command\": \"help\"} lists them");
  }
  const auto& name = command->get_ref<const std::string&>();
  const CommandRow* row = FindCommand(name);
  if (row == nullptr) {
    std::vector<absl::string_view> known;
    for (const CommandRow& one : kCommands) known.push_back(one.name);
    return absl::NotFoundError(
        absl::StrCat("unknown command \"", name, "\"", config::DidYouMean(name, known)));
  }
  const json params = request.value("params", json::object());
  const absl::Status checked = CheckParameters(*row, params);
  if (!checked.ok()) return checked;
  return row->handler(context, params);
}

}  // namespace

absl::Span<const CommandRow> CommandTable() { return kCommands; }

std::string Execute(const ControlContext& context, absl::string_view line) {
  const json request = json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false);
  json response = json::object();
  if (request.is_object() && request.contains("id")) response["id"] = request["id"];
  const absl::StatusOr<json> result = Run(context, request);
  if (result.ok()) {
    response["result"] = *result;
  } else {
    response["error"] = {{"code", CodeName(result.status().code())},
                         {"message", Text(result.status().message())}};
  }
  // A name from a peer may hold what is not UTF-8; the answer goes out all the same.
  return response.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace sluice::control

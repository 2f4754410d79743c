#include "server/control/commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "crypto/secret.h"
#include "server/base/log.h"
#include "server/config/nearest.h"
#include "server/control/error_codes.h"

namespace sluice::control {
namespace {

using nlohmann::json;

std::string Text(absl::string_view view) { return std::string(view); }

const CommandRow* FindCommand(absl::string_view name) {
  for (const CommandRow& row : CommandTable()) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

bool AreStrings(const json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const json& item) { return item.is_string(); });
}

// What is wrong with the value's type or range; "" for nothing.
std::string Problem(const Parameter& parameter, const json& value) {
  switch (parameter.type) {
    case Parameter::Type::kString:
      return value.is_string() ? "" : "a string";
    case Parameter::Type::kBool:
      return value.is_boolean() ? "" : "true or false";
    case Parameter::Type::kInteger: {
      const bool valid =
          value.is_number_integer() && value >= parameter.min && value <= parameter.max;
      return valid ? ""
                   : absl::StrCat("a whole number from ", parameter.min, " to ", parameter.max);
    }
    case Parameter::Type::kChoice: {
      const bool valid = value.is_string() &&
                         std::find(parameter.choices.begin(), parameter.choices.end(),
                                   value.get_ref<const std::string&>()) != parameter.choices.end();
      return valid ? "" : absl::StrCat("one of ", absl::StrJoin(parameter.choices, ", "));
    }
    case Parameter::Type::kStrings:
      return AreStrings(value) && !value.empty() ? "" : "a list of strings, not empty";
    case Parameter::Type::kMap: {
      const bool valid = value.is_object() && !value.empty() &&
                         std::all_of(value.begin(), value.end(), [](const json& item) {
                           return item.is_string() || item.is_boolean() ||
                                  item.is_number_integer() || AreStrings(item);
                         });
      return valid ? ""
                   : "an object, not empty, of strings, booleans, whole numbers and lists of "
                     "strings";
    }
  }
  return "";
}

absl::Status CheckParameters(const CommandRow& row, const json& params) {
  if (!params.is_object()) return absl::InvalidArgumentError("\"params\" must be an object");
  std::vector<absl::string_view> known;
  for (const Parameter& parameter : row.parameters) {
    known.push_back(parameter.name);
    const auto found = params.find(Text(parameter.name));
    if (found == params.end()) {
      if (!parameter.required) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", parameter.name, "\" is missing: ", parameter.help));
    }
    const std::string wanted = Problem(parameter, *found);
    if (!wanted.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("parameter \"", parameter.name, "\" must be ", wanted));
    }
  }
  for (const auto& [name, value] : params.items()) {
    if (known.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(row.name, " takes no parameters"));
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(absl::StrCat("unknown parameter \"", name, "\" of ",
                                                     row.name, config::DidYouMean(name, known)));
    }
  }
  return absl::OkStatus();
}

// The parameters as a log may show them.
json WithoutSecrets(const CommandRow& row, const json& params) {
  json shown = json::object();
  for (const Parameter& parameter : row.parameters) {
    const auto found = params.find(Text(parameter.name));
    if (!parameter.secret && found != params.end()) shown[Text(parameter.name)] = *found;
  }
  return shown;
}

void LogChange(const CommandRow& row, const Call& call, const absl::Status& status) {
  const std::string what = absl::StrCat(
      row.name, " ",
      WithoutSecrets(row, call.params).dump(-1, ' ', true, json::error_handler_t::replace));
  const std::string result = status.ok() ? "done" : Text(status.message());
  base::Log(base::LogLevel::kInfo, "administration: uid %d, %s: %s", call.caller.uid, what, result);
  if (base::AuditLog* const audit = call.context.gateway.audit(); audit != nullptr) {
    const std::string caller =
        absl::StrCat("control socket: uid ", call.caller.uid, ", pid ", call.caller.pid);
    const std::string detail = status.ok() ? what : absl::StrCat(what, ": ", result);
    audit->Write({.event = "admin", .ok = status.ok(), .client = caller, .detail = detail});
  }
}

// Any string in the parameters may be a password. What the JSON parser itself has held of it in
// buffers that it freed is out of reach.
void WipeParameters(json* request) {
  const auto params = request->is_object() ? request->find("params") : request->end();
  if (params == request->end() || !params->is_object()) return;
  for (json& value : *params) {
    if (!value.is_string()) continue;
    auto& text = value.get_ref<std::string&>();
    crypto::Wipe(text.data(), text.size());
  }
}

// Whether the id may be echoed, or there is none.
bool HasValidId(const json& request) {
  const auto id = request.find("id");
  return id == request.end() || id->is_string() || id->is_number() || id->is_null();
}

absl::StatusOr<const CommandRow*> RowOf(const json& request) {
  if (!request.is_object()) {
    return absl::InvalidArgumentError(
        "a request is one line of JSON, an object: {\"id\": 1, \"command\": \"status\"}");
  }
  if (!HasValidId(request)) {
    return absl::InvalidArgumentError("\"id\" must be a string, a number or null");
  }
  const auto protocol = request.find("protocol");
  if (protocol != request.end() && *protocol != kProtocolVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat("this gateway speaks protocol ", kProtocolVersion, " of the control socket"));
  }
  const auto command = request.find("command");
  if (command == request.end() || !command->is_string()) {
    return absl::InvalidArgumentError("\"command\" is missing; {\"command\": \"help\"} lists them");
  }
  const auto& name = command->get_ref<const std::string&>();
  const CommandRow* row = FindCommand(name);
  if (row != nullptr) return row;
  std::vector<absl::string_view> known;
  for (const CommandRow& one : CommandTable()) known.push_back(one.name);
  return absl::NotFoundError(
      absl::StrCat("unknown command \"", name, "\"", config::DidYouMean(name, known)));
}

absl::StatusOr<json> Run(const ControlContext& context, const Caller& caller, const json& request) {
  const absl::StatusOr<const CommandRow*> row = RowOf(request);
  if (!row.ok()) return row.status();
  // Not copied before it is checked: whoever nests it deep would have the stack overflow.
  static const json& nothing = *new json(json::object());
  const auto given = request.find("params");
  const json& params = given == request.end() ? nothing : *given;
  const absl::Status checked = CheckParameters(**row, params);
  if (!checked.ok()) return checked;
  const Call call = {context, caller, params};
  absl::StatusOr<json> result = (*row)->handler(call);
  if ((*row)->mutates) LogChange(**row, call, result.status());
  return result;
}

}  // namespace

absl::Span<const CommandRow> CommandTable() {
  static const std::vector<CommandRow>* const kAll = [] {
    auto* all = new std::vector<CommandRow>;
    for (const auto group :
         {GeneralCommands(), SeeCommands(), InspectCommands(), PreferenceCommands(),
          ShareCommands(), UserCommands(), ClientCommands()}) {
      all->insert(all->end(), group.begin(), group.end());
    }
    return all;
  }();
  return *kAll;
}

Request::Request(absl::string_view line)
    : document_(std::make_unique<json>(
          json::parse(line.begin(), line.end(), nullptr, /*allow_exceptions=*/false))) {}

Request::~Request() { WipeParameters(document_.get()); }

bool Request::MayWait() const {
  const absl::StatusOr<const CommandRow*> row = RowOf(*document_);
  return row.ok() && (*row)->mutates;
}

std::string Execute(const ControlContext& context, const Caller& caller, absl::string_view line) {
  return Execute(context, caller, Request(line));
}

std::string Execute(const ControlContext& context, const Caller& caller, const Request& received) {
  const json& request = received.document();
  json response = json::object();
  if (request.is_object() && request.contains("id") && HasValidId(request)) {
    response["id"] = request["id"];
  }
  const absl::StatusOr<json> result = Run(context, caller, request);
  if (result.ok()) {
    response["result"] = *result;
  } else {
    response["error"] = {{"code", Text(CodeName(result.status().code()))},
                         {"message", Text(result.status().message())}};
  }
  // A name from a peer may hold what is not UTF-8; the answer goes out all the same.
  return response.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace sluice::control

// The shares: what is served, and changing that while clients are there.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "server/base/fold_name.h"
#include "server/config/share_rules.h"
#include "server/control/caller_rights.h"
#include "server/control/command.h"
#include "server/control/preference_json.h"
#include "server/control/reload.h"
#include "server/control/warnings.h"

namespace sluice::control {
namespace {

using nlohmann::json;

json Shown(const ControlContext& context, const config::ShareView& share) {
  const ShareUse use = context.gateway.UseOf(share.options.name);
  Preferences holder;
  holder.shares[share.options.name] = share.options.preferences;
  json preferences = json::object();
  for (const config::PreferenceKey& key : config::AllPreferences(holder)) {
    if (!key.row->of_share) continue;
    preferences[std::string(key.row->name)] = ToJson(*key.row, config::GetPreference(holder, key));
  }
  return {{"name", share.options.name},
          {"path", share.options.path},
          {"comment", share.options.comment},
          {"storage", std::string(config::Name(share.options.storage))},
          {"source", std::string(config::Name(share.source))},
          {"served", use.served},
          {"tree_connects", use.trees},
          {"preferences", preferences}};
}

absl::StatusOr<json> ShareList(const Call& call) {
  json rows = json::array();
  for (const config::ShareView& share : call.context.configuration.Shares()) {
    rows.push_back(Shown(call.context, share));
  }
  return rows;
}

// The share of that name as it is now.
absl::StatusOr<json> ShareGet(const Call& call) {
  const auto& name = call.params.at("name").get_ref<const std::string&>();
  for (const config::ShareView& share : call.context.configuration.Shares()) {
    if (base::SameName(share.options.name, name)) return Shown(call.context, share);
  }
  return absl::NotFoundError(absl::StrCat("there is no share ", name));
}

absl::StatusOr<json> ShareAdd(const Call& call) {
  ShareOptions share;
  share.name = call.params.at("name");
  share.path = call.params.value("path", "");
  share.comment = call.params.value("comment", "");
  config::ParseStorage(call.params.value("storage", "posix"), &share.storage);
  if (share.storage == StorageKind::kPosix) {
    const absl::Status status = ResolveServedPath(call, &share.path);
    if (!status.ok()) return status;
  }
  std::map<std::string, std::string> preferences;
  const json values = call.params.value("preferences", json::object());
  std::vector<std::string> names;
  for (const auto& [key, value] : values.items()) {
    preferences[key] = ToText(value);
    names.push_back(absl::StrCat("share.", share.name, ".", key));
  }
  const absl::Status status = call.context.configuration.AddShare(
      std::move(share), preferences, ServeOn(call.context.gateway, false));
  if (!status.ok()) return status;
  absl::StatusOr<json> shown = ShareGet(call);
  if (!shown.ok()) return shown;
  AddWarnings(ListWarnings(call.context, *call.context.gateway.preferences().Get(), names),
              &*shown);
  return shown;
}

std::optional<std::string> Optional(const json& params, const char* name) {
  if (!params.contains(name)) return std::nullopt;
  return params.at(name).get<std::string>();
}

bool Closes(const json& params) { return params.value("open_handles", "drain") == "close"; }

absl::StatusOr<json> ShareChange(const Call& call) {
  std::optional<std::string> path = Optional(call.params, "path");
  if (path.has_value()) {
    const absl::Status status = ResolveServedPath(call, &*path);
    if (!status.ok()) return status;
  }
  const absl::Status status = call.context.configuration.ChangeShare(
      call.params.at("name").get_ref<const std::string&>(), std::move(path),
      Optional(call.params, "comment"), ServeOn(call.context.gateway, Closes(call.params)));
  return status.ok() ? ShareGet(call) : status;
}

absl::StatusOr<json> ShareReset(const Call& call) {
  const absl::Status status =
      call.context.configuration.ResetShare(call.params.at("name").get_ref<const std::string&>(),
                                            ServeOn(call.context.gateway, Closes(call.params)));
  return status.ok() ? ShareGet(call) : status;
}

absl::StatusOr<json> ShareRemove(const Call& call) {
  const std::string name = call.params.at("name");
  const ShareUse use = call.context.gateway.UseOf(name);
  const bool close = Closes(call.params);
  const absl::Status status =
      call.context.configuration.RemoveShare(name, ServeOn(call.context.gateway, close));
  if (!status.ok()) return status;
  return json{{"name", name},
              {close ? "closed_tree_connects" : "draining_tree_connects", use.trees}};
}

constexpr absl::string_view kStorages[] = {"posix", "memory"};
constexpr absl::string_view kOpenHandles[] = {"drain", "close"};

constexpr Parameter kName = {.name = "name", .help = "the share's name"};
constexpr Parameter kHandles = {
    .name = "open_handles",
    .type = Parameter::Type::kChoice,
    .required = false,
    .choices = kOpenHandles,
    .help = "drain (the default): who uses the share goes on until it disconnects; close: at once"};
constexpr Parameter kNameParameters[] = {kName};
constexpr Parameter kAddParameters[] = {
    kName,
    {.name = "path",
     .required = false,
     .help = "the directory, absolute; kept as its real path, without symlinks; not with memory; "
             "only root may serve /, /proc, /sys, /dev and directories with the gateway's state"},
    {.name = "comment", .required = false, .help = "what clients see beside the name"},
    {.name = "storage",
     .type = Parameter::Type::kChoice,
     .required = false,
     .choices = kStorages,
     .help = "posix (the default): a directory; memory: lost at the gateway's end"},
    {.name = "preferences",
     .type = Parameter::Type::kMap,
     .required = false,
     .help = "the share's preferences and values, such as {\"read_only\": true}"},
};
constexpr Parameter kChangeParameters[] = {
    kName,
    {.name = "path", .required = false, .help = "another directory; as it is if absent"},
    {.name = "comment", .required = false, .help = "another comment; as it is if absent"},
    kHandles};
constexpr Parameter kUseParameters[] = {kName, kHandles};

constexpr CommandRow kRows[] = {
    {.name = "share.list",
     .help = "the shares with path, preferences and use",
     .handler = &ShareList},
    {.name = "share.get", .help = "one share", .parameters = kNameParameters, .handler = &ShareGet},
    {.name = "share.add",
     .help = "serves another directory, now and after a restart",
     .parameters = kAddParameters,
     .mutates = true,
     .handler = &ShareAdd},
    {.name = "share.change",
     .help = "changes a share's directory or comment; its preferences are prefs.set's",
     .parameters = kChangeParameters,
     .mutates = true,
     .handler = &ShareChange},
    {.name = "share.remove",
     .help = "stops serving a share, now and after a restart; its files stay",
     .parameters = kUseParameters,
     .mutates = true,
     .handler = &ShareRemove},
    {.name = "share.reset",
     .help = "serves a share of the file as the file says again, whatever share.change or "
             "share.remove did; its preferences stay",
     .parameters = kUseParameters,
     .mutates = true,
     .handler = &ShareReset},
};

}  // namespace

absl::Span<const CommandRow> ShareCommands() { return kRows; }

}  // namespace sluice::control

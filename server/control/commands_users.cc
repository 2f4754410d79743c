// The gateway's own users.
#include <nlohmann/json.hpp>

#include "server/auth/user_store.h"
#include "server/control/command.h"

namespace sluice::control {
namespace {

using nlohmann::json;

absl::StatusOr<json> UserAdd(const Call& call) {
  const std::string name = call.params.at("name");
  const std::string unix_user = call.params.value("unix_user", "");
  const absl::Status status = call.context.gateway.users().Add(
      name, call.params.at("password").get_ref<const std::string&>(), unix_user);
  if (!status.ok()) return status;
  return json{{"name", name}};
}

absl::StatusOr<json> UserList(const Call& call) {
  json rows = json::array();
  for (const auth::User& user : call.context.gateway.users().List()) {
    rows.push_back(
        {{"name", user.name}, {"unix_user", user.unix_user}, {"disabled", user.disabled}});
  }
  return rows;
}

absl::StatusOr<json> UserPasswd(const Call& call) {
  const std::string name = call.params.at("name");
  const absl::Status status = call.context.gateway.users().SetPassword(
      name, call.params.at("password").get_ref<const std::string&>());
  if (!status.ok()) return status;
  return json{{"name", name}};
}

template <bool kDisabled>
absl::StatusOr<json> UserSetDisabled(const Call& call) {
  const std::string name = call.params.at("name");
  const absl::Status status = call.context.gateway.users().SetDisabled(name, kDisabled);
  if (!status.ok()) return status;
  return json{{"name", name}, {"disabled", kDisabled}};
}

absl::StatusOr<json> UserRemove(const Call& call) {
  const std::string name = call.params.at("name");
  const absl::Status status = call.context.gateway.users().Remove(name);
  if (!status.ok()) return status;
  return json{{"name", name}};
}

constexpr Parameter kAddParameters[] = {
    {.name = "name", .help = "the user's name; an existing user gets the new password"},
    {.name = "password", .secret = true, .help = "in UTF-8; only its NT hash is kept"},
    {.name = "unix_user",
     .required = false,
     .help =
         "the Unix account or uid whose rights the user has; the one of the same name if absent"},
};
constexpr Parameter kPasswdParameters[] = {
    {.name = "name", .help = "the user's name"},
    {.name = "password", .secret = true, .help = "in UTF-8; only its NT hash is kept"},
};
constexpr Parameter kNameParameter[] = {{.name = "name", .help = "the user's name"}};

constexpr CommandRow kRows[] = {
    {.name = "user.add",
     .help = "adds a user or changes its password",
     .parameters = kAddParameters,
     .mutates = true,
     .handler = &UserAdd},
    {.name = "user.passwd",
     .help = "changes a user's password; sessions that are open go on",
     .parameters = kPasswdParameters,
     .mutates = true,
     .handler = &UserPasswd},
    {.name = "user.disable",
     .help = "keeps a user from logging on; sessions that are open go on",
     .parameters = kNameParameter,
     .mutates = true,
     .handler = &UserSetDisabled<true>},
    {.name = "user.enable",
     .help = "lets a disabled user log on again",
     .parameters = kNameParameter,
     .mutates = true,
     .handler = &UserSetDisabled<false>},
    {.name = "user.list", .help = "the users", .handler = &UserList},
    {.name = "user.remove",
     .help = "removes a user; sessions that are open go on",
     .parameters = kNameParameter,
     .mutates = true,
     .handler = &UserRemove},
};

}  // namespace

absl::Span<const CommandRow> UserCommands() { return kRows; }

}  // namespace sluice::control

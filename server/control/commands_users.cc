// The gateway's own users.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "server/auth/group_store.h"
#include "server/auth/smbpasswd.h"
#include "server/auth/user_store.h"
#include "server/control/caller_rights.h"
#include "server/control/command.h"
#include "server/control/warnings.h"

namespace sluice::control {
namespace {

using nlohmann::json;

absl::StatusOr<json> UserAdd(const Call& call) {
  const std::string name = call.params.at("name");
  const std::string unix_user = call.params.value("unix_user", "");
  auth::UserStore& users = call.context.gateway.users();
  bool existed = false;
  absl::Status status = CheckUserChange(call, name, unix_user);
  if (!status.ok()) return status;
  status = users.Add(name, call.params.at("password").get_ref<const std::string&>(), unix_user,
                     &existed);
  if (!status.ok()) return status;
  auth::User user;
  const bool found = users.Find(name, &user);
  json result = {{"name", found ? user.name : name}, {"existed", existed}};
  AddWarnings(UnixUserWarnings(unix_user), &result);
  return result;
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
  absl::Status status = CheckUserChange(call, name, "");
  if (!status.ok()) return status;
  status = call.context.gateway.users().SetPassword(
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

// Also a domain's users and names that no user has: they are counted alike.
absl::StatusOr<json> UserUnlock(const Call& call) {
  const std::string name = call.params.at("name");
  return json{{"name", name}, {"failures", call.context.gateway.throttle().Unlock(name)}};
}

absl::StatusOr<json> UserRemove(const Call& call) {
  const std::string name = call.params.at("name");
  const absl::Status status = call.context.gateway.users().Remove(name);
  if (!status.ok()) return status;
  // Another user of that name must not find itself in them.
  const absl::StatusOr<std::vector<std::string>> groups =
      call.context.gateway.groups().RemoveMember(name);
  json result = {{"name", name}};
  if (groups.ok()) {
    result["groups"] = *groups;
  } else {
    AddWarnings(
        {absl::StrCat("the user's name is still in its groups: ", groups.status().message())},
        &result);
  }
  return result;
}

absl::StatusOr<json> UserImport(const Call& call) {
  absl::StatusOr<auth::SmbpasswdFile> file =
      auth::ParseSmbpasswd(call.params.at("smbpasswd").get_ref<const std::string&>(),
                           call.params.value("first_line", 1));
  if (!file.ok()) return file.status();
  json names = json::array();
  std::vector<auth::User> users;
  for (auth::SmbpasswdUser& imported : file->users) {
    absl::Status allowed = CheckUserChange(call, imported.name, "");
    if (!allowed.ok()) return allowed;
    names.push_back(imported.name);
    users.emplace_back();
    users.back().name = std::move(imported.name);
    users.back().nt_hash = imported.nt_hash;
    users.back().disabled = imported.disabled;
  }
  const absl::Status status = call.context.gateway.users().Import(std::move(users));
  if (!status.ok()) return status;
  return json{{"users", names}, {"skipped", file->skipped}};
}

absl::StatusOr<json> GroupSet(const Call& call) {
  const std::string name = call.params.at("name");
  const auto members = call.params.at("members").get<std::vector<std::string>>();
  const absl::Status status = call.context.gateway.groups().Set(name, members);
  if (!status.ok()) return status;
  json result = {{"name", name}};
  AddWarnings(MemberWarnings(call.context, name, members), &result);
  return result;
}

absl::StatusOr<json> GroupRemove(const Call& call) {
  const std::string name = call.params.at("name");
  const absl::Status status = call.context.gateway.groups().Remove(name);
  if (!status.ok()) return status;
  json result = {{"name", name}};
  AddWarnings(UseOfGroupWarnings(call.context, name), &result);
  return result;
}

absl::StatusOr<json> GroupList(const Call& call) {
  json rows = json::array();
  for (const auto& [name, members] : call.context.gateway.groups().List()) {
    rows.push_back({{"name", name}, {"members", members}});
  }
  return rows;
}

constexpr Parameter kGroupSetParameters[] = {
    {.name = "name", .help = "the group's name; in shares' lists it stands as @name"},
    {.name = "members", .type = Parameter::Type::kStrings, .help = "all its members"},
};
constexpr Parameter kGroupNameParameter[] = {{.name = "name", .help = "the group's name"}};
constexpr Parameter kImportParameters[] = {
    {.name = "smbpasswd",
     .secret = true,
     .help = "lines as `pdbedit -L -w` prints them; all are taken or none"},
    {.name = "first_line",
     .type = Parameter::Type::kInteger,
     .required = false,
     .min = 1,
     .max = 1'000'000'000,
     .help = "the number of the first one, for messages"},
};
constexpr Parameter kAddParameters[] = {
    {.name = "name",
     .help = "the user's name; one that is there gets the new password, and \"existed\" is true"},
    {.name = "password", .secret = true, .help = "in UTF-8; only its NT hash is kept"},
    {.name = "unix_user",
     .required = false,
     .help = "the Unix account or uid whose rights the user has; if absent, what it was, and for "
             "a new user the one of the same name; only root may name uid 0 or the account of "
             "sluiced itself"},
};
constexpr Parameter kPasswdParameters[] = {
    {.name = "name", .help = "the user's name"},
    {.name = "password", .secret = true, .help = "in UTF-8; only its NT hash is kept"},
};
constexpr Parameter kNameParameter[] = {{.name = "name", .help = "the user's name"}};

constexpr CommandRow kRows[] = {
    {.name = "user.add",
     .help = "adds a user, or gives one that is there another password",
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
    {.name = "user.unlock",
     .help = "forgets a user's failed log-ons, from wherever they came, so that none of them locks "
             "him out any more; \"failures\" is how many there were",
     .parameters = kNameParameter,
     .mutates = true,
     .handler = &UserUnlock},
    {.name = "group.list", .help = "the gateway's own groups", .handler = &GroupList},
    {.name = "group.remove",
     .help = "removes a group; users lose what it gave them with their next tree connect",
     .parameters = kGroupNameParameter,
     .mutates = true,
     .handler = &GroupRemove},
    {.name = "group.set",
     .help = "makes a group of users, or changes who is in it",
     .parameters = kGroupSetParameters,
     .mutates = true,
     .handler = &GroupSet},
    {.name = "user.import",
     .help = "adds the users of a Samba server, or gives those that are there its passwords",
     .parameters = kImportParameters,
     .mutates = true,
     .handler = &UserImport},
    {.name = "user.list", .help = "the users", .handler = &UserList},
    {.name = "user.remove",
     .help = "removes a user, also from the gateway's groups; sessions that are open go on",
     .parameters = kNameParameter,
     .mutates = true,
     .handler = &UserRemove},
};

}  // namespace

absl::Span<const CommandRow> UserCommands() { return kRows; }

}  // namespace sluice::control

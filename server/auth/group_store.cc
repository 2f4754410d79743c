#include "server/auth/group_store.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/auth/user_name.h"
#include "server/base/auth_limits.h"
#include "server/base/replace_file.h"

namespace sluice::auth {
namespace {

using nlohmann::json;

absl::Status Corrupt(const std::string& path) {
  return absl::DataLossError(
      absl::StrCat("the group file ", path,
                   " is damaged. It was left as it is: restore it from a backup, or "
                   "move it away and make the groups again."));
}

absl::Status CheckMembers(const std::vector<std::string>& members) {
  if (members.size() > limits::group_members_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a group may have ", limits::group_members_max, " members"));
  }
  for (const std::string& member : members) {
    absl::Status valid = ValidateUserName(member);
    if (!valid.ok()) return valid;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<GroupStore>> GroupStore::Open(std::string path) {
  Groups groups;
  std::ifstream file(path);
  if (!file && errno != ENOENT) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path, ": ", strerror(errno)));
  }
  if (file) {
    std::ostringstream text;
    text << file.rdbuf();
    const json document = json::parse(text.str(), nullptr, /*allow_exceptions=*/false);
    const auto list = document.is_object() ? document.find("groups") : document.end();
    if (!document.is_object() || list == document.end() || !list->is_object()) {
      return Corrupt(path);
    }
    for (const auto& [name, members] : list->items()) {
      if (!members.is_array()) return Corrupt(path);
      for (const json& member : members) {
        if (!member.is_string()) return Corrupt(path);
        groups[name].push_back(member);
      }
      if (!ValidateUserName(name).ok() || !CheckMembers(groups[name]).ok()) return Corrupt(path);
    }
  }
  return std::unique_ptr<GroupStore>(new GroupStore(std::move(path), std::move(groups)));
}

GroupStore::GroupStore(std::string path, Groups groups)
    : path_(std::move(path)), groups_(std::move(groups)) {}

absl::Status GroupStore::Commit(Groups groups) {
  json list = json::object();
  for (const auto& [name, members] : groups) list[name] = members;
  const absl::Status status =
      base::ReplaceFile(path_, json{{"version", 1}, {"groups", list}}.dump(2) + "\n");
  if (!status.ok()) return status;
  const std::lock_guard<std::mutex> lock(mutex_);
  groups_ = std::move(groups);
  return absl::OkStatus();
}

absl::Status GroupStore::Set(absl::string_view group, std::vector<std::string> members) {
  // What may be a user's name may be a group's.
  absl::Status valid = ValidateUserName(group);
  if (valid.ok()) valid = CheckMembers(members);
  if (!valid.ok()) return valid;
  const std::lock_guard<std::mutex> writing(writing_);
  Groups groups = List();
  groups[std::string(group)] = std::move(members);
  if (groups.size() > limits::groups_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", limits::groups_max, " groups already"));
  }
  return Commit(std::move(groups));
}

absl::StatusOr<std::vector<std::string>> GroupStore::RemoveMember(absl::string_view user) {
  const std::lock_guard<std::mutex> writing(writing_);
  std::vector<std::string> names;
  Groups groups = List();
  for (auto& [name, members] : groups) {
    const auto end = std::remove_if(members.begin(), members.end(), [&](const std::string& member) {
      return SameUser(member, user);
    });
    if (end == members.end()) continue;
    members.erase(end, members.end());
    names.push_back(name);
  }
  if (names.empty()) return names;
  absl::Status status = Commit(std::move(groups));
  if (!status.ok()) return status;
  return names;
}

absl::Status GroupStore::Remove(absl::string_view group) {
  const std::lock_guard<std::mutex> writing(writing_);
  Groups groups = List();
  if (groups.erase(std::string(group)) == 0) {
    return absl::NotFoundError(absl::StrCat("there is no group ", group));
  }
  return Commit(std::move(groups));
}

GroupStore::Groups GroupStore::List() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return groups_;
}

bool GroupStore::Has(absl::string_view group) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return groups_.count(std::string(group)) != 0;
}

bool GroupStore::IsMember(absl::string_view group, absl::string_view user,
                          base::NameMatch match) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = groups_.find(std::string(group));
  return found != groups_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](const std::string& member) { return NamesUser(member, user, match); });
}

}  // namespace sluice::auth

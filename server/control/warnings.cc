#include "server/control/warnings.h"

#include <grp.h>
#include <pwd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/auth/group_store.h"
#include "server/auth/user_store.h"

namespace sluice::control {
namespace {

constexpr size_t kRecordBytesMax = 1u << 20;

// Calls one of the get*nam_r functions with as much memory as it needs.
template <typename Record, typename Lookup>
bool IsThere(const std::string& name, Lookup lookup) {
  std::vector<char> memory(4096);
  Record record{};
  Record* found = nullptr;
  while (lookup(name.c_str(), &record, memory.data(), memory.size(), &found) == ERANGE &&
         memory.size() < kRecordBytesMax) {
    memory.resize(memory.size() * 4);
  }
  return found != nullptr;
}
bool HasAccount(const std::string& name) { return IsThere<passwd>(name, &getpwnam_r); }
bool HasUnixGroup(const std::string& name) { return IsThere<group>(name, &getgrnam_r); }

bool KnowsUser(const ControlContext& context, const std::string& name) {
  auth::User user;
  if (context.gateway.users().Find(name, &user)) return true;
  // Those that the machine knows may come with a ticket.
  const GatewayOptions& options = context.configuration.file().gateway;
  return options.winbind || (!options.kerberos_keytab.empty() && HasAccount(name));
}

bool KnowsGroup(const ControlContext& context, const std::string& name) {
  return context.gateway.groups().Has(name) || HasUnixGroup(name) ||
         context.configuration.file().gateway.winbind;
}

bool ListsNames(const config::PreferenceRow& row) {
  return row.of_share && row.type == config::PreferenceType::kTexts;
}

std::vector<std::string> NamesIn(const std::string& value) {
  return absl::StrSplit(value, ',', absl::SkipEmpty());
}

}  // namespace

std::vector<std::string> ListWarnings(const ControlContext& context, const Preferences& values,
                                      const std::vector<std::string>& names) {
  std::vector<std::string> warnings;
  for (const std::string& name : names) {
    const absl::StatusOr<config::PreferenceKey> key = config::FindPreference(values, name);
    if (!key.ok() || !ListsNames(*key->row)) continue;
    for (absl::string_view entry : NamesIn(config::GetPreference(values, *key))) {
      const bool group = absl::ConsumePrefix(&entry, "@");
      const std::string who(entry);
      if (who == "*" || (group ? KnowsGroup(context, who) : KnowsUser(context, who))) continue;
      warnings.push_back(
          absl::StrCat(key->name(), ": there is no ", group ? "group " : "user ", who));
    }
  }
  return warnings;
}

std::vector<std::string> MemberWarnings(const ControlContext& context, const std::string& group,
                                        const std::vector<std::string>& members) {
  std::vector<std::string> warnings;
  for (const std::string& member : members) {
    if (KnowsUser(context, member)) continue;
    warnings.push_back(absl::StrCat("group ", group, ": there is no user ", member));
  }
  return warnings;
}

std::vector<std::string> UnixUserWarnings(const std::string& unix_user) {
  const bool number = std::all_of(unix_user.begin(), unix_user.end(), absl::ascii_isdigit);
  if (number || HasAccount(unix_user)) return {};
  return {absl::StrCat("there is no Unix account ", unix_user,
                       ": the user cannot log on before there is")};
}

std::vector<std::string> UseOfGroupWarnings(const ControlContext& context,
                                            const std::string& group) {
  std::vector<std::string> warnings;
  const std::string wanted = absl::StrCat("@", group);
  for (const config::PreferenceView& view : context.configuration.List()) {
    if (!ListsNames(*view.key.row)) continue;
    const std::vector<std::string> names = NamesIn(view.value);
    if (std::find(names.begin(), names.end(), wanted) == names.end()) continue;
    warnings.push_back(absl::StrCat(view.key.name(), " names ", wanted,
                                    KnowsGroup(context, group)
                                        ? ": that is the machine's group of this name now"
                                        : ": nobody is meant by that now"));
  }
  return warnings;
}

void AddWarnings(const std::vector<std::string>& warnings, nlohmann::json* result) {
  if (!warnings.empty()) (*result)["warnings"] = warnings;
}

}  // namespace sluice::control

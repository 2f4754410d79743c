#include "server/auth/share_access.h"

#include <grp.h>

#include <algorithm>
#include <cerrno>

#include "absl/status/statusor.h"
#include "absl/strings/strip.h"
#include "server/auth/identity_map.h"
#include "server/auth/user_name.h"

namespace sluice::auth {
namespace {

constexpr size_t kRecordBytesMax = 1u << 20;

bool Names(const std::vector<std::string>& list, absl::string_view user, base::NameMatch match,
           const InGroup& in_group) {
  return std::any_of(list.begin(), list.end(), [&](absl::string_view entry) {
    if (absl::ConsumePrefix(&entry, "@")) return in_group(entry, match);
    return entry == "*" || NamesUser(entry, user, match);
  });
}

// 0, or an error; ENOENT: there is no such group.
int GidOf(const std::string& group, uint32_t* gid) {
  std::vector<char> memory(1024);
  for (;;) {
    struct group record {};
    struct group* found = nullptr;
    const int error = getgrnam_r(group.c_str(), &record, memory.data(), memory.size(), &found);
    if (error == EINTR) continue;
    if (error == ERANGE && memory.size() < kRecordBytesMax) {
      memory.resize(memory.size() * 4);
      continue;
    }
    if (found != nullptr) {
      *gid = record.gr_gid;
      return 0;
    }
    // The errors that getgrnam_r(3) has for a name that is not there.
    const bool absent =
        error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
    return absent ? ENOENT : error;
  }
}

}  // namespace

ShareLevel LevelOf(const ShareLists& lists, absl::string_view user, base::NameMatch match,
                   const InGroup& in_group) {
  const auto has = [&](const std::vector<std::string>& allow,
                       const std::vector<std::string>& deny) {
    return !Names(deny, user, base::NameMatch::kFolded, in_group) &&
           (allow.empty() || Names(allow, user, match, in_group));
  };
  if (!has(lists.allow_read, lists.deny_read)) return ShareLevel::kNone;
  return has(lists.allow_write, lists.deny_write) ? ShareLevel::kWrite : ShareLevel::kRead;
}

std::set<std::string> GroupsIn(const ShareLists& lists) {
  std::set<std::string> groups;
  for (const auto* list :
       {&lists.allow_read, &lists.deny_read, &lists.allow_write, &lists.deny_write}) {
    for (absl::string_view entry : *list) {
      if (absl::ConsumePrefix(&entry, "@")) groups.emplace(entry);
    }
  }
  return groups;
}

std::optional<std::set<std::string>> UnixGroupsOf(const std::string& user,
                                                  const base::Identity* who,
                                                  const std::set<std::string>& groups) {
  base::Identity account;
  if (who == nullptr) {
    const IdentityOptions options = {.can_switch = true, .fallback_account = ""};
    absl::StatusOr<base::Identity> found = ResolveIdentity(options, user, "");
    if (absl::IsNotFound(found.status())) return std::set<std::string>();
    if (!found.ok()) return std::nullopt;
    account = *std::move(found);
    who = &account;
  }
  std::set<std::string> in;
  for (const std::string& group : groups) {
    uint32_t gid = 0;
    const int error = GidOf(group, &gid);
    if (error == ENOENT) continue;
    if (error != 0) return std::nullopt;
    if (who->gid == gid ||
        std::find(who->groups.begin(), who->groups.end(), gid) != who->groups.end()) {
      in.insert(group);
    }
  }
  return in;
}

}  // namespace sluice::auth

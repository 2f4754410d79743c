// Who may use a share, and how: its lists of users and groups.
#ifndef SLUICE_SERVER_AUTH_SHARE_ACCESS_H_
#define SLUICE_SERVER_AUTH_SHARE_ACCESS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/base/identity.h"
#include "server/base/name_match.h"

namespace sluice::auth {

// Entries are a user's name, "@" and a group's, or "*" for everybody. A user has a level if no
// entry of its deny list is for him and its allow list is empty or has an entry for him; who has
// not the level to read has not the one to write.
struct ShareLists {
  const std::vector<std::string>& allow_read;
  const std::vector<std::string>& deny_read;
  const std::vector<std::string>& allow_write;
  const std::vector<std::string>& deny_write;
};

enum class ShareLevel : uint8_t { kNone, kRead, kWrite };

// Asked about groups' names as the lists have them, without the "@".
using InGroup = std::function<bool(absl::string_view group, base::NameMatch match)>;

// What gives is compared by `match`; what denies always without regard to case, so that no other
// spelling gets around it.
ShareLevel LevelOf(const ShareLists& lists, absl::string_view user, base::NameMatch match,
                   const InGroup& in_group);

// The names of the groups in the lists.
std::set<std::string> GroupsIn(const ShareLists& lists);

// Those of `groups` that are Unix groups (NSS) which `user` is in: by the credentials of his
// sessions or, where `who` is null, by the account of his name. None where NSS cannot answer now.
// BLOCKS. Thread-safe.
std::optional<std::set<std::string>> UnixGroupsOf(const std::string& user,
                                                  const base::Identity* who,
                                                  const std::set<std::string>& groups);

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_SHARE_ACCESS_H_

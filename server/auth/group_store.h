// The gateway's own groups of users, in one JSON file under the state directory.
#ifndef SLUICE_SERVER_AUTH_GROUP_STORE_H_
#define SLUICE_SERVER_AUTH_GROUP_STORE_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/name_match.h"

namespace sluice::auth {

// All methods are thread-safe. Set and Remove write the file and belong on the blocking pool; the
// others do no I/O.
class GroupStore {
 public:
  using Groups = std::map<std::string, std::vector<std::string>>;  // members by group

  // Reads the file, if there is one.
  static absl::StatusOr<std::unique_ptr<GroupStore>> Open(std::string path);

  // Makes the group, or gives one that is there these members. Names of groups keep their case.
  absl::Status Set(absl::string_view group, std::vector<std::string> members);
  // NOT_FOUND if there is no such group.
  absl::Status Remove(absl::string_view group);
  // Takes the user out of every group; the groups' names. A group may be left without members.
  absl::StatusOr<std::vector<std::string>> RemoveMember(absl::string_view user);
  Groups List() const;
  bool Has(absl::string_view group) const;
  bool IsMember(absl::string_view group, absl::string_view user, base::NameMatch match) const;

 private:
  GroupStore(std::string path, Groups groups);
  absl::Status Commit(Groups groups);

  const std::string path_;
  std::mutex writing_;  // one change at a time; taken before `mutex_`
  mutable std::mutex mutex_;
  Groups groups_;  // mutex_
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_GROUP_STORE_H_

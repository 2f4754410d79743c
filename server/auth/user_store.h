// The gateway's own users, in one JSON file under the state directory.
//
// The file holds NT hashes, never a password, has mode 0600, and is replaced as a whole: written
// beside itself, synced, renamed over the old one, the directory synced. It is never written over
// when it could not be read.
#ifndef SLUICE_SERVER_AUTH_USER_STORE_H_
#define SLUICE_SERVER_AUTH_USER_STORE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::auth {

// MD4 of a password in UTF-16LE; as good as the password to whoever has it. Wiped on destruction.
struct NtHash {
  std::array<uint8_t, 16> bytes{};

  NtHash() = default;
  NtHash(const NtHash&) = default;
  NtHash& operator=(const NtHash&) = default;
  ~NtHash();
};

// Of a UTF-8 password; an error if it is empty, not UTF-8 or longer than
// limits::password_characters_max.
absl::StatusOr<NtHash> NtHashOfPassword(absl::string_view password);

struct User {
  std::string name;  // as it was added; found without regard to case
  NtHash nt_hash;
  // The Unix account whose rights the user's sessions have, or a decimal uid; "" for the rule of
  // identity_map.h.
  std::string unix_user;
  bool disabled = false;  // may not log on
};

// All methods are thread-safe. Find takes a shared lock and does no I/O, so a loop may call it; Add
// and Remove write the file and belong on the blocking pool.
class UserStore {
 public:
  // Reads the file, if there is one. The error of a file that is not what it should be names the
  // file and what to do.
  static absl::StatusOr<std::unique_ptr<UserStore>> Open(std::string path);

  // Adds a user. One of that name that is there already, as *existed tells, gets the password and,
  // unless it is "", the Unix account; the rest of it stays. On an error nothing has changed.
  absl::Status Add(absl::string_view name, absl::string_view password, absl::string_view unix_user,
                   bool* existed = nullptr);
  // NOT_FOUND if there is no such user; the rest of it stays.
  absl::Status SetPassword(absl::string_view name, absl::string_view password);
  absl::Status SetDisabled(absl::string_view name, bool disabled);
  // Adds users by their hashes, all of them or, on an error, none; those that are there keep their
  // Unix account.
  absl::Status Import(std::vector<User> users);
  // NOT_FOUND if there is no such user.
  absl::Status Remove(absl::string_view name);
  // False if there is no such user.
  bool Find(absl::string_view name, User* user) const;
  // In order of name.
  std::vector<User> List() const;

  const std::string& path() const { return path_; }

 private:
  using Users = std::map<std::string, User>;  // by folded name

  UserStore(std::string path, Users users);
  absl::Status Commit(Users users);
  template <typename F>
  absl::Status Change(absl::string_view name, F change);

  const std::string path_;
  std::mutex writing_;  // one change at a time; taken before `mutex_`
  mutable std::shared_mutex mutex_;
  Users users_;  // under mutex_
};

}  // namespace sluice::auth

#endif  // SLUICE_SERVER_AUTH_USER_STORE_H_

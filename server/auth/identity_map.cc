#include "server/auth/identity_map.h"

#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::auth {
namespace {

constexpr size_t kRecordBytesMax = 1u << 20;
constexpr int kGroupsMax = 65536;  // the kernel's NGROUPS_MAX

// Calls one of the getpw*_r functions with as much memory as it needs. NOT_FOUND if there is no
// such account.
template <typename Lookup>
absl::StatusOr<base::Identity> FromAccount(absl::string_view what, Lookup lookup) {
  std::vector<char> memory(1024);
  for (;;) {
    struct passwd record {};
    struct passwd* found = nullptr;
    const int error = lookup(&record, memory.data(), memory.size(), &found);
    if (error == EINTR) continue;
    if (error == ERANGE && memory.size() < kRecordBytesMax) {
      memory.resize(memory.size() * 4);
      continue;
    }
    if (found == nullptr) {
      // Several errno values mean "not there", see getpwnam(3).
      if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) {
        return absl::NotFoundError(absl::StrCat("there is no Unix account ", what));
      }
      return absl::ErrnoToStatus(error, absl::StrCat("cannot look up the Unix account ", what));
    }
    base::Identity identity;
    identity.uid = record.pw_uid;
    identity.gid = record.pw_gid;
    int count = 64;
    std::vector<gid_t> groups(static_cast<size_t>(count));
    while (getgrouplist(record.pw_name, record.pw_gid, groups.data(), &count) < 0) {
      if (groups.size() >= kGroupsMax) {
        return absl::ResourceExhaustedError(absl::StrCat("too many groups of ", what));
      }
      if (count <= static_cast<int>(groups.size())) count = static_cast<int>(groups.size()) * 2;
      groups.resize(static_cast<size_t>(count));
    }
    groups.resize(static_cast<size_t>(count));
    identity.groups.assign(groups.begin(), groups.end());
    return identity;
  }
}

absl::StatusOr<base::Identity> ByName(const std::string& name) {
  return FromAccount(name, [&name](passwd* record, char* memory, size_t size, passwd** found) {
    return getpwnam_r(name.c_str(), record, memory, size, found);
  });
}

absl::StatusOr<base::Identity> ByUid(uint32_t uid) {
  return FromAccount(absl::StrCat(uid),
                     [uid](passwd* record, char* memory, size_t size, passwd** found) {
                       return getpwuid_r(uid, record, memory, size, found);
                     });
}

absl::StatusOr<base::Identity> Explicit(absl::string_view unix_user) {
  uint32_t uid = 0;
  if (!absl::SimpleAtoi(unix_user, &uid)) return ByName(std::string(unix_user));
  // -1 means "leave it as it is" to the kernel.
  if (uid == UINT32_MAX) return absl::InvalidArgumentError("4294967295 is not a uid");
  absl::StatusOr<base::Identity> identity = ByUid(uid);
  if (identity.ok() || !absl::IsNotFound(identity.status())) return identity;
  base::Identity bare;
  bare.uid = uid;
  bare.gid = uid;
  return bare;
}

}  // namespace

base::Identity ProcessIdentity() {
  base::Identity identity;
  identity.uid = geteuid();
  identity.gid = getegid();
  const int count = getgroups(0, nullptr);
  if (count > 0) {
    std::vector<gid_t> groups(static_cast<size_t>(count));
    const int got = getgroups(count, groups.data());
    if (got > 0) identity.groups.assign(groups.begin(), groups.begin() + got);
  }
  return identity;
}

absl::StatusOr<base::Identity> ResolveIdentity(const IdentityOptions& options,
                                               absl::string_view user_name,
                                               absl::string_view unix_user) {
  if (!options.can_switch) return ProcessIdentity();
  if (!unix_user.empty()) return Explicit(unix_user);
  for (const std::string& name : {std::string(user_name), absl::AsciiStrToLower(user_name)}) {
    absl::StatusOr<base::Identity> identity = ByName(name);
    if (identity.ok() && identity->uid != 0) return identity;
    if (!identity.ok() && !absl::IsNotFound(identity.status())) return identity;
  }
  if (options.fallback_account.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "there is no Unix account for the user ", user_name,
        "; add one, or give the user another account's rights with sluicectl user add"));
  }
  return ByName(options.fallback_account);
}

absl::StatusOr<base::Identity> ResolveGuestIdentity(const IdentityOptions& options) {
  if (!options.can_switch) return ProcessIdentity();
  if (options.fallback_account.empty()) {
    return absl::NotFoundError("there is no fallback account for guests");
  }
  return ByName(options.fallback_account);
}

}  // namespace sluice::auth

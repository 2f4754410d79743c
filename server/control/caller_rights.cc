#include "server/control/caller_rights.h"

#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/auth/user_store.h"
#include "server/base/control_limits.h"
#include "server/base/deadline_call.h"
#include "server/config/share_rules.h"

namespace sluice::control {
namespace {

constexpr size_t kRecordBytesMax = 1u << 20;
constexpr char kHowElse[] =
    "; root may, and others where the file says [server] control_unrestricted = true";

// As the gateway would take it. What cannot be looked up is nobody's account now, and is looked up
// again at the log-on: a name may become that of an account later, but root has one already.
bool IsRootAccount(const std::string& unix_user) {
  uint32_t uid = 0;
  if (absl::SimpleAtoi(unix_user, &uid)) return uid == 0;
  std::vector<char> memory(4096);
  passwd record{};
  passwd* found = nullptr;
  while (getpwnam_r(unix_user.c_str(), &record, memory.data(), memory.size(), &found) == ERANGE &&
         memory.size() < kRecordBytesMax) {
    memory.resize(memory.size() * 4);
  }
  return found != nullptr && found->pw_uid == 0;
}

struct Inode {
  dev_t device = 0;
  ino_t number = 0;
  bool operator==(const Inode& other) const {
    return device == other.device && number == other.number;
  }
};

// False where it is not there.
bool Find(const std::filesystem::path& path, Inode* inode) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return false;
  *inode = {status.st_dev, status.st_ino};
  return true;
}

// Whether `path` is `other` or below it, by any name. Both are without links.
bool IsWithin(std::filesystem::path path, const Inode& other) {
  while (true) {
    Inode inode;
    if (Find(path, &inode) && inode == other) return true;
    const std::filesystem::path parent = path.parent_path();
    if (parent == path || parent.empty()) return false;
    path = parent;
  }
}

// What is forbidden about the directory, which is without links; "" for nothing.
std::string Forbidden(const std::string& real, const std::string& state_directory) {
  std::error_code error;
  Inode served;
  if (!Find(real, &served)) return "";
  if (IsWithin("/", served)) return "the root directory";
  for (const char* system : {"/proc", "/sys", "/dev"}) {
    Inode inode;
    if (Find(system, &inode) && IsWithin(real, inode)) return system;
  }
  const std::filesystem::path state = std::filesystem::canonical(state_directory, error);
  Inode inode;
  if (error || !Find(state, &inode)) return "";
  if (IsWithin(state, served)) return "a directory with the gateway's state";
  return IsWithin(real, inode) ? "the gateway's state directory" : "";
}

}  // namespace

bool IsUnrestricted(const Call& call) {
  return call.caller.uid == 0 || call.context.configuration.started().control_unrestricted;
}

absl::Status CheckUserChange(const Call& call, absl::string_view name,
                             absl::string_view unix_user) {
  if (IsUnrestricted(call)) return absl::OkStatus();
  std::string account(unix_user);
  auth::User user;
  if (account.empty() && call.context.gateway.users().Find(name, &user)) account = user.unix_user;
  // Without an account of its own a user is never uid 0: see server/auth/identity_map.h.
  if (account.empty() || !IsRootAccount(account)) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("user ", name, " would act as uid 0 (Unix account ", account, ")", kHowElse));
}

absl::Status ResolveServedPath(const Call& call, std::string* resolved) {
  const absl::Status found = config::ResolveSharePath(resolved);
  if (!found.ok() || IsUnrestricted(call)) return found;
  const std::string& path = *resolved;
  const auto forbidden = std::make_shared<std::string>();
  const absl::Status answered = base::RunWithDeadline(
      [forbidden, path, state = call.context.configuration.started().gateway.state_dir] {
        *forbidden = Forbidden(path, state);
      },
      std::chrono::milliseconds(limits::kStorageAnswerMillis));
  if (!answered.ok()) {
    return absl::UnavailableError(
        absl::StrCat("path: the storage of ", path, " does not answer: ", answered.message()));
  }
  if (forbidden->empty()) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat("path: ", path, " is ", *forbidden, ", which may not be a share", kHowElse));
}

}  // namespace sluice::control

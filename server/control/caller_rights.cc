#include "server/control/caller_rights.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/auth/user_store.h"
#include "server/base/control_limits.h"
#include "server/base/deadline_call.h"
#include "server/config/share_rules.h"
#include "server/ring/credentials.h"

namespace sluice::control {
namespace {

constexpr size_t kRecordBytesMax = 1u << 20;
constexpr char kHowElse[] =
    "; root may, and others where the file says [server] control_unrestricted = true";

// The account's uid as the gateway would take it; none where there is no such account. An account
// that cannot be looked up counts as root's: it may be, at the log-on.
std::optional<uint32_t> UidOf(const std::string& unix_user) {
  uint32_t uid = 0;
  if (absl::SimpleAtoi(unix_user, &uid)) return uid;
  std::vector<char> memory(4096);
  passwd record{};
  passwd* found = nullptr;
  int error = 0;
  do {
    error = getpwnam_r(unix_user.c_str(), &record, memory.data(), memory.size(), &found);
    if (error == ERANGE) memory.resize(memory.size() * 4);
  } while ((error == ERANGE && memory.size() <= kRecordBytesMax) || error == EINTR);
  if (found != nullptr) return found->pw_uid;
  // These say "not there" as well, see getpwnam(3).
  if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) {
    return std::nullopt;
  }
  return 0;
}

// Whether a user with this account could take over the gateway: as root, or as the account that the
// gateway itself has, whose files are its state. Where users cannot have accounts of their own they
// all act as that one.
bool TakesOver(const std::string& unix_user) {
  const std::optional<uint32_t> uid = UidOf(unix_user);
  return uid == 0u || (uid == geteuid() && ring::CanChangeCredentials());
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

// Of the gateway: who can replace one of them has taken it over, or has destroyed what it recorded.
struct OwnFiles {
  std::string state_directory;
  std::vector<std::pair<std::string, const char*>> files;
};

OwnFiles OwnFilesOf(const config::Configuration& configuration) {
  const GatewayOptions& gateway = configuration.gateway;
  return {gateway.state_dir,
          {{configuration.control_socket, "the control socket"},
           {configuration.file, "the configuration file"},
           {configuration.log_file, "the log"},
           {gateway.audit_file, "the audit log"},
           {gateway.kerberos_keytab, "the keytab"}}};
}

// What is forbidden about the directory, which is without links; "" for nothing.
std::string Forbidden(const std::string& real, const OwnFiles& own) {
  std::error_code error;
  Inode served;
  if (!Find(real, &served)) return "";
  if (IsWithin("/", served)) return "the root directory";
  for (const char* system : {"/proc", "/sys", "/dev"}) {
    Inode inode;
    if (Find(system, &inode) && IsWithin(real, inode)) return system;
  }
  for (const auto& [file, what] : own.files) {
    if (file.empty()) continue;
    const std::filesystem::path directory =
        std::filesystem::canonical(std::filesystem::path(file).parent_path(), error);
    if (!error && IsWithin(directory, served)) return absl::StrCat("a directory with ", what);
  }
  const std::filesystem::path state = std::filesystem::canonical(own.state_directory, error);
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
  // Without an account that is named, a user has the one of its name, unless that is uid 0: see
  // server/auth/identity_map.h.
  const bool named = !account.empty();
  if (!named) account = absl::AsciiStrToLower(name);
  if (!TakesOver(account) || (!named && UidOf(account) == 0u)) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("user ", name, " would act as uid 0 or as the ",
                                                  "gateway itself (Unix account ", account, ")",
                                                  kHowElse));
}

absl::Status ResolveServedPath(const Call& call, std::string* resolved) {
  const absl::Status found = config::ResolveSharePath(resolved);
  if (!found.ok() || IsUnrestricted(call)) return found;
  const std::string& path = *resolved;
  const auto forbidden = std::make_shared<std::string>();
  const absl::Status answered = base::RunWithDeadline(
      [forbidden, path, own = OwnFilesOf(call.context.configuration.started())] {
        *forbidden = Forbidden(path, own);
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

#include "server/config/share_rules.h"

#include <sys/stat.h>

#include <chrono>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/control_limits.h"
#include "server/base/deadline_call.h"
#include "server/base/printable.h"

namespace sluice::config {
namespace {

constexpr size_t kShareNameMax = 80;  // [MS-SRVS] 2.2.4.23

}  // namespace

absl::Status CheckShareName(absl::string_view name) {
  if (name.empty() || name.size() > kShareNameMax ||
      name.find_first_of("\"\\/[]:|<>+=;,*?") != absl::string_view::npos ||
      !base::IsPrintable(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("name must be 1 to ", kShareNameMax,
                     " characters of UTF-8, none of \\ / [ ] : | < > + = ; , * ? \" and no "
                     "control characters"));
  }
  if (absl::EqualsIgnoreCase(name, "IPC$")) {
    return absl::InvalidArgumentError("name: IPC$ is always there and cannot be a directory");
  }
  return absl::OkStatus();
}

absl::Status CheckSharePath(const std::string& path) {
  if (path.empty() || path.front() != '/') {
    return absl::InvalidArgumentError("path must be an absolute path");
  }
  const auto is_directory = std::make_shared<bool>(false);
  const absl::Status answered = base::RunWithDeadline(
      [is_directory, path] {
        struct stat status {};
        *is_directory = stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
      },
      std::chrono::milliseconds(limits::kStorageAnswerMillis));
  if (!answered.ok()) {
    return absl::UnavailableError(
        absl::StrCat("path: the storage of ", path, " does not answer: ", answered.message()));
  }
  if (*is_directory) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("path: there is no directory ", path));
}

absl::string_view Name(StorageKind kind) {
  return kind == StorageKind::kMemory ? "memory" : "posix";
}

bool ParseStorage(absl::string_view name, StorageKind* kind) {
  for (const StorageKind known : {StorageKind::kPosix, StorageKind::kMemory}) {
    if (Name(known) != name) continue;
    *kind = known;
    return true;
  }
  return false;
}

}  // namespace sluice::config

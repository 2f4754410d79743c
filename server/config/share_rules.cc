#include "server/config/share_rules.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <memory>

#include "absl/strings/str_cat.h"
#include "server/base/control_limits.h"
#include "server/base/deadline_call.h"
#include "server/base/fold_name.h"
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
  if (base::SameName(name, "IPC$")) {
    return absl::InvalidArgumentError("name: IPC$ is always there and cannot be a directory");
  }
  return absl::OkStatus();
}

absl::Status ResolveSharePath(std::string* path) {
  if (path->empty() || path->front() != '/') {
    return absl::InvalidArgumentError("path must be an absolute path");
  }
  const auto real = std::make_shared<std::string>();
  const absl::Status answered = base::RunWithDeadline(
      [real, path = *path] {
        const std::unique_ptr<char, decltype(&std::free)> found(realpath(path.c_str(), nullptr),
                                                                &std::free);
        struct stat status {};
        if (found != nullptr && stat(found.get(), &status) == 0 && S_ISDIR(status.st_mode)) {
          *real = found.get();
        }
      },
      std::chrono::milliseconds(limits::kStorageAnswerMillis));
  if (!answered.ok()) {
    return absl::UnavailableError(
        absl::StrCat("path: the storage of ", *path, " does not answer: ", answered.message()));
  }
  if (real->empty()) {
    return absl::InvalidArgumentError(absl::StrCat("path: there is no directory ", *path));
  }
  *path = *real;
  return absl::OkStatus();
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

#include "server/base/state_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice::base {

absl::Status MakeStateDirectory(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("state_dir is not set");
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot make the state directory ", path, ": ", std::strerror(errno)));
}

absl::StatusOr<std::unique_ptr<StateDirectoryLock>> StateDirectoryLock::Take(
    const std::string& path) {
  if (absl::Status status = MakeStateDirectory(path); !status.ok()) return status;
  const std::string file = path + "/lock";
  const int fd = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
    return std::unique_ptr<StateDirectoryLock>(new StateDirectoryLock(fd));
  }
  const int error = errno;
  if (fd >= 0) close(fd);
  if (fd >= 0 && error == EWOULDBLOCK) {
    return absl::FailedPreconditionError(absl::StrCat("another gateway uses the state directory ",
                                                      path,
                                                      "; give each its own [server] state_dir"));
  }
  return absl::UnavailableError(absl::StrCat("cannot lock ", file, ": ", std::strerror(error)));
}

StateDirectoryLock::~StateDirectoryLock() { close(fd_); }

}  // namespace sluice::base

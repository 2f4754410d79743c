#include "server/base/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::base {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  // Errors of the close itself, for what was written.
  int Close() { return close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

absl::Status SystemError(absl::string_view what, absl::string_view path) {
  const int error = errno;
  return absl::InternalError(absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(error)));
}

}  // namespace

absl::Status ReplaceFile(const std::string& path, absl::string_view text) {
  const std::string temporary = path + ".new";
  unlink(temporary.c_str());  // of a gateway that was killed while writing it
  FileDescriptor fd(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0) return SystemError("create", temporary);
  const auto fail = [&temporary](absl::string_view what) {
    absl::Status status = SystemError(what, temporary);
    unlink(temporary.c_str());
    return status;
  };
  while (!text.empty()) {
    const ssize_t n = write(fd.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail("write");
    text.remove_prefix(static_cast<size_t>(n));
  }
  if (fsync(fd.get()) != 0 || fd.Close() != 0) return fail("write");
  if (rename(temporary.c_str(), path.c_str()) != 0) return fail("rename");
  const size_t slash = path.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : (slash == 0 ? "/" : path.substr(0, slash));
  const FileDescriptor directory_fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory_fd.get() < 0 || fsync(directory_fd.get()) != 0) {
    return SystemError("sync the directory", directory);
  }
  return absl::OkStatus();
}

}  // namespace sluice::base

#include "server/base/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
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

std::atomic<int (*)(int)> directory_sync{nullptr};

int SyncDirectory(int fd) {
  int (*const sync)(int) = directory_sync.load(std::memory_order_relaxed);
  return sync == nullptr ? fsync(fd) : sync(fd);
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : (slash == 0 ? "/" : path.substr(0, slash));
}

// How the new file came to its place, and so what brings back the old one.
enum class Placed { kNot, kExchanged, kFirst, kOverwritten };

Placed Place(const char* temporary, const char* path) {
  if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) == 0) {
    return Placed::kExchanged;
  }
  const bool first = errno == ENOENT;
  // A file system that cannot exchange names; it has no way back.
  if (!first && errno != EINVAL && errno != ENOSYS) return Placed::kNot;
  if (rename(temporary, path) != 0) return Placed::kNot;
  return first ? Placed::kFirst : Placed::kOverwritten;
}

bool TakeBack(Placed placed, const char* temporary, const char* path) {
  if (placed == Placed::kFirst) return unlink(path) == 0;
  return placed == Placed::kExchanged &&
         renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_EXCHANGE) == 0;
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
  const std::string directory = DirectoryOf(path);
  const FileDescriptor directory_fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory_fd.get() < 0) return fail("open the directory of");
  const Placed placed = Place(temporary.c_str(), path.c_str());
  if (placed == Placed::kNot) return fail("rename");
  if (SyncDirectory(directory_fd.get()) != 0) {
    absl::Status status = SystemError("sync the directory", directory);
    if (!TakeBack(placed, temporary.c_str(), path.c_str())) {
      return absl::InternalError(absl::StrCat(
          status.message(), "; what was written may hold after a restart of the gateway"));
    }
    unlink(temporary.c_str());
    return status;
  }
  // The old text, if there was one.
  unlink(temporary.c_str());
  return absl::OkStatus();
}

void SetDirectorySyncForTest(int (*sync)(int fd)) {
  directory_sync.store(sync, std::memory_order_relaxed);
}

}  // namespace sluice::base

#include "server/base/line_file.h"

#include <fcntl.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/control_limits.h"
#include "server/base/deadline_call.h"

namespace sluice::base {
namespace {

constexpr std::chrono::milliseconds kOpenTimeout{limits::kStorageAnswerMillis};

absl::StatusOr<int> OpenForAppending(const std::string& path) {
  if (path.empty()) return STDERR_FILENO;
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd >= 0) return fd;
  return absl::UnavailableError(
      absl::StrCat("cannot open ", path, " for writing: ", std::strerror(errno)));
}

struct Opened {
  ~Opened() {
    if (fd.ok() && *fd != STDERR_FILENO) close(*fd);
  }
  absl::StatusOr<int> fd = STDERR_FILENO;
};

// spdlog's own file sinks take their mode from the umask, and throw.
class DescriptorSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit DescriptorSink(int fd) : fd_(fd) {}
  ~DescriptorSink() override { CloseDescriptor(fd_); }

  void Replace(int fd) {
    std::lock_guard<std::mutex> lock(mutex_);
    CloseDescriptor(std::exchange(fd_, fd));
    mid_line_ = false;
  }
  uint64_t failed() const { return failed_.load(std::memory_order_relaxed); }

 private:
  static void CloseDescriptor(int fd) {
    if (fd != STDERR_FILENO) close(fd);
  }

  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    const bool separate = mid_line_;
    if (separate) line.push_back('\n');
    formatter_->format(message, line);
    size_t written = 0;
    while (written < line.size()) {
      const ssize_t n = write(fd_, line.data() + written, line.size() - written);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        failed_.fetch_add(1, std::memory_order_relaxed);
        if (written != 0) mid_line_ = !TakeBack(written) || separate;
        return;
      }
      written += static_cast<size_t>(n);
    }
    mid_line_ = false;
  }
  // Cuts off the last bytes of the file. False where it is no file that this can be done to.
  bool TakeBack(size_t bytes) const {
    struct stat status {};
    return fstat(fd_, &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_size >= static_cast<off_t>(bytes) &&
           ftruncate(fd_, status.st_size - static_cast<off_t>(bytes)) == 0;
  }
  void flush_() override {}

  int fd_;
  // The file ends in the beginning of a line.
  bool mid_line_ = false;
  std::atomic<uint64_t> failed_{0};
};

}  // namespace

class LineFile::Impl {
 public:
  Impl(std::string path, int fd)
      : path_(std::move(path)),
        sink_(std::make_shared<DescriptorSink>(fd)),
        pool_(std::make_shared<spdlog::details::thread_pool>(line_file_lines_max, 1)),
        logger_(std::make_shared<spdlog::async_logger>(
            "sluice", sink_, pool_, spdlog::async_overflow_policy::overrun_oldest)) {
    sink_->set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
  }

  void Write(absl::string_view line) {
    logger_->log(spdlog::level::critical, spdlog::string_view_t(line.data(), line.size()));
  }
  absl::Status Reopen() {
    // The thread may outlive this object: the file belongs to whoever looks last.
    const auto opened = std::make_shared<Opened>();
    const absl::Status answered = RunWithDeadline(
        [opened, path = path_] { opened->fd = OpenForAppending(path); }, kOpenTimeout);
    if (!answered.ok()) {
      return absl::UnavailableError(
          absl::StrCat("cannot open ", path_, " for writing: ", answered.message()));
    }
    if (opened->fd.ok()) sink_->Replace(std::exchange(*opened->fd, STDERR_FILENO));
    return opened->fd.status();
  }
  uint64_t lost() const { return pool_->overrun_counter() + sink_->failed(); }

 private:
  const std::string path_;
  const std::shared_ptr<DescriptorSink> sink_;
  // Its end waits until everything queued is written; the messages in the queue own the logger.
  const std::shared_ptr<spdlog::details::thread_pool> pool_;
  const std::shared_ptr<spdlog::async_logger> logger_;
};

absl::StatusOr<std::unique_ptr<LineFile>> LineFile::Open(std::string path) {
  const absl::StatusOr<int> fd = OpenForAppending(path);
  if (!fd.ok()) return fd.status();
  return std::unique_ptr<LineFile>(new LineFile(std::make_unique<Impl>(std::move(path), *fd)));
}

LineFile::LineFile(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LineFile::~LineFile() = default;
void LineFile::Write(absl::string_view line) { impl_->Write(line); }
absl::Status LineFile::Reopen() { return impl_->Reopen(); }
uint64_t LineFile::lost() const { return impl_->lost(); }

}  // namespace sluice::base

#include "server/base/log.h"

#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "server/base/clock.h"
#include "server/base/json_text.h"
#include "server/base/line_file.h"
#include "server/base/printable.h"

namespace sluice::base {
namespace {

std::atomic<LogLevel> current_level{LogLevel::kInfo};
std::atomic<LogFormat> current_format{LogFormat::kText};

struct Destination {
  std::mutex mutex;
  std::shared_ptr<LineFile> file;  // mutex; null: the caller writes to standard error
};

// Never destroyed: threads may log while the process ends.
Destination& TheDestination() {
  static Destination& destination = *new Destination;
  return destination;
}

std::shared_ptr<LineFile> Exchange(std::shared_ptr<LineFile> next) {
  Destination& destination = TheDestination();
  std::lock_guard<std::mutex> lock(destination.mutex);
  destination.file.swap(next);
  return next;
}

std::shared_ptr<LineFile> Current() {
  Destination& destination = TheDestination();
  std::lock_guard<std::mutex> lock(destination.mutex);
  return destination.file;
}

absl::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      break;
  }
  return "error";
}

std::string AsText(LogLevel level, const LogIds& ids, absl::string_view line) {
  std::string text = absl::StrCat(UtcTime(SystemClock().WallNanos()), " ", Name(level), " ");
  if (ids.connection != 0 || ids.session != 0) {
    absl::StrAppend(&text, "[c", ids.connection);
    if (ids.session != 0) {
      absl::StrAppend(&text, " s", absl::Hex(ids.session, absl::kZeroPad16));
    }
    text += "] ";
  }
  return text + Printable(line);
}

std::string AsJson(LogLevel level, const LogIds& ids, absl::string_view line) {
  JsonLine json;
  json.Add("time", UtcTime(SystemClock().WallNanos()));
  json.Add("level", Name(level));
  if (ids.connection != 0) json.Add("connection", ids.connection);
  if (ids.session != 0) json.AddHex("session", ids.session);
  json.Add("message", line);
  return json.Finish();
}

}  // namespace

void SetLogLevel(LogLevel level) { current_level.store(level, std::memory_order_relaxed); }
bool LogEnabled(LogLevel level) { return level >= current_level.load(std::memory_order_relaxed); }
void SetLogFormat(LogFormat format) { current_format.store(format, std::memory_order_relaxed); }

absl::Status OpenLog(const std::string& path) {
  absl::StatusOr<std::unique_ptr<LineFile>> file = LineFile::Open(path);
  if (!file.ok()) return file.status();
  Exchange(*std::move(file));
  return absl::OkStatus();
}

absl::Status ReopenLog() {
  const std::shared_ptr<LineFile> file = Current();
  return file == nullptr ? absl::OkStatus() : file->Reopen();
}

void CloseLog() { Exchange(nullptr); }

uint64_t LostLogLines() {
  const std::shared_ptr<LineFile> file = Current();
  return file == nullptr ? 0 : file->lost();
}

void LogLine(LogLevel level, const LogIds& ids, absl::string_view line) {
  const bool json = current_format.load(std::memory_order_relaxed) == LogFormat::kJson;
  std::string text = json ? AsJson(level, ids, line) : AsText(level, ids, line);
  if (const std::shared_ptr<LineFile> file = Current(); file != nullptr) {
    file->Write(text);
    return;
  }
  text += '\n';
  // Nothing can be done about a standard error that takes nothing.
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

}  // namespace sluice::base

// Logging: one line per event, printf-style, with levels. Never pass a secret.
#ifndef SLUICE_SERVER_BASE_LOG_H_
#define SLUICE_SERVER_BASE_LOG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace sluice::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// What a line is about; 0: nothing of that kind.
struct LogIds {
  uint64_t connection = 0;
  uint64_t session = 0;
};

// Lines below `level` are dropped; kInfo at first. Thread-safe, as everything here.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);
// kText at first: "2026-01-31T12:00:00.123Z info [c17 s00000000deadbeef] message". JSON has the
// members time, level, connection, session and message.
void SetLogFormat(LogFormat format);

// Sends the lines to `path`, or for "" to standard error, by a thread of its own. Until then, and
// after CloseLog, the caller itself writes to standard error.
absl::Status OpenLog(const std::string& path);
// Opens the path again, for whoever has renamed the file.
absl::Status ReopenLog();
// Writes what waits.
void CloseLog();
// Lines that nobody will read: the queue or the disk was full.
uint64_t LostLogLines();

// Writes one line.
void LogLine(LogLevel level, const LogIds& ids, absl::string_view line);

template <typename... Args>
void LogWithIds(LogLevel level, const LogIds& ids, const absl::FormatSpec<Args...>& format,
                const Args&... args) {
  if (LogEnabled(level)) LogLine(level, ids, absl::StrFormat(format, args...));
}

template <typename... Args>
void Log(LogLevel level, const absl::FormatSpec<Args...>& format, const Args&... args) {
  if (LogEnabled(level)) LogLine(level, LogIds(), absl::StrFormat(format, args...));
}

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_LOG_H_

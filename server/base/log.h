// Logging: one line per event, printf-style, with levels. Never pass a secret.
#ifndef SLUICE_SERVER_BASE_LOG_H_
#define SLUICE_SERVER_BASE_LOG_H_

#include <string>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"

namespace sluice::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Lines below `level` are dropped; kInfo at first. Thread-safe.
void SetLogLevel(LogLevel level);
bool LogEnabled(LogLevel level);
// Writes one line to standard error. Thread-safe.
void LogLine(LogLevel level, absl::string_view line);

template <typename... Args>
void Log(LogLevel level, const absl::FormatSpec<Args...>& format, const Args&... args) {
  if (LogEnabled(level)) LogLine(level, absl::StrFormat(format, args...));
}

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_LOG_H_

// The audit log: who did what, one JSON object a line, for whoever must account for it.
//
// Members: time, event, ok, and of user, client, connection, session, share, path, new_path,
// status, detail those that the event has. Never a password, nor anything made from one.
#ifndef SLUICE_SERVER_BASE_AUDIT_LOG_H_
#define SLUICE_SERVER_BASE_AUDIT_LOG_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/clock.h"

namespace sluice::base {

class LineFile;

// Absent members ("" and 0) are left out of the line.
struct AuditEvent {
  // "logon", "logoff", "refused", "share", "open", "rename", "delete", "admin".
  absl::string_view event;
  bool ok = true;
  absl::string_view user;
  absl::string_view client;  // address and port; for "admin" the peer of the control socket
  uint64_t connection = 0;
  uint64_t session = 0;
  absl::string_view share;
  absl::string_view path;      // from the share's root, with '/'
  absl::string_view new_path;  // "rename"
  absl::string_view status;    // the NTSTATUS of what was refused
  absl::string_view detail;    // in plain words: why, or which command
};

// Thread-safe.
class AuditLog {
 public:
  // Appends to `path`. `clock` outlives the log.
  static absl::StatusOr<std::unique_ptr<AuditLog>> Open(std::string path, Clock& clock);
  // Writes what waits.
  ~AuditLog();
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;

  // Never waits for the disk: a thread of the log's own writes.
  void Write(const AuditEvent& event);
  // Opens the path again, for whoever has renamed the file.
  absl::Status Reopen();
  // Events that could not be kept; the log says so itself, in an event "lost" with their number,
  // once it can write again.
  uint64_t lost() const;

 private:
  AuditLog(std::unique_ptr<LineFile> file, Clock& clock);

  void ReportLost();

  const std::unique_ptr<LineFile> file_;
  Clock& clock_;
  std::atomic<uint64_t> reported_lost_{0};
};

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_AUDIT_LOG_H_

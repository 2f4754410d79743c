#include "server/base/audit_log.h"

#include <utility>

#include "server/base/json_text.h"
#include "server/base/line_file.h"

namespace sluice::base {
namespace {

void AddUnlessEmpty(JsonLine& line, absl::string_view name, absl::string_view value) {
  if (!value.empty()) line.Add(name, value);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AuditLog>> AuditLog::Open(std::string path, Clock& clock) {
  absl::StatusOr<std::unique_ptr<LineFile>> file = LineFile::Open(std::move(path));
  if (!file.ok()) return file.status();
  return std::unique_ptr<AuditLog>(new AuditLog(*std::move(file), clock));
}

AuditLog::AuditLog(std::unique_ptr<LineFile> file, Clock& clock)
    : file_(std::move(file)), clock_(clock) {}
AuditLog::~AuditLog() { ReportLost(); }

void AuditLog::Write(const AuditEvent& event) {
  ReportLost();
  JsonLine line;
  line.Add("time", UtcTime(clock_.WallNanos()));
  line.Add("event", event.event);
  line.Add("ok", event.ok);
  AddUnlessEmpty(line, "user", event.user);
  AddUnlessEmpty(line, "client", event.client);
  if (event.connection != 0) line.Add("connection", event.connection);
  if (event.session != 0) line.AddHex("session", event.session);
  AddUnlessEmpty(line, "share", event.share);
  AddUnlessEmpty(line, "path", event.path);
  AddUnlessEmpty(line, "new_path", event.new_path);
  AddUnlessEmpty(line, "status", event.status);
  AddUnlessEmpty(line, "detail", event.detail);
  file_->Write(line.Finish());
}

void AuditLog::ReportLost() {
  const uint64_t lost = file_->lost();
  if (reported_lost_.exchange(lost, std::memory_order_relaxed) == lost) return;
  JsonLine line;
  line.Add("time", UtcTime(clock_.WallNanos()));
  line.Add("event", "lost");
  line.Add("ok", false);
  line.Add("events", lost);
  file_->Write(line.Finish());
}

absl::Status AuditLog::Reopen() { return file_->Reopen(); }
uint64_t AuditLog::lost() const { return file_->lost(); }

}  // namespace sluice::base

#include "server/smb/file_audit.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "proto/wire/utf16.h"
#include "server/fs/posix_security.h"

namespace sluice::smb {

using proto::NtStatus;

namespace {

constexpr uint32_t kChanges =
    fs::kFileWriteData | fs::kFileAppendData | fs::kDelete | fs::kWriteDac | fs::kWriteOwner;

absl::string_view ActionName(uint32_t action) {
  switch (action) {
    case proto::kActionCreated:
      return "created";
    case proto::kActionOverwritten:
      return "overwritten";
    case proto::kActionSuperseded:
      return "superseded";
    default:
      return "opened for change";
  }
}

std::string PathOf(const fs::OpenFile& file) {
  std::string path = file.node->PathOf(file);
  if (!file.stream.empty()) absl::StrAppend(&path, ":", file.stream);
  return path;
}

void Write(Request& request, base::AuditEvent event, NtStatus status) {
  event.ok = proto::IsSuccess(status);
  const std::string name = event.ok ? "" : proto::Name(status);
  event.status = name;
  request.exchange->Audit(event);
}

}  // namespace

void AuditCreate(Request& request, const proto::CreateRequest& create, NtStatus status,
                 const fs::OpenFile* file, uint32_t action) {
  if (!request.exchange->audits()) return;
  if (file == nullptr) {
    if (status != NtStatus::kAccessDenied && status != NtStatus::kMediaWriteProtected) return;
    std::string path;
    if (!proto::Utf16ToUtf8(create.name, &path)) return;
    std::replace(path.begin(), path.end(), '\\', '/');
    Write(request, {.event = "open", .path = path}, status);
    return;
  }
  if (action == proto::kActionOpened && (file->mode.access & kChanges) == 0) return;
  const std::string path = PathOf(*file);
  Write(request, {.event = "open", .path = path, .detail = ActionName(action)}, status);
  if ((create.create_options & proto::kOptionDeleteOnClose) != 0) {
    Write(request, {.event = "delete", .path = path, .detail = "when closed"}, status);
  }
}

std::string AuditedPath(const Request& request, const fs::OpenFile& file) {
  return request.exchange->audits() ? PathOf(file) : std::string();
}

void AuditRename(Request& request, const fs::OpenFile& file, const std::string& before,
                 NtStatus status) {
  if (!request.exchange->audits()) return;
  const std::string now = proto::IsSuccess(status) ? PathOf(file) : std::string();
  Write(request, {.event = "rename", .path = before, .new_path = now}, status);
}

void AuditDelete(Request& request, const fs::OpenFile& file, NtStatus status) {
  if (!request.exchange->audits()) return;
  const std::string path = PathOf(file);
  Write(request, {.event = "delete", .path = path, .detail = "when closed"}, status);
}

}  // namespace sluice::smb

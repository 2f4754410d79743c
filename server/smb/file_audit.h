// What the audit log is told of files, for shares that are audited. Costs a branch otherwise.
#ifndef SLUICE_SERVER_SMB_FILE_AUDIT_H_
#define SLUICE_SERVER_SMB_FILE_AUDIT_H_

#include <string>

#include "proto/smb2/create.h"
#include "proto/status/nt_status.h"
#include "server/fs/open_file.h"
#include "server/smb/request.h"

namespace sluice::smb {

// A CREATE that may change something, or that was denied. `file` is null unless it succeeded.
void AuditCreate(Request& request, const proto::CreateRequest& create, proto::NtStatus status,
                 const fs::OpenFile* file, uint32_t action);

// The open's name now, for AuditChange after a rename; "" where nothing is audited.
std::string AuditedPath(const Request& request, const fs::OpenFile& file);

// A SET_INFO that renamed the file from `before`, or marked it to be deleted.
void AuditRename(Request& request, const fs::OpenFile& file, const std::string& before,
                 proto::NtStatus status);
void AuditDelete(Request& request, const fs::OpenFile& file, proto::NtStatus status);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_FILE_AUDIT_H_

// The handlers of the commands on files and directories, one source file each.
#ifndef SLUICE_SERVER_SMB_FILE_HANDLERS_H_
#define SLUICE_SERVER_SMB_FILE_HANDLERS_H_

#include "proto/status/nt_status.h"
#include "server/ring/task.h"
#include "server/smb/request.h"

namespace sluice::smb {

ring::Task<proto::NtStatus> HandleCreate(Request& request);          // [MS-SMB2] 3.3.5.9
ring::Task<proto::NtStatus> HandleClose(Request& request);           // 3.3.5.10
ring::Task<proto::NtStatus> HandleFlush(Request& request);           // 3.3.5.11
ring::Task<proto::NtStatus> HandleRead(Request& request);            // 3.3.5.12
ring::Task<proto::NtStatus> HandleWrite(Request& request);           // 3.3.5.13
ring::Task<proto::NtStatus> HandleLock(Request& request);            // 3.3.5.14
ring::Task<proto::NtStatus> HandleQueryDirectory(Request& request);  // 3.3.5.18
ring::Task<proto::NtStatus> HandleChangeNotify(Request& request);    // 3.3.5.19
ring::Task<proto::NtStatus> HandleQueryInfo(Request& request);       // 3.3.5.20
ring::Task<proto::NtStatus> HandleSetInfo(Request& request);         // 3.3.5.21

// An OPLOCK_BREAK about the file `request.open` [MS-SMB2] 3.3.5.22.1.
proto::NtStatus AcknowledgeOplockBreak(Request& request);

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_FILE_HANDLERS_H_

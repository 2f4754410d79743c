// The commands on named pipes, which is what IPC$ has instead of files.
#ifndef SLUICE_SERVER_SMB_PIPE_HANDLERS_H_
#define SLUICE_SERVER_SMB_PIPE_HANDLERS_H_

#include "proto/status/nt_status.h"
#include "server/ring/task.h"
#include "server/smb/dispatch.h"
#include "server/smb/request.h"

namespace sluice::smb {

ring::Task<proto::NtStatus> HandlePipeCreate(Request& request);
ring::Task<proto::NtStatus> HandlePipeClose(Request& request);
ring::Task<proto::NtStatus> HandlePipeFlush(Request& request);
ring::Task<proto::NtStatus> HandlePipeRead(Request& request);
ring::Task<proto::NtStatus> HandlePipeWrite(Request& request);
ring::Task<proto::NtStatus> HandlePipeQueryInfo(Request& request);

ring::Task<proto::NtStatus> FsctlPipeWait(FsctlCall& call);        // [MS-FSCC] 2.3.49
ring::Task<proto::NtStatus> FsctlPipePeek(FsctlCall& call);        // [MS-FSCC] 2.3.45
ring::Task<proto::NtStatus> FsctlPipeTransceive(FsctlCall& call);  // [MS-SMB2] 3.3.5.15.10

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_PIPE_HANDLERS_H_

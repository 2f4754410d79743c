// The handlers of the commands on connections, sessions and trees, and of IOCTL's front.
#ifndef SLUICE_SERVER_SMB_CORE_HANDLERS_H_
#define SLUICE_SERVER_SMB_CORE_HANDLERS_H_

#include "proto/status/nt_status.h"
#include "server/ring/task.h"
#include "server/smb/dispatch.h"
#include "server/smb/request.h"

namespace sluice::smb {

ring::Task<proto::NtStatus> HandleNegotiate(Request& request);       // [MS-SMB2] 3.3.5.3, 3.3.5.4
ring::Task<proto::NtStatus> HandleSessionSetup(Request& request);    // 3.3.5.5
ring::Task<proto::NtStatus> HandleLogoff(Request& request);          // 3.3.5.6
ring::Task<proto::NtStatus> HandleTreeConnect(Request& request);     // 3.3.5.7
ring::Task<proto::NtStatus> HandleTreeDisconnect(Request& request);  // 3.3.5.8
ring::Task<proto::NtStatus> HandleIoctl(Request& request);           // 3.3.5.15
ring::Task<proto::NtStatus> HandleEcho(Request& request);            // 3.3.5.17
ring::Task<proto::NtStatus> HandleOplockBreak(Request& request);     // 3.3.5.22

// FSCTLs that are not about files.
ring::Task<proto::NtStatus> FsctlValidateNegotiateInfo(FsctlCall& call);      // 3.3.5.15.12
ring::Task<proto::NtStatus> FsctlQueryNetworkInterfaceInfo(FsctlCall& call);  // 3.3.5.15.11
ring::Task<proto::NtStatus> FsctlDfsGetReferrals(FsctlCall& call);            // 3.3.5.15.2

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_CORE_HANDLERS_H_

// ECHO and OPLOCK_BREAK [MS-SMB2] 3.3.5.17, 3.3.5.22.
#include "proto/smb2/echo.h"
#include "proto/smb2/oplock_break.h"
#include "server/smb/chain.h"
#include "server/smb/core_handlers.h"
#include "server/smb/file_handlers.h"

namespace sluice::smb {

using proto::NtStatus;

ring::Task<NtStatus> HandleEcho(Request& request) {
  proto::EchoResponse().Encode(request.response.body());
  co_return NtStatus::kOk;
}

// No lease is ever granted, so none can be breaking.
ring::Task<NtStatus> HandleOplockBreak(Request& request) {
  constexpr size_t kFileIdOffset = 72;
  switch (proto::OplockBreakFormOf(request.message)) {
    case proto::OplockBreakForm::kOplock:
      request.open = request.chain->LookUpOpen(kFileIdOffset);
      if (request.open == nullptr) co_return NtStatus::kFileClosed;
      co_return AcknowledgeOplockBreak(request);
    case proto::OplockBreakForm::kLease:
      co_return NtStatus::kObjectNameNotFound;
    case proto::OplockBreakForm::kInvalid:
    case proto::OplockBreakForm::kLeaseNotification:
      break;
  }
  co_return NtStatus::kInvalidParameter;
}

}  // namespace sluice::smb

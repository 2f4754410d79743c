// CHANGE_NOTIFY [MS-SMB2] 3.3.5.19: validated, and refused, which tells clients to look themselves.
#include "proto/smb2/change_notify.h"

#include "server/fs/posix_security.h"
#include "server/session/connection_state.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"

namespace sluice::smb {

using proto::NtStatus;

ring::Task<NtStatus> HandleChangeNotify(Request& request) {
  proto::ChangeNotifyRequest decoded;
  if (!proto::ChangeNotifyRequest::Decode(request.message, &decoded)) {
    co_return NtStatus::kInvalidParameter;
  }
  if (decoded.output_buffer_length > request.negotiated.terms().transact_bytes_max) {
    co_return NtStatus::kInvalidParameter;
  }
  const fs::OpenFile& file = *FileOf(request);
  if (!file.directory) co_return NtStatus::kInvalidParameter;
  if (!file.Granted(fs::kFileReadData)) co_return NtStatus::kAccessDenied;
  co_return NtStatus::kNotSupported;
}

}  // namespace sluice::smb

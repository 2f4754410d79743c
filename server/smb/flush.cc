// FLUSH [MS-SMB2] 3.3.5.11.
#include "proto/smb2/flush.h"

#include <memory>

#include "server/fs/posix_security.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"

namespace sluice::smb {

using proto::NtStatus;

ring::Task<NtStatus> HandleFlush(Request& request) {
  proto::FlushRequest decoded;
  if (!proto::FlushRequest::Decode(request.message, &decoded)) {
    co_return NtStatus::kInvalidParameter;
  }
  const std::shared_ptr<fs::OpenFile> file = FileOf(request);
  if (!file->Granted(fs::kFileWriteData | fs::kFileAppendData)) co_return NtStatus::kAccessDenied;
  const int error = co_await file->file->Sync();
  if (error != 0) co_return proto::FromErrno(error);
  co_await file->volume->CommitWrites(*file);
  proto::FlushResponse{}.Encode(request.response.body());
  co_return NtStatus::kOk;
}

}  // namespace sluice::smb

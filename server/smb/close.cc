// CLOSE [MS-SMB2] 3.3.5.10.
#include "proto/smb2/close.h"

#include <memory>

#include "server/fs/file_times.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"

namespace sluice::smb {

using proto::NtStatus;

ring::Task<NtStatus> HandleClose(Request& request) {
  proto::CloseRequest decoded;
  if (!proto::CloseRequest::Decode(request.message, &decoded)) {
    co_return NtStatus::kInvalidParameter;
  }
  if (!request.RemoveOpen()) co_return NtStatus::kFileClosed;
  const std::shared_ptr<fs::OpenFile> file = FileOf(request);
  const bool wants_attributes = (decoded.flags & proto::kClosePostqueryAttributes) != 0;
  fs::FileMetadata metadata;
  co_await file->volume->Close(file, wants_attributes ? &metadata : nullptr);

  proto::CloseResponse response;
  if (wants_attributes && metadata.attributes != 0) {
    response.flags = proto::kClosePostqueryAttributes;
    response.creation_time = fs::ToFileTime(metadata.created);
    response.last_access_time = fs::ToFileTime(metadata.stat.accessed);
    response.last_write_time = fs::ToFileTime(metadata.stat.modified);
    response.change_time = fs::ToFileTime(metadata.stat.modified);
    response.allocation_size = metadata.allocation;
    response.end_of_file = metadata.end_of_file;
    response.file_attributes = metadata.attributes;
  }
  response.Encode(request.response.body());
  co_return NtStatus::kOk;
}

}  // namespace sluice::smb

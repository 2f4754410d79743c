// WRITE [MS-SMB2] 3.3.5.13. Data goes from the buffer that it was received into straight to
// storage; nothing is allocated.
#include "proto/smb2/write.h"

#include "proto/smb2/create.h"
#include "proto/smb2/read.h"
#include "server/fs/posix_security.h"
#include "server/ring/loop.h"
#include "server/session/connection_state.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"

namespace sluice::smb {
namespace {

using proto::NtStatus;

// At the end of the file, wherever that is.
constexpr uint64_t kAppend = UINT64_MAX;

NtStatus Check(const Request& request, const proto::WriteRequest& write, const fs::OpenFile& file) {
  if (write.data.size() > request.negotiated.terms().write_bytes_max) {
    return NtStatus::kInvalidParameter;
  }
  if (write.channel != proto::kChannelNone) return NtStatus::kInvalidParameter;
  if (file.directory || file.symlink) return NtStatus::kInvalidDeviceRequest;
  if (!file.Granted(fs::kFileWriteData | fs::kFileAppendData)) return NtStatus::kAccessDenied;
  if (write.offset == kAppend) {
    return file.Granted(fs::kFileAppendData) ? NtStatus::kOk : NtStatus::kInvalidParameter;
  }
  const bool beyond = write.offset > static_cast<uint64_t>(INT64_MAX) ||
                      write.data.size() > static_cast<uint64_t>(INT64_MAX) - write.offset;
  return beyond ? NtStatus::kInvalidParameter : NtStatus::kOk;
}

// Without the right to write data an open may only add to the end.
ring::Task<NtStatus> PlaceAppend(fs::OpenFile& file, proto::WriteRequest* write) {
  storage::Result<storage::Stat> stat = co_await file.file->GetStat();
  if (!stat.ok()) co_return proto::FromErrno(stat.error());
  if (write->offset == kAppend) write->offset = stat->size;
  const bool overwrites = write->offset < stat->size;
  co_return overwrites && !file.Granted(fs::kFileWriteData) ? NtStatus::kAccessDenied
                                                            : NtStatus::kOk;
}

NtStatus StatusOf(int64_t written, size_t wanted) {
  if (written == -EFBIG) return NtStatus::kDiskFull;
  if (written < 0) return proto::FromErrno(static_cast<int>(written));
  return static_cast<uint64_t>(written) < wanted ? NtStatus::kDiskFull : NtStatus::kOk;
}

}  // namespace

ring::Task<NtStatus> HandleWrite(Request& request) {
  proto::WriteRequest write;
  if (!proto::WriteRequest::Decode(request.message, &write)) co_return NtStatus::kInvalidParameter;
  fs::OpenFile& file = *FileOf(request);  // the request holds it
  NtStatus status = Check(request, write, file);
  if (status == NtStatus::kOk && (write.offset == kAppend || !file.Granted(fs::kFileWriteData))) {
    status = co_await PlaceAppend(file, &write);
  }
  if (status != NtStatus::kOk) co_return status;

  if (!write.data.empty()) {
    status = file.node->BeginWrite(file, {write.offset, write.data.size()},
                                   request.loop.clock().MonotonicNanos(), file.write_time_frozen);
    if (status != NtStatus::kOk) co_return status;
    file.wrote = true;
    const int64_t written = co_await file.file->Write(write.data, write.offset);
    status = StatusOf(written, write.data.size());
    if (status != NtStatus::kOk) co_return status;
    const bool through = (write.flags & proto::kWriteFlagWriteThrough) != 0 ||
                         (file.options & proto::kOptionWriteThrough) != 0;
    if (through) {
      const int error = co_await file.file->Sync();
      if (error != 0) co_return proto::FromErrno(error);
    }
    file.position = write.offset + write.data.size();
  }
  proto::WriteResponse response;
  response.count = static_cast<uint32_t>(write.data.size());
  response.Encode(request.response.body());
  co_return NtStatus::kOk;
}

}  // namespace sluice::smb

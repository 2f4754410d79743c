// READ [MS-SMB2] 3.3.5.12. Data goes from storage straight to its place in the response, or, much
// of it that is neither signed nor encrypted, from the page cache to the socket without being
// copied; nothing is allocated.
#include "proto/smb2/read.h"

#include <cerrno>
#include <utility>

#include "server/fs/posix_security.h"
#include "server/session/connection_state.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"

namespace sluice::smb {
namespace {

using proto::NtStatus;

NtStatus Check(const Request& request, const proto::ReadRequest& read, const fs::OpenFile& file) {
  if (read.length > request.negotiated.terms().read_bytes_max) return NtStatus::kInvalidParameter;
  if (read.channel != proto::kChannelNone) return NtStatus::kInvalidParameter;
  if (file.directory || file.symlink) return NtStatus::kInvalidDeviceRequest;
  if (!file.Granted(fs::kFileReadData | fs::kFileExecute)) return NtStatus::kAccessDenied;
  // Neither the first byte nor the last may lie beyond what a file's offsets can be.
  if (read.offset > static_cast<uint64_t>(INT64_MAX) - read.length) {
    return NtStatus::kInvalidParameter;
  }
  if (read.length == 0) return NtStatus::kOk;
  return file.node->CheckRead(file, {read.offset, read.length});
}

}  // namespace

ring::Task<NtStatus> HandleRead(Request& request) {
  proto::ReadRequest read;
  if (!proto::ReadRequest::Decode(request.message, &read)) co_return NtStatus::kInvalidParameter;
  fs::OpenFile& file = *FileOf(request);  // the request holds it
  const NtStatus status = Check(request, read, file);
  if (status != NtStatus::kOk) co_return status;

  int64_t bytes = 0;
  bool copy = read.length != 0;
  if (ring::Pipe pipe = request.TakePipe(read.offset, read.length)) {
    bytes = co_await file.file->ReadToPipe(pipe, read.offset, read.length);
    copy = bytes == -EOPNOTSUPP || bytes == -EINVAL;
    if (bytes > 0) request.response.SetTail(std::move(pipe));
  }
  const bool tail = bytes > 0;
  if (copy) {
    const absl::Span<uint8_t> message = request.response.message();
    if (message.size() < proto::ReadResponse::kDataOffset + read.length) {
      co_return NtStatus::kInsufficientResources;
    }
    const absl::Span<uint8_t> room = message.subspan(proto::ReadResponse::kDataOffset, read.length);
    bytes = co_await file.file->Read(room, read.offset);
  }
  if (bytes < 0) co_return proto::FromErrno(static_cast<int>(bytes));
  if (bytes == 0 && read.length != 0) co_return NtStatus::kEndOfFile;
  if (static_cast<uint64_t>(bytes) < read.minimum_count) co_return NtStatus::kEndOfFile;
  file.position = read.offset + static_cast<uint64_t>(bytes);
  proto::ReadResponse response;
  response.data_length = static_cast<uint32_t>(bytes);
  response.Encode(request.response.body());
  if (!tail) request.response.body().Advance(static_cast<size_t>(bytes));
  co_return NtStatus::kOk;
}

}  // namespace sluice::smb

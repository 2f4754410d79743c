// CHANGE_NOTIFY [MS-SMB2] 3.3.5.19: waits until something changes in a directory.
#include "proto/smb2/change_notify.h"

#include <memory>
#include <vector>

#include "proto/fscc/notify_info.h"
#include "server/fs/change_watches.h"
#include "server/fs/posix_security.h"
#include "server/session/connection_state.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"

namespace sluice::smb {
namespace {

using proto::NtStatus;

NtStatus Check(const Request& request, const proto::ChangeNotifyRequest& notify,
               const fs::OpenFile& file) {
  if (notify.output_buffer_length > request.negotiated.terms().transact_bytes_max) {
    return NtStatus::kInvalidParameter;
  }
  if (file.closed) return NtStatus::kFileClosed;  // nobody would remove its watch
  if (!file.directory) return NtStatus::kInvalidParameter;
  return file.Granted(fs::kFileReadData) ? NtStatus::kOk : NtStatus::kAccessDenied;
}

// NOTIFY_ENUM_DIR goes out with an empty list, other statuses as errors.
NtStatus Respond(NtStatus status, const std::vector<proto::NotifyEntry>& entries,
                 Request& request) {
  if (status != NtStatus::kOk && status != NtStatus::kNotifyEnumDir) return status;
  proto::Writer& body = request.response.body();
  proto::OutputBufferResponse::Begin(body);
  proto::EncodeNotifyList(entries, body);
  proto::OutputBufferResponse::End(body);
  if (body.ok()) return status;
  request.response.ResetBody();
  return NtStatus::kInsufficientResources;
}

}  // namespace

ring::Task<NtStatus> HandleChangeNotify(Request& request) {
  proto::ChangeNotifyRequest notify;
  if (!proto::ChangeNotifyRequest::Decode(request.message, &notify)) {
    co_return NtStatus::kInvalidParameter;
  }
  const std::shared_ptr<fs::OpenFile> file = FileOf(request);
  const NtStatus status = Check(request, notify, *file);
  if (status != NtStatus::kOk) co_return status;

  fs::WatchTerms terms;
  terms.filter = notify.completion_filter;
  terms.tree = (notify.flags & proto::kWatchTree) != 0;
  terms.buffer_bytes = notify.output_buffer_length;
  fs::Volume& volume = *file->volume;
  fs::ChangeWait wait(volume.watches(), volume.Watch(*file, terms), notify.output_buffer_length);
  if (!wait.TryFinish()) {
    // It may be for ever: a client that cannot be told so must not wait.
    if (!request.SendInterim()) co_return NtStatus::kInternalError;
    request.OnCancel([&wait] { wait.Cancel(); });
    co_await wait;
    request.OnCancel(nullptr);
  }
  const bool ended = wait.status() == NtStatus::kCancelled && request.ended();
  co_return Respond(ended ? NtStatus::kNotifyCleanup : wait.status(), wait.entries(), request);
}

}  // namespace sluice::smb

// CREATE [MS-SMB2] 3.3.5.9. What it does to files is fs::Volume's.
#include "proto/smb2/create.h"

#include <memory>
#include <utility>
#include <vector>

#include "server/fs/file_times.h"
#include "server/smb/create_contexts.h"
#include "server/smb/file_audit.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"
#include "server/smb/symlink.h"

namespace sluice::smb {
namespace {

using proto::NtStatus;

void Respond(const CreateExtras& extras, const fs::CreateResult& result, Request& request) {
  const fs::FileMetadata& metadata = result.metadata;
  proto::CreateResponse response;
  response.oplock_level = OplockToWire(result.open->oplock);
  response.create_action = result.action;
  response.creation_time = fs::ToFileTime(metadata.created);
  response.last_access_time = fs::ToFileTime(metadata.stat.accessed);
  response.last_write_time = fs::ToFileTime(metadata.stat.modified);
  response.change_time = fs::ToFileTime(metadata.stat.modified);
  response.allocation_size = metadata.allocation;
  response.end_of_file = metadata.end_of_file;
  response.file_attributes = metadata.attributes;
  if ((metadata.attributes & fs::kAttributeReparsePoint) != 0) {
    response.flags = proto::kCreateFlagReparsePoint;
  }
  response.file_id = request.open->id();

  CreateAnswers answers;
  answers.maximal_access = result.maximal_access;
  answers.file_id = result.open->volume->FileIdOf(metadata.stat);
  answers.volume_id = result.open->volume->serial();
  proto::Writer contexts(request.response.message());
  contexts.Zeros(proto::CreateResponse::kContextsOffset);
  const size_t bytes = WriteCreateContexts(extras, answers, contexts);
  if (bytes != 0 && contexts.ok()) {
    response.create_contexts =
        contexts.written().subspan(proto::CreateResponse::kContextsOffset, bytes);
  }
  response.Encode(request.response.body());
}

// Tells the client where the link leads; it looks the name up anew [MS-SMB2] 3.3.5.9.
NtStatus StopOnSymlink(const fs::CreateResult& result, absl::Span<const uint8_t> name,
                       Request& request) {
  const std::vector<uint8_t> data =
      SymlinkErrorData(result.link_target, result.unparsed, name, Response::kErrorDataMax);
  if (data.empty()) {
    return result.unparsed.empty() ? NtStatus::kObjectNameNotFound : NtStatus::kObjectPathNotFound;
  }
  request.response.SetErrorData(data);
  return NtStatus::kStoppedOnSymlink;
}

// As Volume::Create, and waits for the oplocks that must break before.
ring::Task<NtStatus> CreateWaiting(Request& request, const fs::CreateParams& params,
                                   fs::CreateResult* result) {
  fs::Volume& volume = *request.share->volume;
  NtStatus status = co_await volume.Create(params, result);
  while (status == NtStatus::kOplockBreakInProgress) {
    const std::shared_ptr<fs::FileNode> node = std::move(result->breaking);
    request.SendInterim();
    fs::FileNode::BreakWait wait(node.get(), request.loop);
    request.OnCancel([&wait] { wait.Cancel(); });
    status = co_await wait;
    request.OnCancel(nullptr);
    if (status == NtStatus::kOk) status = co_await volume.Create(params, result);
  }
  co_return status;
}

}  // namespace

ring::Task<NtStatus> HandleCreate(Request& request) {
  proto::CreateRequest decoded;
  if (!proto::CreateRequest::Decode(request.message, &decoded)) {
    co_return NtStatus::kInvalidParameter;
  }
  if (decoded.impersonation_level > proto::kImpersonationDelegate) {
    co_return NtStatus::kBadImpersonationLevel;
  }
  CreateExtras extras;
  NtStatus status = ParseCreateContexts(decoded.create_contexts, &extras);
  if (status != NtStatus::kOk) co_return status;

  fs::CreateParams params;
  params.who = request.who;
  params.name = decoded.name;
  params.desired_access = decoded.desired_access;
  params.file_attributes = decoded.file_attributes;
  params.share_access = decoded.share_access;
  params.disposition = decoded.create_disposition;
  params.options = decoded.create_options;
  params.allocation = extras.allocation;
  params.eas = extras.eas;
  params.security_descriptor = extras.security_descriptor;
  params.wants_maximal_access = extras.maximal_access;
  params.oplock = OplockFromWire(decoded.requested_oplock_level);
  fs::CreateResult result;
  status = co_await CreateWaiting(request, params, &result);
  if (status == NtStatus::kStoppedOnSymlink) status = StopOnSymlink(result, decoded.name, request);
  AuditCreate(request, decoded, status, result.open.get(), result.action);
  if (status != NtStatus::kOk) co_return status;

  const auto open = std::make_shared<FileOpen>(request.share->shared_from_this(), result.open);
  status = request.AddOpen(open);
  if (status != NtStatus::kOk) {
    co_await open->Close();
    co_return status;
  }
  Respond(extras, result, request);
  co_return NtStatus::kOk;
}

}  // namespace sluice::smb

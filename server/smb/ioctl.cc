// The front of IOCTL [MS-SMB2] 3.3.5.15: what is common to all FSCTLs, and their table.
#include "proto/smb2/ioctl.h"

#include <algorithm>
#include <array>

#include "proto/smb2/fsctl.h"
#include "server/session/connection_state.h"
#include "server/smb/chain.h"
#include "server/smb/core_handlers.h"
#include "server/smb/pipe_handlers.h"
#include "server/smb/session_state.h"

namespace sluice::smb {

using proto::NtStatus;

namespace {

using Needs = FsctlRow::Needs;

// Sorted by nothing: it is short, and IOCTL is not on the hot path.
constexpr std::array<FsctlRow, 7> kCoreFsctls = {{
    {proto::kFsctlValidateNegotiateInfo, "VALIDATE_NEGOTIATE_INFO", Needs::kNothing, false,
     FsctlValidateNegotiateInfo},
    {proto::kFsctlQueryNetworkInterfaceInfo, "QUERY_NETWORK_INTERFACE_INFO", Needs::kNothing, false,
     FsctlQueryNetworkInterfaceInfo},
    {proto::kFsctlDfsGetReferrals, "DFS_GET_REFERRALS", Needs::kNothing, false,
     FsctlDfsGetReferrals},
    {proto::kFsctlDfsGetReferralsEx, "DFS_GET_REFERRALS_EX", Needs::kNothing, false,
     FsctlDfsGetReferrals},
    {proto::kFsctlPipeWait, "PIPE_WAIT", Needs::kNothing, false, FsctlPipeWait},
    {proto::kFsctlPipeTransceive, "PIPE_TRANSCEIVE", Needs::kPipe, false, FsctlPipeTransceive},
    {proto::kFsctlPipePeek, "PIPE_PEEK", Needs::kPipe, false, FsctlPipePeek},
}};

// The open that the FSCTL is about, into the request.
NtStatus FindOpen(Request& request, const proto::IoctlRequest& decoded, const FsctlRow* row) {
  constexpr size_t kFileIdOffset = 72;
  const bool names_one = decoded.file_id != proto::kAnyFileId || request.header.related();
  if (names_one) request.open = request.chain->LookUpOpen(kFileIdOffset);
  if (row == nullptr) {
    return names_one && request.open == nullptr ? NtStatus::kFileClosed
                                                : NtStatus::kInvalidDeviceRequest;
  }
  if (row->needs == Needs::kNothing) return NtStatus::kOk;
  if (request.open == nullptr) return NtStatus::kFileClosed;
  const Open::Kind kind = row->needs == Needs::kFile ? Open::Kind::kFile : Open::Kind::kPipe;
  if (request.open->kind() != kind) return NtStatus::kInvalidDeviceRequest;
  if (row->may_modify && request.share->read_only) return NtStatus::kMediaWriteProtected;
  if (row->may_modify && !StateOf(*request.tree).MayModify(*request.session)) {
    return NtStatus::kAccessDenied;
  }
  return NtStatus::kOk;
}

}  // namespace

const FsctlRow* FindFsctl(uint32_t code) {
  for (const FsctlRow& row : kCoreFsctls) {
    if (row.code == code) return &row;
  }
  for (const FsctlRow& row : FileFsctls()) {
    if (row.code == code) return &row;
  }
  return nullptr;
}

absl::Span<const FsctlRow> CoreFsctls() { return kCoreFsctls; }

ring::Task<NtStatus> HandleIoctl(Request& request) {
  proto::IoctlRequest decoded;
  if (!proto::IoctlRequest::Decode(request.message, &decoded)) {
    co_return NtStatus::kInvalidParameter;
  }
  if (decoded.flags != proto::kIoctlIsFsctl) co_return NtStatus::kNotSupported;
  const uint32_t bytes_max = request.negotiated.terms().transact_bytes_max;
  if (decoded.input.size() > bytes_max || decoded.max_output_response > bytes_max ||
      decoded.max_input_response > bytes_max) {
    co_return NtStatus::kInvalidParameter;
  }
  const FsctlRow* const row = FindFsctl(decoded.ctl_code);
  NtStatus status = FindOpen(request, decoded, row);
  if (status != NtStatus::kOk) co_return status;

  const absl::Span<uint8_t> message = request.response.message();
  if (message.size() < proto::IoctlResponse::kOutputOffset) {
    co_return NtStatus::kInsufficientResources;
  }
  const absl::Span<uint8_t> room = message.subspan(proto::IoctlResponse::kOutputOffset);
  FsctlCall call{request, decoded.ctl_code, decoded.input,
                 room.subspan(0, std::min<size_t>(room.size(), decoded.max_output_response))};
  status = co_await row->handler(call);
  if (!proto::IsSuccess(status) && status != NtStatus::kBufferOverflow && !call.keep_output) {
    co_return status;
  }
  proto::IoctlResponse response;
  response.ctl_code = decoded.ctl_code;
  response.file_id = decoded.file_id;
  response.output = call.output.subspan(0, call.output_bytes);
  request.response.KeepBody();
  response.Encode(request.response.body());
  co_return status;
}

}  // namespace sluice::smb

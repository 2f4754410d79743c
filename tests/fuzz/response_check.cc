#include "tests/fuzz/response_check.h"

#include "absl/strings/str_cat.h"
#include "proto/smb2/change_notify.h"
#include "proto/smb2/close.h"
#include "proto/smb2/create.h"
#include "proto/smb2/create_context.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/error.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/ioctl.h"
#include "proto/smb2/lock.h"
#include "proto/smb2/logoff.h"
#include "proto/smb2/negotiate.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/read.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/structure_size.h"
#include "proto/smb2/tree_connect.h"
#include "proto/smb2/tree_disconnect.h"
#include "proto/smb2/write.h"
#include "proto/status/nt_status.h"
#include "tests/fuzz/fuzz_server.h"

namespace sluice::fuzz {
namespace {

using proto::Command;
using proto::NtStatus;

template <typename Response>
bool Decodes(absl::Span<const uint8_t> message) {
  Response response;
  return Response::Decode(message, &response);
}

bool CreateDecodes(absl::Span<const uint8_t> message) {
  proto::CreateResponse response;
  proto::CreateContextList contexts;
  return proto::CreateResponse::Decode(message, &response) &&
         (response.create_contexts.empty() ||
          proto::DecodeCreateContexts(response.create_contexts, &contexts));
}

bool BodyDecodes(Command command, absl::Span<const uint8_t> message) {
  switch (command) {
    case Command::kNegotiate:
      return Decodes<proto::NegotiateResponse>(message);
    case Command::kSessionSetup:
      return Decodes<proto::SessionSetupResponse>(message);
    case Command::kLogoff:
      return Decodes<proto::LogoffResponse>(message);
    case Command::kTreeConnect:
      return Decodes<proto::TreeConnectResponse>(message);
    case Command::kTreeDisconnect:
      return Decodes<proto::TreeDisconnectResponse>(message);
    case Command::kCreate:
      return CreateDecodes(message);
    case Command::kClose:
      return Decodes<proto::CloseResponse>(message);
    case Command::kFlush:
      return Decodes<proto::FlushResponse>(message);
    case Command::kRead:
      return Decodes<proto::ReadResponse>(message);
    case Command::kWrite:
      return Decodes<proto::WriteResponse>(message);
    case Command::kLock:
      return Decodes<proto::LockResponse>(message);
    case Command::kIoctl:
      return Decodes<proto::IoctlResponse>(message);
    case Command::kEcho:
      return Decodes<proto::EchoResponse>(message);
    case Command::kQueryDirectory:
      return Decodes<proto::QueryDirectoryResponse>(message);
    case Command::kChangeNotify:
      return Decodes<proto::ChangeNotifyResponse>(message);
    case Command::kQueryInfo:
      return Decodes<proto::QueryInfoResponse>(message);
    case Command::kSetInfo:
      return Decodes<proto::SetInfoResponse>(message);
    case Command::kCancel:
    case Command::kOplockBreak:
      break;
  }
  return proto::ResponseSizeIsRight(command, message);
}

}  // namespace

void CheckResponse(const proto::Header& header, absl::Span<const uint8_t> message) {
  const auto status = static_cast<NtStatus>(header.status);
  const auto fail = [&](const char* what) {
    Finding(absl::StrCat("response to ", proto::CommandName(header.command), " with ",
                         proto::Name(status), ": ", what));
  };
  if (!header.response()) fail("is none");
  if (header.next_command != 0 && header.next_command % 8 != 0) fail("is not aligned");
  if (status == NtStatus::kPending && !header.async()) fail("pending without an async id");
  if (status == NtStatus::kOk) {
    if (!BodyDecodes(header.command, message)) fail("does not decode");
    return;
  }
  // Some warnings carry the command's normal body.
  if (!Decodes<proto::ErrorResponse>(message) && !BodyDecodes(header.command, message)) {
    fail("is neither an error nor an answer");
  }
}

}  // namespace sluice::fuzz

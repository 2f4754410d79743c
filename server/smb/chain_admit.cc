// May this command run? The rules of [MS-SMB2] 3.3.5.2 in their order: flags, signature, session,
// tree, open, sizes. What they find is put into the request.
#include <algorithm>
#include <utility>

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"
#include "server/session/credits.h"
#include "server/smb/chain.h"
#include "server/smb/session_state.h"
#include "server/smb/smb_connection.h"
#include "server/smb/worker.h"

namespace sluice::smb {

using proto::Command;
using proto::NtStatus;

namespace {

// With an expired session a client may still clean up [MS-SMB2] 3.3.5.2.9.
bool AllowedWhenExpired(Command command) {
  return command == Command::kLogoff || command == Command::kClose || command == Command::kLock ||
         command == Command::kTreeDisconnect;
}

}  // namespace

NtStatus Chain::Admit(Part& part, const CommandRow** row) {
  if (smb1_) {
    *row = row_ = &Commands()[0];
    return NtStatus::kOk;
  }
  const SessionStatus found = FindSession(part);
  sign_ = part.check == Check::kQueued && part.job.ok;

  const size_t opcode = static_cast<size_t>(part.header.command);
  if (sealed_ && session_ != nullptr && session_ != sealer_) return NtStatus::kAccessDenied;
  if (session_ != nullptr && StateOf(*session_).reject_plain && !sealed_ &&
      part.header.command != Command::kSessionSetup) {
    return NtStatus::kAccessDenied;
  }
  if (opcode >= Commands().size()) return NtStatus::kInvalidParameter;
  *row = row_ = &Commands()[opcode];

  if (const NtStatus status = CheckFlags(part); status != NtStatus::kOk) return status;
  if (part.header.related() && found == SessionStatus::kNone) return NtStatus::kInvalidParameter;
  if (const NtStatus status = CheckSignature(part); status != NtStatus::kOk) return status;
  if (part.header.command == Command::kCancel) return NtStatus::kOk;
  if (!proto::RequestSizeIsRight(part.header.command, part.message)) {
    return NtStatus::kInvalidParameter;
  }
  if (part.header.related() && create_error_ != NtStatus::kOk) return create_error_;
  if (row_->needs_session) {
    if (const NtStatus status = CheckSession(*row_, found); status != NtStatus::kOk) return status;
  }
  if (row_->needs_tree) {
    if (const NtStatus status = CheckTree(*row_); status != NtStatus::kOk) return status;
  }
  if (const NtStatus status = CheckSizes(part, *row_); status != NtStatus::kOk) return status;
  if (row_->file_id_offset != kNoFileId) return CheckOpen(*row_);
  if (row_->command == Command::kCreate) return CheckOpenLimits();
  return NtStatus::kOk;
}

// Before anything is opened or created; AddOpen() asks again.
NtStatus Chain::CheckOpenLimits() {
  const Quotas& quotas = worker_.server().quotas;
  if (!quotas.HasRoomForOpen(*QuotaOfUser())) {
    worker_.counters().opens_refused.Add();
    return NtStatus::kTooManyOpenedFiles;
  }
  return NtStatus::kOk;
}

Chain::SessionStatus Chain::FindSession(const Part& part) {
  if (!part.header.related()) {
    last_session_id_ = part.header.session_id;
    last_tree_id_ = part.header.tree_id;
    last_session_found_ = false;
    last_file_id_.reset();
    create_error_ = NtStatus::kOk;
  } else if (!last_session_found_) {
    return SessionStatus::kNone;
  }
  session_ = connection_->FindSession(last_session_id_);
  if (session_ == nullptr) return SessionStatus::kNone;
  switch (session_->StateAt(worker_.loop().now())) {
    case session::SessionState::kInProgress:
      return SessionStatus::kNone;
    case session::SessionState::kValid:
      last_session_found_ = true;
      return SessionStatus::kUsable;
    case session::SessionState::kExpired:
      last_session_found_ = true;
      return SessionStatus::kExpired;
  }
  return SessionStatus::kNone;
}

NtStatus Chain::CheckFlags(const Part& part) const {
  const proto::Dialect dialect = connection_->dialect();
  uint32_t allowed = proto::kFlagRelated | proto::kFlagSigned | proto::kFlagDfs;
  if (part.header.command == Command::kCancel) allowed |= proto::kFlagAsync;
  if (dialect >= proto::Dialect::kSmb300) allowed |= proto::kFlagReplay;
  if (dialect >= proto::Dialect::kSmb311 || part.header.command == Command::kNegotiate) {
    allowed |= proto::kFlagPriorityMask;
  }
  if ((part.header.flags & ~allowed) != 0) return NtStatus::kInvalidParameter;
  if (part.header.command == Command::kNegotiate && part.header.is_signed()) {
    return NtStatus::kInvalidParameter;
  }
  return NtStatus::kOk;
}

// [MS-SMB2] 3.3.5.2.4. Where a signature is needed nothing of the command is looked at before it is
// known to be right.
NtStatus Chain::CheckSignature(const Part& part) const {
  if (sealed_) return NtStatus::kOk;
  const session::SessionCryptoState* keys = session_ == nullptr ? nullptr : session_->crypto();
  if (keys == nullptr) {
    // A SESSION_SETUP may be signed with a key that its session does not have yet.
    if (!part.header.is_signed() || part.header.command == Command::kSessionSetup) {
      return NtStatus::kOk;
    }
    return NtStatus::kUserSessionDeleted;
  }
  switch (keys->ShouldVerify(part.header.is_signed(), sealed_)) {
    case session::Verification::kNotNeeded:
      return NtStatus::kOk;
    case session::Verification::kRefuse:
      return NtStatus::kAccessDenied;
    case session::Verification::kVerify:
      break;
  }
  const bool right =
      part.check == Check::kQueued && part.verifier.get() == session_.get() && part.job.ok;
  if (!right) {
    worker_.counters().wrong_signatures.Add();
    return NtStatus::kAccessDenied;
  }
  return NtStatus::kOk;
}

NtStatus Chain::CheckSession(const CommandRow& row, SessionStatus found) {
  if (found == SessionStatus::kNone) return NtStatus::kUserSessionDeleted;
  if (found == SessionStatus::kExpired && !AllowedWhenExpired(row.command)) {
    if (row.command == Command::kCreate) create_error_ = NtStatus::kNetworkSessionExpired;
    return NtStatus::kNetworkSessionExpired;
  }
  request_->session = session_.get();
  who_ = session_->user().identity;
  request_->who = who_.get();
  return NtStatus::kOk;
}

NtStatus Chain::CheckTree(const CommandRow& row) {
  tree_ = session_->FindTree(last_tree_id_);
  if (tree_ == nullptr) return NtStatus::kNetworkNameDeleted;
  const TreeState& state = StateOf(*tree_);
  if (state.reject_plain && !sealed_) return NtStatus::kAccessDenied;
  request_->tree = tree_.get();
  request_->share = state.share.get();
  if (state.share->kind == ShareKind::kPipe && row.pipe_handler == nullptr) {
    return NtStatus::kNotSupported;
  }
  if (row.may_modify && state.share->read_only) return NtStatus::kMediaWriteProtected;
  if (state.share->kind == ShareKind::kPipe || !row.may_modify) return NtStatus::kOk;
  return state.MayModify(*session_) ? NtStatus::kOk : NtStatus::kAccessDenied;
}

// [MS-SMB2] 3.3.5.2.5.
NtStatus Chain::CheckSizes(const Part& part, const CommandRow& row) const {
  if (row.payload == nullptr) return NtStatus::kOk;
  const bool paid = session::ChargeCovers(connection_->multi_credit(), part.header.credit_charge,
                                          row.payload(part.message));
  return paid ? NtStatus::kOk : NtStatus::kInvalidParameter;
}

NtStatus Chain::CheckOpen(const CommandRow& row) {
  request_->open = LookUpOpen(static_cast<size_t>(row.file_id_offset));
  return request_->open == nullptr ? NtStatus::kFileClosed : NtStatus::kOk;
}

// A related command names the open of the command before, whatever FileId it carries. What is
// inherited is the FileId, never the open: the command before may have run in another session or
// tree, and the open may have been closed since. So each command's open is looked up in the table
// of the session, and in the tree, that the command itself runs in.
std::shared_ptr<Open> Chain::LookUpOpen(size_t offset) {
  proto::FileId id;
  if (request_->header.related() && last_file_id_.has_value()) {
    id = *last_file_id_;
  } else {
    proto::Reader reader(request_->message);
    reader.Skip(offset);
    id = proto::FileId::Read(reader);
    if (!reader.ok()) return nullptr;
  }
  std::shared_ptr<Open> open = StateOf(*session_).opens.Find(id, tree_->id);
  if (open == nullptr) return nullptr;
  const bool pipe = request_->share->kind == ShareKind::kPipe;
  if (open->kind() != (pipe ? Open::Kind::kPipe : Open::Kind::kFile)) return nullptr;
  last_file_id_ = id;
  return open;
}

}  // namespace sluice::smb

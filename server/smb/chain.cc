#include "server/smb/chain.h"

#include <utility>

#include "server/ring/buffer_account.h"
#include "server/smb/oplock_notice.h"
#include "server/smb/session_state.h"
#include "server/smb/smb_connection.h"
#include "server/smb/tree_access.h"
#include "server/smb/worker.h"

namespace sluice::smb {

void Chain::Dispatch() {
  if (!connection_->alive()) {
    Discard();
    return;
  }
  if (sealed_ && !FinishOpening()) {
    connection_->Drop(net::CloseReason::kProtocolError);
    Discard();
    return;
  }
  running_ = true;
  ring::Spawn(Run(this));
}

ring::Task<void> Chain::Run(Chain* chain) {
  for (chain->index_ = 0; chain->index_ < chain->parts_.size(); ++chain->index_) {
    Part& part = chain->parts_[chain->index_];
    chain->BeginRequest(part);
    chain->worker_.counters().requests.Add();
    const CommandRow* row = nullptr;
    proto::NtStatus status = chain->Admit(part, &row);
    if (part.header.command == proto::Command::kCancel) {
      if (status == proto::NtStatus::kOk) chain->connection_->CancelRequest(part.header, *chain);
      continue;
    }
    const bool pipe =
        chain->request_->share != nullptr && chain->request_->share->kind == ShareKind::kPipe;
    if (status == proto::NtStatus::kOk && !pipe) {
      if (const size_t bytes = chain->BytesToRead(part); bytes >= LargeReads::kBytesMin) {
        co_await chain->worker_.large_reads().Begin(*chain->connection_, bytes);
        status = chain->CheckOpen(*row);  // a CLOSE may have come meanwhile
      } else if (row->command == proto::Command::kCreate) {
        if (TreeIsJudged(*chain->request_)) {
          status = AdmitCreate(*chain->request_);
        } else {
          status = co_await JudgeCreate(*chain->request_);
        }
      }
      const size_t room = chain->RoomToAwait(part);
      if (status == proto::NtStatus::kOk && !chain->TakeRoom(room)) {
        chain->worker_.counters().answers_waited.Add();
        ring::BufferTurn turn(chain->connection_->account(), OutBytes(room));
        const bool open = co_await turn;
        if (!open || chain->ended_) {
          status = proto::NtStatus::kCancelled;
        } else {
          chain->TakeRoom(room);
          status = chain->CheckOpen(*row);  // a CLOSE may have come meanwhile
        }
      }
    }
    if (status == proto::NtStatus::kOk) {
      status = co_await (pipe ? row->pipe_handler : row->handler)(*chain->request_);
    }
    chain->FinishRequest(status);
    if (!chain->connection_->alive()) break;
  }
  chain->Finish();
}

void Chain::BeginRequest(Part& part) {
  request_.emplace(
      Request{*connection_, connection_->state(), worker_.loop(), part.header, part.message});
  request_->exchange = this;
  request_->chain = this;
  request_->response.source_ = this;
  row_ = nullptr;
  session_.reset();
  who_.reset();
  tree_.reset();
  cancelled_ = false;
  ended_ = false;
  cancel_ = nullptr;
  async_id_ = 0;
  force_signature_ = false;
  sign_ = false;
  hash_response_ = nullptr;
}

void Chain::Finish() {
  SendOut();
  Recycle();
}

void Chain::Discard() { Recycle(); }

void Chain::Recycle() {
  const std::shared_ptr<SmbConnection> connection = std::move(connection_);
  request_.reset();
  session_.reset();
  who_.reset();
  tree_.reset();
  last_file_id_.reset();
  new_opens_.clear();
  cancel_ = nullptr;
  parts_.clear();
  frame_.buffer.Reset();
  frame_.bytes = {};
  smb1_ = false;
  sealed_ = false;
  sealer_.reset();
  running_ = false;
  last_session_id_ = 0;
  last_tree_id_ = 0;
  last_session_found_ = false;
  create_error_ = proto::NtStatus::kOk;
  connection->RemoveChain(this);
  worker_.ReturnChain(this);
}

bool Chain::IsTargetOfCancel(const proto::Header& cancel, const Chain& canceller) const {
  if (!running_ || !request_.has_value()) return false;
  // Ids are the connection's; whether the CANCEL had to be signed or encrypted is its session's.
  if (session_ != canceller.session_) return false;
  if (tree_ != nullptr && StateOf(*tree_).reject_plain && !canceller.sealed_) return false;
  // Whoever guesses passwords may not choose how long the answer takes.
  if (request_->header.command == proto::Command::kSessionSetup) return false;
  if (cancel.async()) return async_id_ != 0 && async_id_ == cancel.async_id;
  return request_->header.message_id == cancel.message_id &&
         request_->header.command != proto::Command::kCancel;
}

bool Chain::RunsIn(const session::Session* session, const session::Tree* tree) const {
  return running_ && session_.get() == session && (tree == nullptr || tree_.get() == tree);
}

void Chain::Cancel(bool ended) {
  if (std::exchange(cancelled_, true)) return;
  ended_ = ended;
  // The function may end the request, and with it itself.
  if (const std::function<void()> cancel = std::exchange(cancel_, nullptr)) cancel();
}

void Chain::OnCancel(std::function<void()> cancel) {
  cancel_ = nullptr;
  if (cancel && cancelled_) {
    cancel();
    return;
  }
  cancel_ = std::move(cancel);
}

proto::NtStatus Chain::AddOpen(std::shared_ptr<Open> open) {
  // Nobody would close what a session or tree connect that has ended in the meantime has open.
  if (connection_->FindSession(session_->id()) != session_) {
    return proto::NtStatus::kUserSessionDeleted;
  }
  if (session_->FindTree(tree_->id) != tree_) return proto::NtStatus::kNetworkNameDeleted;
  OpenTable& opens = StateOf(*session_).opens;
  if (opens.size() >= worker_.preferences().limits.opens_per_session ||
      (open->place = worker_.server().quotas.TakeOpen(QuotaOfUser())) == nullptr ||
      !opens.Insert(open, tree_->id)) {
    worker_.counters().opens_refused.Add();
    return proto::NtStatus::kTooManyOpenedFiles;
  }
  last_file_id_ = open->id();
  if (open->can_break()) {
    new_opens_.push_back(
        {open, MakeBreakNotifier(*connection_, *session_, open->id(), NeedsSealing())});
  }
  request_->open = std::move(open);
  return proto::NtStatus::kOk;
}

// A session's user may change.
const std::shared_ptr<Quotas::User>& Chain::QuotaOfUser() {
  std::shared_ptr<Quotas::User>& quota = StateOf(*session_).quota;
  const std::string& user = session_->user().name;
  if (quota == nullptr || quota->name != user) quota = worker_.server().quotas.ForUser(user);
  return quota;
}

bool Chain::RemoveOpen() {
  return StateOf(*session_).opens.Remove(request_->open->id()) != nullptr;
}

bool Chain::audits() const {
  return worker_.server().audit != nullptr && tree_ != nullptr && StateOf(*tree_).audit;
}

void Chain::Audit(base::AuditEvent event) {
  base::AuditLog* const log = worker_.server().audit;
  if (log == nullptr) return;
  event.client = connection_->peer();
  event.connection = connection_->state().id();
  if (session_ != nullptr) {
    event.session = session_->id();
    if (event.user.empty()) event.user = session_->user().name;
  }
  if (tree_ != nullptr) event.share = tree_->share_name;
  log->Write(event);
}

void Chain::SetSession(std::shared_ptr<session::Session> session) {
  session_ = std::move(session);
  request_->session = session_.get();
  request_->header.session_id = session_ == nullptr ? 0 : session_->id();
  if (session_ == nullptr) return;
  last_session_id_ = session_->id();
  last_session_found_ = true;
}

void Chain::SetTree(std::shared_ptr<session::Tree> tree) {
  tree_ = std::move(tree);
  request_->tree = tree_.get();
  request_->header.tree_id = tree_ == nullptr ? 0 : tree_->id;
  if (tree_ != nullptr) last_tree_id_ = tree_->id;
}

}  // namespace sluice::smb

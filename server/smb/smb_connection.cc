#include "server/smb/smb_connection.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "server/base/log.h"
#include "server/base/net_limits.h"
#include "server/base/refusal_log.h"
#include "server/smb/chain.h"
#include "server/smb/refusal.h"
#include "server/smb/session_state.h"
#include "server/smb/worker.h"

namespace sluice::smb {

namespace {

constexpr uint64_t kNanosPerMilli = 1'000'000;
// Between two looks at an authentication that is being worked on.
constexpr uint64_t kBusyNanos = 1'000'000'000;

size_t FrameLimit(bool has_session) {
  return has_session ? limits::frame_bytes_max : limits::unauthenticated_frame_bytes_max;
}

net::ConnectionOptions TransportOptions(Worker& worker, ring::BufferAccount& account) {
  net::ConnectionOptions options;
  options.handshake_timeout_ms = worker.preferences().timeouts.handshake;
  options.idle_without_session_timeout_ms = worker.preferences().timeouts.idle;
  options.counters = &worker.net_counters();
  options.account = &account;
  return options;
}

}  // namespace

SmbConnection::SmbConnection(Worker& worker, int fd, std::string peer)
    : worker_(worker),
      peer_(peer),
      since_(worker.server().clock.WallNanos()),
      account_(worker.loop().buffers(), false),
      transport_(std::make_unique<net::Connection>(worker.loop(), fd, std::move(peer),
                                                   TransportOptions(worker, account_), *this)),
      state_(transport_->id(), worker.preferences().limits.credits) {}

proto::Dialect SmbConnection::dialect() const {
  return state_.negotiated() ? state_.terms().dialect : proto::Dialect::kSmb202;
}

bool SmbConnection::multi_credit() const {
  return state_.negotiated() && state_.terms().multi_credit;
}

void SmbConnection::OnFrame(net::Connection&, net::Frame frame) {
  if (!alive_ || draining_) return;
  worker_.counters().frames.Add();
  ++frames_;
  // What a NEGOTIATE settles holds for the frame behind it.
  const bool at_once = !state_.negotiated();
  Chain* const chain = worker_.TakeChain();
  if (!chain->Receive(shared_from_this(), std::move(frame))) {
    Drop(net::CloseReason::kProtocolError);
    chain->Discard();
  } else if (at_once) {
    chain->Dispatch();
  } else {
    worker_.QueueReceived(chain);
  }
}

void SmbConnection::OnWritable(net::Connection&) {
  if (!alive_) return;
  UpdateBackPressure();
  if (ready_first_ != nullptr) {
    worker_.QueueForSending(this);
  } else if (draining_ && chain_count_ == 0) {
    Drop(net::CloseReason::kShutdown);
  }
}

void SmbConnection::OnClosed(net::Connection&, net::CloseReason reason) {
  const std::shared_ptr<SmbConnection> self = shared_from_this();
  NoteBadFrame(reason);
  alive_ = false;
  authentication_timer_.Cancel();
  transport_.reset();
  account_.Close();
  for (const std::shared_ptr<session::Session>& session : state_.TakeSessions()) {
    ring::Spawn(EndSession(session, nullptr, net::Name(reason)));
  }
  CancelAll(nullptr, nullptr, nullptr);
  DropOuts(std::exchange(ready_first_, nullptr));
  ready_last_ = nullptr;
  worker_.RemoveConnection(*this);
}

void SmbConnection::NoteBadFrame(net::CloseReason reason) {
  // Of which nothing but its first four bytes has been read.
  if (reason != net::CloseReason::kBadFrame && reason != net::CloseReason::kFrameTooLarge) return;
  ++frames_;
  if (reason == net::CloseReason::kBadFrame) {
    return NoteEnd(*this, nullptr, "what should be a length is none, or is 0 ([MS-SMB2] 2.1)");
  }
  const bool has_session = state_.HasValidSession();
  NoteEnd(*this, nullptr,
          absl::StrCat("it is longer than ", FrameLimit(has_session), " bytes, the most ",
                       has_session ? "that is taken" : "before a session is set up"));
}

void SmbConnection::Drop(net::CloseReason reason) {
  if (!alive_) return;
  alive_ = false;
  worker_.counters().dropped.Add();
  base::LogWithIds(base::LogLevel::kDebug, {.connection = state_.id()},
                   "connection %s is ended: %s", peer_, net::Name(reason));
  transport_->Close(reason);
}

void SmbConnection::DropAfterSend() {
  if (!alive_) return;
  draining_ = true;
  CancelAll(nullptr, nullptr, nullptr);
  if (chain_count_ == 0 && ready_first_ == nullptr && !transport_->send_in_flight()) {
    Drop(net::CloseReason::kShutdown);
  }
}

void SmbConnection::SessionsChanged() {
  if (!alive_) return;
  const bool has_session = state_.HasValidSession();
  transport_->set_has_session(has_session);
  account_.set_trusted(has_session);
  transport_->set_frame_limit(FrameLimit(has_session));
}

void SmbConnection::NoteProgress() {
  if (alive_) transport_->NoteProgress();
}

void SmbConnection::WatchAuthentications() {
  if (!alive_ || authentication_timer_.armed()) return;
  const uint64_t millis = worker_.preferences().timeouts.handshake;
  worker_.loop().ArmTimer(authentication_timer_, worker_.loop().now() + millis * kNanosPerMilli);
}

void SmbConnection::OnAuthenticationTimer() {
  if (!alive_) return;
  const std::shared_ptr<SmbConnection> self = shared_from_this();
  const uint64_t now = worker_.loop().now();
  const uint64_t limit = worker_.preferences().timeouts.handshake * kNanosPerMilli;
  uint64_t next = ~uint64_t{0};
  std::vector<std::shared_ptr<session::Session>> late;
  for (const auto& [id, session] : state_.sessions()) {
    session::Authentication* const authentication = session->authentication();
    if (authentication == nullptr) continue;
    uint64_t due = authentication->started_nanos + limit;
    // Then it is the gateway that is being waited for.
    if (MechanismOf(*authentication).busy) due = std::max(due, now + kBusyNanos);
    if (due <= now) {
      late.push_back(session);
    } else {
      next = std::min(next, due);
    }
  }
  for (const std::shared_ptr<session::Session>& session : late) {
    const std::string why = absl::StrCat("log-on not finished within timeouts.handshake, ",
                                         limit / kNanosPerMilli, " ms");
    worker_.counters().failed_logons.Add();
    worker_.server().refusals.Add(base::RefusalKind::kLogon, peer_, session->user().name, why);
    base::LogWithIds(base::LogLevel::kInfo, {.connection = state_.id(), .session = session->id()},
                     "client %s: %s", peer_, why);
    session->AbandonAuthentication();
    if (session->state() == session::SessionState::kInProgress) {
      ring::Spawn(EndSession(session, nullptr, why));
    }
  }
  if (next != ~uint64_t{0}) worker_.loop().ArmTimer(authentication_timer_, next);
}

bool SmbConnection::SpendMessageId(const proto::Header& request) {
  return state_.window.Consume(request.message_id, request.credit_charge, multi_credit());
}

uint16_t SmbConnection::Grant(const proto::Header& request) {
  return state_.window.Grant(request.credits);
}

namespace {

ring::Task<void> CloseOpens(std::vector<std::shared_ptr<Open>> opens) {
  for (const std::shared_ptr<Open>& open : opens) co_await open->Close();
}

}  // namespace

void SmbConnection::TellOfEnd(session::Session& session, absl::string_view why) {
  // Nobody has logged on to it, and been told of.
  if (session.attachment == nullptr || StateOf(session).since == 0) return;
  const std::string& user = session.user().name;
  base::LogWithIds(base::LogLevel::kInfo, {.connection = state_.id(), .session = session.id()},
                   "session of client %s (%s) ends: %s", peer_, user, why);
  if (base::AuditLog* const audit = worker_.server().audit; audit != nullptr) {
    audit->Write({.event = "logoff",
                  .user = user,
                  .client = peer_,
                  .connection = state_.id(),
                  .session = session.id(),
                  .detail = why});
  }
}

// Holds the session, and with it the credentials that its opens are closed with, to the end.
ring::Task<void> SmbConnection::EndSession(std::shared_ptr<session::Session> session,
                                           const Chain* but, absl::string_view why) {
  const std::shared_ptr<SmbConnection> self = shared_from_this();
  TellOfEnd(*session, why);
  state_.RemoveSession(session->id());
  worker_.server().sessions.Remove(session->id());
  SessionsChanged();
  CancelAll(session.get(), nullptr, but);
  if (session->attachment == nullptr) co_return;
  std::vector<std::shared_ptr<Open>> opens = StateOf(*session).opens.TakeAll();
  co_await CloseOpens(std::move(opens));
}

ring::Task<void> SmbConnection::EndTree(std::shared_ptr<session::Session> session,
                                        std::shared_ptr<session::Tree> tree, const Chain* but) {
  const std::shared_ptr<SmbConnection> self = shared_from_this();
  session->RemoveTree(tree->id);
  CancelAll(session.get(), tree.get(), but);
  std::vector<std::shared_ptr<Open>> opens = StateOf(*session).opens.TakeTree(tree->id);
  co_await CloseOpens(std::move(opens));
}

void SmbConnection::EndTreesOf(const Share& share) {
  std::vector<std::pair<std::shared_ptr<session::Session>, std::shared_ptr<session::Tree>>> ending;
  for (const auto& [id, session] : state_.sessions()) {
    for (const auto& [tree_id, tree] : session->trees()) {
      if (StateOf(*tree).share.get() == &share) ending.emplace_back(session, tree);
    }
  }
  for (const auto& [session, tree] : ending) ring::Spawn(EndTree(session, tree, nullptr));
}

// A cancelled request may end at once and take others with it; those are back in the pool then,
// where cancelling has no effect.
void SmbConnection::CancelAll(const session::Session* session, const session::Tree* tree,
                              const Chain* but) {
  std::vector<Chain*> targets;
  for (Chain* chain = chains_; chain != nullptr; chain = chain->next) {
    if (chain != but && (session == nullptr || chain->RunsIn(session, tree))) {
      targets.push_back(chain);
    }
  }
  for (Chain* chain : targets) chain->Cancel(true);
}

void SmbConnection::CancelRequest(const proto::Header& cancel, const Chain& canceller) {
  for (Chain* chain = chains_; chain != nullptr; chain = chain->next) {
    if (chain != &canceller && chain->IsTargetOfCancel(cancel, canceller)) {
      chain->Cancel(false);
      return;
    }
  }
}

uint64_t SmbConnection::BeginAsync() {
  if (async_count_ >= limits::async_requests_per_connection_max) return 0;
  ++async_count_;
  UpdateBackPressure();
  return ++last_async_id_;
}

void SmbConnection::AddChain(Chain* chain) {
  chain->previous = nullptr;
  chain->next = chains_;
  if (chains_ != nullptr) chains_->previous = chain;
  chains_ = chain;
  ++chain_count_;
  UpdateBackPressure();
}

void SmbConnection::RemoveChain(Chain* chain) {
  (chain->previous == nullptr ? chains_ : chain->previous->next) = chain->next;
  if (chain->next != nullptr) chain->next->previous = chain->previous;
  chain->next = chain->previous = nullptr;
  --chain_count_;
  UpdateBackPressure();
}

void SmbConnection::EndIfSlow() {
  if (alive_) transport_->EndIfSlow();
}

// Requests that wait with an interim response have a limit of their own: they must not keep the
// one out that would end their waiting.
void SmbConnection::UpdateBackPressure() {
  if (!alive_) return;
  const size_t active = chain_count_ - async_count_;
  const size_t active_max = worker_.preferences().limits.requests_in_flight;
  if (!paused_) {
    if (active < active_max && account_.bytes() < limits::connection_bytes_pause) return;
    paused_ = true;
    transport_->PauseReceive();
  } else if (active <= active_max / 2 && account_.bytes() <= limits::connection_bytes_resume) {
    paused_ = false;
    transport_->ResumeReceive();
  }
}

void SmbConnection::QueueOut(OutMessage* out) {
  (ready_last_ == nullptr ? ready_first_ : ready_last_->next) = out;
  ready_last_ = out;
  worker_.QueueForSending(this);
}

void SmbConnection::DropOuts(OutMessage* first) {
  while (first != nullptr) {
    OutMessage* const out = std::exchange(first, first->next);
    worker_.ReturnOut(out);
  }
}

// While a send is in flight finished responses wait as they are; they are signed together, in
// lanes, when the socket is about to take them.
void SmbConnection::PrepareSend() {
  if (!alive_ || transport_->send_in_flight()) return;
  size_t bytes = 0;
  OutMessage** last = &sending_;
  while (ready_first_ != nullptr && bytes < limits::send_queue_bytes_max / 2) {
    OutMessage* const out = ready_first_;
    if (!out->AddJobs(worker_.stage())) {
      Drop(net::CloseReason::kLocal);
      break;
    }
    ready_first_ = std::exchange(out->next, nullptr);
    bytes += out->end + out->tail.bytes();
    *last = out;
    last = &out->next;
  }
  if (ready_first_ == nullptr) ready_last_ = nullptr;
}

void SmbConnection::FinishSend() {
  std::vector<net::OutFrame>& frames = worker_.out_frames();
  while (sending_ != nullptr) {
    OutMessage* const out = sending_;
    size_t offset = 0;
    const bool made = out->Finalize(&offset);
    sending_ = out->next;
    if (made && alive_) {
      frames.emplace_back();
      frames.back().buffer = std::move(out->buffer);
      frames.back().offset = static_cast<uint32_t>(offset);
      frames.back().length = static_cast<uint32_t>(out->end - offset);
      frames.back().tail = std::move(out->tail);
    } else if (!made) {
      Drop(net::CloseReason::kInternalError);
    }
    worker_.ReturnOut(out);
  }
  if (alive_ && !frames.empty()) transport_->Send(absl::MakeSpan(frames));
  frames.clear();
}

}  // namespace sluice::smb

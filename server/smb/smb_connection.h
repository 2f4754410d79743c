// One client's connection as SMB sees it [MS-SMB2] 3.3.1.7: the chains in progress, what is ready
// to be sent, and how much of both there may be. On its loop's thread only.
#ifndef SLUICE_SERVER_SMB_SMB_CONNECTION_H_
#define SLUICE_SERVER_SMB_SMB_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "proto/smb2/header.h"
#include "server/net/connection.h"
#include "server/ring/buffer_account.h"
#include "server/ring/task.h"
#include "server/ring/timer.h"
#include "server/session/connection_state.h"
#include "server/smb/activity.h"
#include "server/smb/out_message.h"

namespace sluice::smb {

class Chain;
class Worker;
struct Share;

// Shared by the worker, until the transport has closed, and the chains in progress.
class SmbConnection final : public net::FrameHandler,
                            public std::enable_shared_from_this<SmbConnection> {
 public:
  // Takes over the socket.
  SmbConnection(Worker& worker, int fd, std::string peer);
  SmbConnection(const SmbConnection&) = delete;
  SmbConnection& operator=(const SmbConnection&) = delete;

  void OnFrame(net::Connection& transport, net::Frame frame) override;
  void OnWritable(net::Connection& transport) override;
  void OnClosed(net::Connection& transport, net::CloseReason reason) override;

  // False from the moment that its end was decided.
  bool alive() const { return alive_; }
  // Ends it at once: what is not sent is not sent any more, requests in progress are cancelled.
  void Drop(net::CloseReason reason);
  // The same after what is ready has been sent.
  void DropAfterSend();
  const std::string& peer() const { return peer_; }
  Worker& worker() { return worker_; }

  // What its requests did, and when it came (wall nanoseconds).
  Activity activity;
  int64_t since() const { return since_; }
  // So many frames have come.
  uint64_t frames() const { return frames_; }
  size_t requests_in_progress() const { return chain_count_; }
  size_t bytes_in_flight() const { return account_.bytes(); }

  session::Connection& state() { return state_; }
  const session::Connection& state() const { return state_; }
  // 2.0.2 before the negotiation.
  proto::Dialect dialect() const;
  bool multi_credit() const;
  std::shared_ptr<session::Session> FindSession(uint64_t id) const {
    return state_.FindSession(id);
  }
  // After a session or its state has come or gone: limits and timeouts of the transport.
  void SessionsChanged();
  // The client has come nearer to a session: the time that it has without one begins anew.
  void NoteProgress();
  // After an authentication has begun: one that is not finished within timeouts.handshake ends, and
  // with it a session that has no other.
  void WatchAuthentications();

  // Message ids and credits [MS-SMB2] 3.3.5.2.3, 3.3.1.2.
  [[nodiscard]] bool SpendMessageId(const proto::Header& request);
  uint16_t Grant(const proto::Header& request);

  // The end of a session or of a tree: requests of its own, except `but`'s, are cancelled, its
  // opens are closed. The log and the audit log have `why` a session ended.
  ring::Task<void> EndSession(std::shared_ptr<session::Session> session, const Chain* but,
                              absl::string_view why);
  ring::Task<void> EndTree(std::shared_ptr<session::Session> session,
                           std::shared_ptr<session::Tree> tree, const Chain* but);
  // All tree connects of that share end.
  void EndTreesOf(const Share& share);

  // CANCEL [MS-SMB2] 3.3.5.16, which is the command in progress in `canceller`.
  void CancelRequest(const proto::Header& cancel, const Chain& canceller);
  // The id of a request that is to be answered later; 0 where there are too many.
  uint64_t BeginAsync();
  void EndAsync() { --async_count_; }

  // For Chain.
  void AddChain(Chain* chain);
  void RemoveChain(Chain* chain);
  // What all frames, received and to be sent, are charged to.
  ring::BufferAccount& account() { return account_; }
  void QueueOut(OutMessage* out);

  // For Worker, from time to time while memory is short.
  void EndIfSlow();
  // For Worker, at a turn's end: the first adds the jobs of what can be sent now, the second, after
  // the crypto stage ran, hands it to the transport.
  void PrepareSend();
  void FinishSend();
  bool queued_for_sending = false;
  // The socket has not yet taken what was sent before the answers that are ready.
  bool answers_wait() const { return ready_first_ != nullptr; }

 private:
  void OnAuthenticationTimer();
  void NoteBadFrame(net::CloseReason reason);
  void TellOfEnd(session::Session& session, absl::string_view why);
  void CancelAll(const session::Session* session, const session::Tree* tree, const Chain* but);
  void UpdateBackPressure();
  void DropOuts(OutMessage* first);

  Worker& worker_;
  const std::string peer_;
  const int64_t since_;
  ring::BufferAccount account_;
  uint64_t frames_ = 0;
  std::unique_ptr<net::Connection> transport_;
  session::Connection state_;
  bool alive_ = true;
  bool paused_ = false;
  bool draining_ = false;
  ring::MemberTimer<SmbConnection, &SmbConnection::OnAuthenticationTimer> authentication_timer_{
      this};

  Chain* chains_ = nullptr;
  size_t chain_count_ = 0;
  size_t async_count_ = 0;
  uint64_t last_async_id_ = 0;

  OutMessage* ready_first_ = nullptr;
  OutMessage* ready_last_ = nullptr;
  OutMessage* sending_ = nullptr;  // between PrepareSend and FinishSend
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_SMB_CONNECTION_H_

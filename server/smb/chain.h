// A received frame and all that becomes of it: its commands, one after the other, and their
// responses [MS-SMB2] 3.3.5.2.
//
// A chain is taken from its worker's pool when a frame arrives and goes back when the last command
// has been answered. Its parts are in four files: chain.cc (the life), chain_receive.cc (cutting,
// message ids, verifying, opening), chain_admit.cc (may the command run?), chain_respond.cc (the
// responses).
#ifndef SLUICE_SERVER_SMB_CHAIN_H_
#define SLUICE_SERVER_SMB_CHAIN_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/batch_stage.h"
#include "proto/smb2/file_id.h"
#include "proto/smb2/header.h"
#include "proto/smb2/transform_header.h"
#include "server/net/connection.h"
#include "server/ring/task.h"
#include "server/session/session.h"
#include "server/smb/dispatch.h"
#include "server/smb/out_message.h"
#include "server/smb/request.h"

namespace sluice::smb {

class SmbConnection;
class Worker;

class Chain final : public Exchange {
 public:
  explicit Chain(Worker& worker) : worker_(worker) {}
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;

  // Takes over a frame, checks its form and its message ids, and queues what the crypto stage has
  // to do. False: the connection must end.
  bool Receive(std::shared_ptr<SmbConnection> connection, net::Frame frame);
  // Runs the commands. To be called after the crypto stage has run.
  void Dispatch();
  // Back into the pool without having run.
  void Discard();

  // Whether the command in progress is the one that the CANCEL in progress in `canceller` means: of
  // the same session, and by its ids. A tree that must be encrypted takes no other CANCEL.
  bool IsTargetOfCancel(const proto::Header& cancel, const Chain& canceller) const;
  // Whether the command in progress runs in this session and, unless null, in this tree.
  bool RunsIn(const session::Session* session, const session::Tree* tree) const;
  // `ended`: because what it runs in goes away.
  void Cancel(bool ended);

  // For Request and Response.
  bool SendInterim() override;
  ring::Pipe TakePipe(uint64_t offset, size_t bytes) override;
  void OnCancel(std::function<void()> cancel) override;
  bool cancelled() const override { return cancelled_; }
  bool ended() const override { return ended_; }
  void AttachRoom(Response* response) override;
  proto::NtStatus AddOpen(std::shared_ptr<Open> open) override;
  bool RemoveOpen() override;
  bool audits() const override;
  void Audit(base::AuditEvent event) override;

  // For the core's handlers.

  // The open that the FileId at `offset` of the command names, by the rules of compounds; null for
  // none.
  std::shared_ptr<Open> LookUpOpen(size_t offset);
  // The session and tree of the response; a handler that makes one says so.
  void SetSession(std::shared_ptr<session::Session> session);
  void SetTree(std::shared_ptr<session::Tree> tree);
  const std::shared_ptr<session::Session>& session() const { return session_; }
  const std::shared_ptr<session::Tree>& tree() const { return tree_; }
  // The response is signed even if the request was not.
  void ForceSignature() { force_signature_ = true; }
  // The complete response is to be added to this hash, which lives until then.
  void HashResponse(crypto::PreauthHash* hash) { hash_response_ = hash; }
  Worker& worker() { return worker_; }
  bool sealed() const { return sealed_; }
  // The frame is an SMB1 NEGOTIATE; the request's header is made up.
  bool smb1() const { return smb1_; }

  // Neighbours in the connection's list of chains, and in the worker's lists.
  Chain* next = nullptr;
  Chain* previous = nullptr;
  Chain* queue_next = nullptr;

 private:
  enum class Check : uint8_t { kNone, kNoKey, kQueued };
  enum class SessionStatus : uint8_t { kNone, kUsable, kExpired };

  struct Part {
    proto::Header header;
    absl::Span<uint8_t> message;
    Check check = Check::kNone;
    crypto::SignJob job;
    std::shared_ptr<session::Session> verifier;  // owns the job's key
  };

  // chain_receive.cc
  // Ends the connection; false. See EndConnection in refusal.h.
  bool Violates(absl::string_view rule, const proto::Header* header = nullptr);
  bool ReceiveSmb1();
  bool QueueOpening();
  bool Split(absl::Span<uint8_t> messages);
  void QueueVerification();
  void QueueVerification(Part& part, uint64_t session_id);
  bool FinishOpening();

  // chain.cc
  static ring::Task<void> Run(Chain* chain);
  void BeginRequest(Part& part);
  void Finish();
  void Recycle();

  // chain_admit.cc
  proto::NtStatus Admit(Part& part, const CommandRow** row);
  SessionStatus FindSession(const Part& part);
  proto::NtStatus CheckFlags(const Part& part) const;
  proto::NtStatus CheckSignature(const Part& part) const;
  proto::NtStatus CheckSession(const CommandRow& row, SessionStatus found);
  proto::NtStatus CheckTree(const CommandRow& row);
  proto::NtStatus CheckOpen(const CommandRow& row);
  proto::NtStatus CheckOpenLimits();
  const std::shared_ptr<Quotas::User>& QuotaOfUser();
  proto::NtStatus CheckSizes(const Part& part, const CommandRow& row) const;

  // chain_respond.cc
  void FinishRequest(proto::NtStatus status);
  void CountAnswer(proto::NtStatus status, size_t response_bytes);
  void EncodeError(Response& response);
  void AddPiece(const proto::Header& header, size_t length, bool sign);
  bool NeedsSealing() const;
  bool NeedsSignature() const;
  bool MayTakePipe(size_t bytes) const;
  size_t BytesToRead(const Part& part) const;
  size_t RoomToAwait(const Part& part) const;
  static size_t OutBytes(size_t bytes);
  bool TakeRoom(size_t bytes);
  bool EnsureOut(size_t bytes);
  void SetOut(ring::Buffer buffer);
  size_t BoundOf(const Part& part) const;
  size_t BoundOfRest() const;
  void SendOut();
  void ListenForBreaks();
  proto::Header ResponseHeader(proto::NtStatus status) const;

  Worker& worker_;
  std::shared_ptr<SmbConnection> connection_;
  net::Frame frame_;
  bool running_ = false;

  bool smb1_ = false;

  // Encrypted frames.
  bool sealed_ = false;
  std::shared_ptr<session::Session> sealer_;
  crypto::SealJob open_job_;

  std::vector<Part> parts_;
  size_t index_ = 0;          // of the command in progress
  uint64_t began_nanos_ = 0;  // when it could begin: its frame was there, the one before answered

  // The command in progress.
  std::optional<Request> request_;
  const CommandRow* row_ = nullptr;
  std::shared_ptr<session::Session> session_;
  std::shared_ptr<const base::Identity> who_;  // the session's may change while a request waits
  std::shared_ptr<session::Tree> tree_;
  bool cancelled_ = false;
  bool ended_ = false;
  std::function<void()> cancel_;
  uint64_t async_id_ = 0;  // not 0: an interim response went out
  bool force_signature_ = false;
  bool sign_ = false;  // the request was signed, so its response is
  crypto::PreauthHash* hash_response_ = nullptr;

  // What related commands inherit [MS-SMB2] 3.3.5.2.7.2.
  uint64_t last_session_id_ = 0;
  uint32_t last_tree_id_ = 0;
  bool last_session_found_ = false;
  std::optional<proto::FileId> last_file_id_;
  // Opens with oplocks whose client does not know of them yet.
  struct NewOpen {
    std::shared_ptr<Open> open;
    BreakNotifier notify;
  };
  std::vector<NewOpen> new_opens_;
  proto::NtStatus create_error_ = proto::NtStatus::kOk;

  OutMessage* out_ = nullptr;
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_CHAIN_H_

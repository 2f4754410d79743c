#include "server/net/connection.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <cstddef>
#include <utility>

#include "server/base/net_limits.h"
#include "server/net/receiver.h"
#include "server/net/sender.h"

namespace sluice::net {
namespace {

constexpr uint64_t kNanosPerMilli = 1'000'000;
// If the operations of a closing connection do not end by cancellation they are pushed again.
constexpr uint64_t kClosePushNanos = 1'000'000'000;

std::atomic<uint64_t> next_id{1};

// What the peer has sent and taken so far, in bytes of TCP: an operation in flight does not tell
// how far it is. False where the kernel does not say.
bool MovedBytes(int fd, uint64_t* bytes) {
  tcp_info info{};
  socklen_t length = sizeof(info);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
  if (length < offsetof(tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received)) {
    return false;
  }
  *bytes = info.tcpi_bytes_received + info.tcpi_bytes_acked;
  return true;
}

}  // namespace

class Connection::Impl final : private ReceiverHost, private SenderHost {
 public:
  Impl(Connection& self, ring::Loop& loop, int fd, std::string peer,
       const ConnectionOptions& options, FrameHandler& handler)
      : self_(self),
        loop_(loop),
        fd_(fd),
        id_(next_id.fetch_add(1, std::memory_order_relaxed)),
        peer_(std::move(peer)),
        handler_(handler),
        send_queue_bytes_max_(options.send_queue_bytes_max),
        idle_nanos_(options.idle_without_session_timeout_ms * kNanosPerMilli),
        counters_(options.counters != nullptr ? *options.counters : UnusedCounters()),
        account_(options.account),
        receiver_(loop, fd, options.account, options.frame_timeout_ms * kNanosPerMilli, counters_,
                  *this),
        sender_(loop, fd, options.send_timeout_ms * kNanosPerMilli, counters_, *this) {
    counters_.opened.Add();
    receiver_.set_frame_limit(options.frame_bytes_max);
    active_ = loop_.now();
    loop_.ArmTimer(timer_, active_ + options.handshake_timeout_ms * kNanosPerMilli);
    receiver_.Start();
  }

  void Send(absl::Span<OutFrame> frames) {
    sender_.Send(frames);
    if (sender_.queued_bytes() > send_queue_bytes_max_) Close(CloseReason::kSendQueueFull);
  }

  void Close(CloseReason reason) {
    if (closing_) return;
    closing_ = true;
    reason_ = reason_chosen_ ? reason_ : reason;
    timer_.Cancel();
    receiver_.Stop();
    sender_.Stop();
    if (receiver_.quiet() && sender_.quiet()) {
      Finish();
    } else {
      Push(ring::OpCode::kCancelFd);
    }
  }

  void CloseAfterSend(CloseReason reason) {
    if (closing_ || reason_chosen_) return;
    if (!sender_.in_flight()) return Close(reason);
    reason_chosen_ = true;
    reason_ = reason;
    receiver_.Pause();
  }

  ring::Loop& loop() const { return loop_; }
  const std::string& peer() const { return peer_; }
  uint64_t id() const { return id_; }
  bool closing() const { return closing_ || reason_chosen_; }
  bool closed() const { return closed_; }
  Receiver& receiver() { return receiver_; }
  const Sender& sender() const { return sender_; }
  bool closing_after_send() const { return reason_chosen_; }

  void NoteProgress() { active_ = loop_.now(); }

  void EndIfSlow() {
    if (closing_) return;
    const bool exempt = account_ == nullptr || account_->bytes() == 0 ||
                        (account_->trusted() && account_->bytes() <= limits::shortage_exempt_bytes);
    const bool waits = receiver_.waits_for_peer() || sender_.in_flight();
    uint64_t moved = 0;
    if (exempt || !waits || !MovedBytes(fd_, &moved)) {
      slow_looks_ = 0;
      return;
    }
    const uint64_t since = loop_.now() - std::exchange(slow_look_at_, loop_.now());
    const bool slow = slow_looks_ > 0 && moved - moved_ < limits::shortage_progress_bytes &&
                      since < 2 * limits::shortage_interval_ms * kNanosPerMilli;
    slow_looks_ = slow ? slow_looks_ + 1 : 1;
    moved_ = moved;
    if (slow_looks_ > limits::shortage_intervals_max) Close(CloseReason::kTooSlow);
  }

  void set_has_session(bool has_session) {
    has_session_ = has_session;
    if (closing_ || !greeted_) return;
    if (has_session) {
      timer_.Cancel();
    } else {
      active_ = loop_.now();
      loop_.ArmTimer(timer_, active_ + idle_nanos_);
    }
  }

 private:
  // For connections whose owner does not count.
  static NetCounters& UnusedCounters() {
    thread_local NetCounters counters;
    return counters;
  }

  void OnMessage(ring::Buffer buffer, absl::Span<uint8_t> bytes) override {
    if (!greeted_) {
      greeted_ = true;
      set_has_session(has_session_);
    }
    handler_.OnFrame(self_, Frame{std::move(buffer), bytes});
  }

  void OnReceiveEnd(CloseReason reason) override { Close(reason); }
  void OnReceiverQuiet() override { FinishIfQuiet(); }

  void OnSent() override {
    if (reason_chosen_) return Close(reason_);
    handler_.OnWritable(self_);
  }

  void OnSendFailed(CloseReason reason) override { Close(reason); }
  void OnSenderQuiet() override { FinishIfQuiet(); }

  void FinishIfQuiet() {
    if (closing_ && receiver_.quiet() && sender_.quiet()) Finish();
  }

  // Everything has ended. The rest happens when nothing of this object is on the stack.
  void Finish() {
    if (finishing_) return;
    finishing_ = true;
    timer_.Cancel();
    loop_.Defer(closed_op_);
  }

  void OnClosedOp(const ring::Completion&) {
    closed_ = true;
    loop_.Close(fd_);
    counters_.closed[static_cast<size_t>(reason_)].Add();
    handler_.OnClosed(self_, reason_);
  }

  void Push(ring::OpCode code) {
    ring::Sqe sqe;
    sqe.code = code;
    sqe.fd = fd_;
    sqe.flags = code == ring::OpCode::kShutdown ? SHUT_RDWR : 0;
    loop_.Queue(sqe, nullptr);
    loop_.ArmTimer(timer_, loop_.now() + kClosePushNanos);
  }

  // Handshake, idle, or a close that takes long, by state.
  void OnTimer() {
    if (closing_) {
      Push(ring::OpCode::kShutdown);
      return Push(ring::OpCode::kCancelFd);
    }
    if (!greeted_) return Close(CloseReason::kHandshakeTimeout);
    if (has_session_) return;
    if (loop_.now() < active_ + idle_nanos_) {
      loop_.ArmTimer(timer_, active_ + idle_nanos_);
      return;
    }
    Close(CloseReason::kIdleTimeout);
  }

  Connection& self_;
  ring::Loop& loop_;
  const int fd_;
  const uint64_t id_;
  const std::string peer_;
  FrameHandler& handler_;
  const size_t send_queue_bytes_max_;
  const uint64_t idle_nanos_;
  NetCounters& counters_;
  ring::BufferAccount* const account_;
  size_t slow_looks_ = 0;  // of EndIfSlow(): the first, and those after it that found no progress
  uint64_t moved_ = 0;     // at the last of them
  uint64_t slow_look_at_ = 0;
  Receiver receiver_;
  Sender sender_;
  uint64_t active_ = 0;  // when progress was last noted
  CloseReason reason_ = CloseReason::kLocal;
  bool greeted_ = false;  // the first frame has come
  bool has_session_ = false;
  bool reason_chosen_ = false;  // CloseAfterSend() was called
  bool closing_ = false;
  bool finishing_ = false;
  bool closed_ = false;
  ring::MemberOp<Impl, &Impl::OnClosedOp> closed_op_{this};
  ring::MemberTimer<Impl, &Impl::OnTimer> timer_{this};
};

Connection::Connection(ring::Loop& loop, int fd, std::string peer, const ConnectionOptions& options,
                       FrameHandler& handler)
    : impl_(std::make_unique<Impl>(*this, loop, fd, std::move(peer), options, handler)) {}

Connection::~Connection() = default;

ring::Loop& Connection::loop() const { return impl_->loop(); }

const std::string& Connection::peer_address() const { return impl_->peer(); }

uint64_t Connection::id() const { return impl_->id(); }

void Connection::Send(absl::Span<OutFrame> frames) { impl_->Send(frames); }

bool Connection::send_in_flight() const { return impl_->sender().in_flight(); }

size_t Connection::queued_bytes() const { return impl_->sender().queued_bytes(); }

void Connection::Close(CloseReason reason) { impl_->Close(reason); }

void Connection::CloseAfterSend(CloseReason reason) { impl_->CloseAfterSend(reason); }

bool Connection::closing() const { return impl_->closing(); }

void Connection::PauseReceive() { impl_->receiver().Pause(); }

void Connection::ResumeReceive() {
  if (!impl_->closing_after_send()) impl_->receiver().Resume();
}

bool Connection::receive_paused() const { return impl_->receiver().paused(); }

void Connection::set_frame_limit(size_t bytes) { impl_->receiver().set_frame_limit(bytes); }

void Connection::set_has_session(bool has_session) { impl_->set_has_session(has_session); }

void Connection::NoteProgress() { impl_->NoteProgress(); }

void Connection::EndIfSlow() { impl_->EndIfSlow(); }

}  // namespace sluice::net

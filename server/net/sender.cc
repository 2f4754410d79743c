#include "server/net/sender.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace sluice::net {
namespace {

constexpr size_t kMessageBytes = 1024;
constexpr size_t kVectorsMax = (kMessageBytes - sizeof(msghdr)) / sizeof(iovec);
static_assert(sizeof(msghdr) % alignof(iovec) == 0);
// A peer must take this much in each send timeout, or all there is.
constexpr uint64_t kProgressBytes = 16u << 10;
// A queue that once was longer does not keep its memory.
constexpr size_t kQueueKept = 64;

}  // namespace

Sender::Sender(ring::Loop& loop, int fd, uint64_t timeout_nanos, NetCounters& counters,
               SenderHost& host)
    : loop_(loop), fd_(fd), timeout_nanos_(timeout_nanos), counters_(counters), host_(host) {}

void Sender::Send(absl::Span<OutFrame> frames) {
  if (stopped_) {
    for (OutFrame& frame : frames) frame = OutFrame();
    return;
  }
  for (OutFrame& frame : frames) {
    if (frame.length == 0) continue;
    queued_bytes_ += frame.bytes();
    queue_.push_back(std::move(frame));
  }
  if (!in_flight_ && queued_bytes_ > 0) {
    Mark();
    Begin();
  }
}

void Sender::Begin() {
  in_flight_ = true;
  counters_.sends.Add();
  if (queue_[head_].length == 0) return BeginTail(ring::OpCode::kSplice);
  // As many as one call takes, up to the first whose data come from a pipe.
  size_t n = 1;
  while (n < kVectorsMax && head_ + n < queue_.size() && !queue_[head_ + n - 1].tail) ++n;
  ring::Sqe sqe;
  sqe.fd = fd_;
  // With MSG_WAITALL the kernel itself goes on after a short send.
  sqe.flags = MSG_NOSIGNAL | MSG_WAITALL;
  if (queue_[head_ + n - 1].tail) sqe.flags |= MSG_MORE;
  // Without memory for the vectors the frames go one by one.
  if (n > 1) message_ = loop_.buffers().Acquire(kMessageBytes);
  if (n > 1 && message_) {
    auto* message = new (message_.data()) msghdr{};
    auto* vectors = reinterpret_cast<iovec*>(message_.data() + sizeof(msghdr));
    for (size_t i = 0; i < n; ++i) {
      const OutFrame& frame = queue_[head_ + i];
      new (vectors + i) iovec{frame.buffer.data() + frame.offset, frame.length};
    }
    message->msg_iov = vectors;
    message->msg_iovlen = n;
    sqe.code = ring::OpCode::kSendMessage;
    sqe.address = message;
  } else {
    const OutFrame& frame = queue_[head_];
    sqe.code = ring::OpCode::kSend;
    sqe.address = frame.buffer.data() + frame.offset;
    sqe.length = frame.length;
  }
  loop_.Queue(sqe, &operation_);
}

// kSplice or, where the socket takes nothing for now, kPollWritable. A splice does not wait for the
// peer by itself: it would hold one of the kernel's threads meanwhile.
void Sender::BeginTail(ring::OpCode code) {
  const ring::Pipe& tail = queue_[head_].tail;
  polling_ = code == ring::OpCode::kPollWritable;
  ring::Sqe sqe;
  sqe.code = code;
  sqe.fd = fd_;
  if (!polling_) {
    sqe.fd2 = tail.out();
    sqe.offset = ring::kNoOffset;
    sqe.length = tail.bytes();
  }
  loop_.Queue(sqe, &operation_);
}

void Sender::OnCompletion(const ring::Completion& completion) {
  in_flight_ = false;
  message_.Reset();
  const bool polled = std::exchange(polling_, false);
  if (stopped_) {
    queue_.clear();
    host_.OnSenderQuiet();
    return;
  }
  if (completion.result > 0) {
    if (!polled) Sent(static_cast<size_t>(completion.result));
  } else if (completion.result == -EAGAIN && queue_[head_].length == 0 && !polled) {
    in_flight_ = true;
    return BeginTail(ring::OpCode::kPollWritable);
  } else {
    Failed(completion.result);
    if (stopped_) return;
  }
  if (queued_bytes_ == 0) {
    queue_.clear();
    head_ = 0;
    if (queue_.capacity() > kQueueKept) std::vector<OutFrame>().swap(queue_);
    host_.OnSent();
    return;
  }
  if (late_) {
    if (sent_bytes_ - marked_bytes_ < kProgressBytes) {
      host_.OnSendFailed(CloseReason::kSendTimeout);
      return;
    }
    Mark();
  }
  Begin();
}

void Sender::Sent(size_t bytes) {
  counters_.bytes_sent.Add(bytes);
  sent_bytes_ += bytes;
  bytes = std::min(bytes, queued_bytes_);
  queued_bytes_ -= bytes;
  while (bytes > 0) {
    OutFrame& frame = queue_[head_];
    const auto piece = static_cast<uint32_t>(std::min<size_t>(bytes, frame.length));
    frame.offset += piece;
    frame.length -= piece;
    bytes -= piece;
    if (frame.length == 0 && frame.tail.bytes() > 0) {
      const size_t taken = std::min(bytes, frame.tail.bytes());
      frame.tail.Taken(taken);
      bytes -= taken;
    }
    if (frame.bytes() > 0) return;
    frame.buffer.Reset();
    frame.tail.Reset();
    counters_.frames_sent.Add();
    ++head_;
  }
  // A queue that never runs empty must not grow at its dead end.
  if (head_ >= kQueueKept && head_ * 2 >= queue_.size()) {
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<ptrdiff_t>(head_));
    head_ = 0;
  }
}

void Sender::Failed(int32_t result) {
  if (result == -ECANCELED && late_) return;
  if (result == -ECANCELED && loop_.stopping()) return host_.OnSendFailed(CloseReason::kShutdown);
  const ErrorClass error_class = result == 0 ? ErrorClass::kUnknown : Classify(result);
  counters_.errors[static_cast<size_t>(error_class)].Add();
  switch (error_class) {
    case ErrorClass::kRetry:
      return;
    case ErrorClass::kPeerGone:
      return host_.OnSendFailed(CloseReason::kPeerLost);
    case ErrorClass::kResource:
      return host_.OnSendFailed(CloseReason::kResource);
    case ErrorClass::kBug:
    case ErrorClass::kUnknown:
      return host_.OnSendFailed(CloseReason::kInternalError);
  }
}

void Sender::Stop() {
  stopped_ = true;
  timer_.Cancel();
  queued_bytes_ = 0;
  if (!in_flight_) {
    queue_.clear();
    head_ = 0;
  }
}

void Sender::Mark() {
  late_ = false;
  mark_ = loop_.now();
  marked_bytes_ = sent_bytes_;
  if (!timer_.armed()) loop_.ArmTimer(timer_, mark_ + timeout_nanos_);
}

// The timer stays set while sends come and go; whether the peer really stalls is found out here.
void Sender::OnTimer() {
  if (!in_flight_) return;
  if (loop_.now() < mark_ + timeout_nanos_) {
    loop_.ArmTimer(timer_, mark_ + timeout_nanos_);
    return;
  }
  if (sent_bytes_ - marked_bytes_ >= kProgressBytes) {
    Mark();
    return;
  }
  // How much of the operation in flight was sent is known when it ends.
  late_ = true;
  ring::Sqe sqe;
  sqe.code = ring::OpCode::kCancelOp;
  sqe.address = static_cast<ring::Op*>(&operation_);
  loop_.Queue(sqe, nullptr);
}

}  // namespace sluice::net

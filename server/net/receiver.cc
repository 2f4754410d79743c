#include "server/net/receiver.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "server/base/limits.h"
#include "server/net/connection.h"

namespace sluice::net {
namespace {

// A frame lies in its buffer behind its header, so that the message starts 8-aligned and the two
// can be received in one piece.
constexpr size_t kHeaderOffset = 4;
constexpr size_t kMessageOffset = kHeaderOffset + kFrameHeaderBytes;
static_assert(kMessageOffset % 8 == 0);
static_assert(limits::frame_bytes_max + kMessageOffset <= ring::BufferPool::kClassBytes.back());

// [RFC 1002] 4.3.1: SESSION KEEP ALIVE, the one packet besides messages that peers send.
constexpr uint8_t kTypeMessage = 0x00;
constexpr uint8_t kTypeKeepAlive = 0x85;

// After this many small frames in a row the multishot receive returns.
constexpr uint8_t kStreak = 16;
constexpr uint64_t kAheadIdleNanos = 1'000'000'000;
// The first buffer of a frame that has to earn a larger one, and how much larger the next one is.
constexpr size_t kFirstBytes = 1024;
constexpr size_t kGrowth = 4;
constexpr uint64_t kMemoryRetryNanos = 5'000'000;
// A frame that goes on must bring this much in each frame timeout, or its end.
constexpr uint32_t kProgressBytes = 64u << 10;
// The multishot ends soon after its cancellation; nothing honest gets here.
constexpr size_t kBacklogBytesMax = 16u << 20;
// A backlog above this is not kept for reuse.
constexpr size_t kBacklogKeptBytes = 64u << 10;

}  // namespace

Receiver::Receiver(ring::Loop& loop, int fd, ring::BufferAccount* account,
                   uint64_t frame_timeout_nanos, NetCounters& counters, ReceiverHost& host)
    : loop_(loop),
      fd_(fd),
      account_(account),
      frame_timeout_nanos_(frame_timeout_nanos),
      counters_(counters),
      host_(host) {}

void Receiver::Stop() {
  stopped_ = true;
  frame_timer_.Cancel();
  ahead_timer_.Cancel();
  memory_timer_.Cancel();
  memory_waiter_.Cancel();
  std::vector<uint8_t>().swap(backlog_);
  backlog_offset_ = 0;
  // The buffers of an operation in flight stay until it has ended.
  if (operation_ != Operation::kRest) frame_.Reset();
  if (operation_ != Operation::kAhead) ahead_.Reset();
}

void Receiver::Pause() {
  if (paused_) return;
  paused_ = true;
  counters_.pauses.Add();
  // What goes straight into a buffer of its own may end; the frame then waits here.
  if (operation_ == Operation::kMultishot) CancelOperation();
}

void Receiver::Resume() {
  if (!paused_) return;
  paused_ = false;
  if (resuming_ || stopped_) return;
  resuming_ = true;
  loop_.Defer(resume_);
}

void Receiver::OnResume(const ring::Completion&) {
  resuming_ = false;
  Pump();
}

void Receiver::OnMultishot(const ring::Completion& completion) {
  if (!completion.more) operation_ = Operation::kNone;
  if (completion.has_buffer) {
    if (completion.result > 0 && !stopped_) {
      Arrived(
          {loop_.ring().ProvidedBuffer(completion.buffer), static_cast<size_t>(completion.result)});
    }
    loop_.ring().RecycleProvidedBuffer(completion.buffer);
  }
  if (completion.result <= 0) Ended(completion.result);
  Pump();
}

void Receiver::OnRest(const ring::Completion& completion) {
  operation_ = Operation::kNone;
  if (completion.result <= 0) {
    Ended(completion.result);
  } else if (!stopped_) {
    counters_.bytes_received.Add(static_cast<uint64_t>(completion.result));
    frame_filled_ += static_cast<uint32_t>(completion.result);
    Progressed();
  }
  if (late_ && !FrameComplete()) Fail(CloseReason::kFrameTimeout);
  Pump();
}

// What came lies where a frame of its own would have it. If it is the beginning of a large frame,
// the buffer becomes that frame's; otherwise the bytes are copied like those of the multishot.
void Receiver::OnAhead(const ring::Completion& completion) {
  operation_ = Operation::kNone;
  if (completion.result <= 0) {
    Ended(completion.result);
    Pump();
    return;
  }
  if (stopped_) {
    Pump();
    return;
  }
  const absl::Span<const uint8_t> data(ahead_.data() + kHeaderOffset,
                                       static_cast<size_t>(completion.result));
  uint32_t length = 0;
  if (data.size() >= kFrameHeaderBytes && data[0] == kTypeMessage) {
    length = uint32_t{data[1]} << 16 | uint32_t{data[2]} << 8 | data[3];
  }
  if (length <= limits::small_frame_bytes_max || length > frame_limit_ ||
      length + kMessageOffset > ahead_.capacity() || !backlog_.empty()) {
    Arrived(data);
    Pump();
    return;
  }
  counters_.bytes_received.Add(data.size());
  const size_t whole = kFrameHeaderBytes + length;
  if (data.size() > whole)
    backlog_.assign(data.begin() + static_cast<ptrdiff_t>(whole), data.end());
  std::copy_n(data.begin(), kFrameHeaderBytes, header_.begin());
  header_filled_ = kFrameHeaderBytes;
  frame_ = std::move(ahead_);
  frame_length_ = length;
  frame_filled_ = static_cast<uint32_t>(std::min(data.size(), whole) - kFrameHeaderBytes);
  FrameStarted();
  Progressed();
  Pump();
}

void Receiver::Ended(int32_t result) {
  if (result == 0) {
    end_of_file_ = true;
    return;
  }
  if (result == -ECANCELED && (cancelled_ || stopped_)) return;
  if (result == -ECANCELED && loop_.stopping()) return Fail(CloseReason::kShutdown);
  if (result == -ENOBUFS) {
    // All provided buffers are with other connections of this loop; they come back within a turn.
    counters_.no_provided_buffer.Add();
    return;
  }
  const ErrorClass error_class = Classify(result);
  counters_.errors[static_cast<size_t>(error_class)].Add();
  switch (error_class) {
    case ErrorClass::kRetry:
      return;
    case ErrorClass::kPeerGone:
      return Fail(CloseReason::kPeerLost);
    case ErrorClass::kResource:
      return Fail(CloseReason::kResource);
    case ErrorClass::kBug:
    case ErrorClass::kUnknown:
      return Fail(CloseReason::kInternalError);
  }
}

void Receiver::Fail(CloseReason reason) {
  if (!stopped_) host_.OnReceiveEnd(reason);
}

// Brings the state to rest: delivers what can be delivered, then sees to it that the right
// operation is in flight.
void Receiver::Pump() {
  if (!stopped_) ConsumeBacklog();
  if (!stopped_ && end_of_file_ && !paused_ && !no_memory_ && operation_ == Operation::kNone) {
    Fail(InFrame() ? CloseReason::kPeerLost : CloseReason::kPeerClosed);
  }
  if (stopped_) {
    if (operation_ == Operation::kNone) {
      frame_.Reset();
      ahead_.Reset();
    }
    if (quiet()) host_.OnReceiverQuiet();
    return;
  }
  const Operation wanted = Wanted();
  if (operation_ == Operation::kNone) {
    Begin(wanted);
  } else if (operation_ == Operation::kMultishot && wanted != operation_) {
    CancelOperation();
  }
}

Receiver::Operation Receiver::Wanted() const {
  if (paused_ || no_memory_ || end_of_file_) return Operation::kNone;
  if (frame_ && FrameHasWholeBuffer() &&
      (frame_length_ > limits::small_frame_bytes_max || streak_ > 0)) {
    return Operation::kRest;
  }
  return streak_ > 0 && !InFrame() && trusted() ? Operation::kAhead : Operation::kMultishot;
}

void Receiver::Begin(Operation operation) {
  if (operation == Operation::kNone) {
    ahead_.Reset();
    return;
  }
  if (operation == Operation::kAhead) {
    const size_t bytes = kMessageOffset + last_large_length_;
    if (ahead_.capacity() < bytes) ahead_ = AcquireFrame(bytes);
    if (!ahead_) operation = Operation::kMultishot;
  }
  operation_ = operation;
  cancelled_ = false;
  counters_.receives.Add();
  ring::Sqe sqe;
  sqe.fd = fd_;
  switch (operation) {
    case Operation::kRest:
      sqe.code = ring::OpCode::kReceive;
      sqe.address = frame_.data() + kMessageOffset + frame_filled_;
      sqe.length = frame_length_ - frame_filled_;
      sqe.flags = MSG_WAITALL;
      loop_.Queue(sqe, &rest_);
      break;
    case Operation::kAhead:
      sqe.code = ring::OpCode::kReceive;
      sqe.address = ahead_.data() + kHeaderOffset;
      sqe.length = kFrameHeaderBytes + last_large_length_;
      ahead_since_ = loop_.now();
      if (!ahead_timer_.armed()) loop_.ArmTimer(ahead_timer_, ahead_since_ + kAheadIdleNanos);
      loop_.Queue(sqe, &ahead_op_);
      break;
    default:
      ahead_.Reset();
      sqe.code = ring::OpCode::kReceiveMultishot;
      loop_.Queue(sqe, &multishot_);
      break;
  }
}

void Receiver::CancelOperation() {
  if (cancelled_) return;
  cancelled_ = true;
  ring::Sqe sqe;
  sqe.code = ring::OpCode::kCancelOp;
  ring::Op* op = &multishot_;
  if (operation_ == Operation::kRest) op = &rest_;
  if (operation_ == Operation::kAhead) op = &ahead_op_;
  sqe.address = op;
  loop_.Queue(sqe, nullptr);
}

// Bytes in the order of the stream.
void Receiver::Arrived(absl::Span<const uint8_t> data) {
  counters_.bytes_received.Add(data.size());
  if (backlog_.empty()) data.remove_prefix(Consume(data));
  if (data.empty() || stopped_) return;
  if (backlog_.size() + data.size() > kBacklogBytesMax) return Fail(CloseReason::kResource);
  backlog_.insert(backlog_.end(), data.begin(), data.end());
}

void Receiver::ConsumeBacklog() {
  // A frame may have been completed by other means than Consume().
  if (FrameComplete() && !paused_) Deliver();
  if (stopped_ || backlog_.empty()) return;
  // OnMessage() may Stop(), which empties the backlog: the bytes must outlive that.
  std::vector<uint8_t> data = std::exchange(backlog_, {});
  backlog_offset_ += Consume(absl::MakeSpan(data).subspan(backlog_offset_));
  if (stopped_) return;
  if (backlog_offset_ < data.size()) {
    backlog_ = std::move(data);
    return;
  }
  backlog_offset_ = 0;
  data.clear();
  if (streak_ > 0 && data.capacity() <= kBacklogKeptBytes) backlog_ = std::move(data);
}

// Takes bytes until they end or nothing more can be taken, and says how many.
size_t Receiver::Consume(absl::Span<const uint8_t> data) {
  const size_t all = data.size();
  while (!stopped_ && !paused_ && !no_memory_) {
    if (!frame_) {
      const size_t n = std::min(kFrameHeaderBytes - header_filled_, data.size());
      if (header_filled_ == 0 && n > 0) FrameStarted();
      std::copy_n(data.begin(), n, header_.begin() + header_filled_);
      header_filled_ = static_cast<uint8_t>(header_filled_ + n);
      data.remove_prefix(n);
      if (header_filled_ < kFrameHeaderBytes || !BeginFrame()) break;
      if (!frame_) continue;  // a keep-alive
    }
    if (FrameRoom() == 0 && !GrowFrame()) break;
    const size_t n = std::min(FrameRoom(), data.size());
    std::memcpy(frame_.data() + kMessageOffset + frame_filled_, data.data(), n);
    frame_filled_ += static_cast<uint32_t>(n);
    data.remove_prefix(n);
    Progressed();
    if (!FrameComplete()) {
      if (data.empty()) break;
      continue;
    }
    Deliver();
    if (data.empty()) break;
  }
  return all - data.size();
}

// The header is complete. False if nothing can be taken for now, or ever.
bool Receiver::BeginFrame() {
  const uint32_t length = uint32_t{header_[1]} << 16 | uint32_t{header_[2]} << 8 | header_[3];
  if (header_[0] == kTypeKeepAlive && length == 0) {
    header_filled_ = 0;
    return true;
  }
  if (header_[0] != kTypeMessage || length == 0) {
    Fail(CloseReason::kBadFrame);
    return false;
  }
  if (length > frame_limit_) {
    Fail(CloseReason::kFrameTooLarge);
    return false;
  }
  frame_length_ = length;
  frame_filled_ = 0;
  return GrowFrame();
}

size_t Receiver::frame_whole_bytes() const { return kMessageOffset + frame_length_; }

size_t Receiver::FrameRoom() const {
  return std::min(frame_.capacity(), frame_whole_bytes()) - kMessageOffset - frame_filled_;
}

ring::Buffer Receiver::AcquireFrame(size_t bytes) {
  if (account_ == nullptr) return loop_.buffers().Acquire(bytes);
  return loop_.buffers().Acquire(bytes, *account_);
}

// Gives the frame its buffer, or a larger one. False if it has to wait for one.
bool Receiver::GrowFrame() {
  size_t bytes = frame_whole_bytes();
  if (!trusted()) bytes = std::min(bytes, std::max(kFirstBytes, frame_.capacity() * kGrowth));
  ring::Buffer larger = AcquireFrame(bytes);
  no_memory_ = !larger;
  if (no_memory_) {
    counters_.no_frame_buffer.Add();
    if (account_ != nullptr) {
      loop_.buffers().Wait(memory_waiter_, *account_, bytes);
    } else {
      loop_.ArmTimer(memory_timer_, loop_.now() + kMemoryRetryNanos);
    }
    return false;
  }
  if (frame_) std::memcpy(larger.data(), frame_.data(), kMessageOffset + frame_filled_);
  frame_ = std::move(larger);
  return true;
}

void Receiver::OnMemoryTimer() {
  no_memory_ = false;
  if (!paused_) {
    if (frame_) {
      GrowFrame();
    } else {
      BeginFrame();
    }
  }
  Pump();
}

void Receiver::Deliver() {
  const uint32_t length = frame_length_;
  if (length > limits::small_frame_bytes_max) {
    streak_ = kStreak;
    last_large_length_ = length;
  } else if (streak_ > 0) {
    --streak_;
  }
  std::copy(header_.begin(), header_.end(), frame_.data() + kHeaderOffset);
  ring::Buffer buffer = std::move(frame_);
  header_filled_ = 0;
  late_ = false;
  counters_.frames_received.Add();
  const absl::Span<uint8_t> bytes(buffer.data() + kMessageOffset, length);
  host_.OnMessage(std::move(buffer), bytes);
}

void Receiver::FrameStarted() {
  frame_mark_ = loop_.now();
  frame_marked_ = 0;
  frame_filled_ = frame_ ? frame_filled_ : 0;
  if (!frame_timer_.armed()) loop_.ArmTimer(frame_timer_, frame_mark_ + frame_timeout_nanos_);
}

// More of the frame is there.
void Receiver::Progressed() {
  if (frame_filled_ - frame_marked_ >= kProgressBytes) {
    frame_mark_ = loop_.now();
    frame_marked_ = frame_filled_;
    late_ = false;
  }
}

// The timer stays set while frames come and go; whether one is really late is found out here.
void Receiver::OnFrameTimer() {
  if (!InFrame() || FrameComplete() || no_memory_ || paused_) {
    // Not the peer's fault. The clock starts again for a frame that we held up.
    if (InFrame()) {
      frame_mark_ = loop_.now();
      loop_.ArmTimer(frame_timer_, frame_mark_ + frame_timeout_nanos_);
    }
    return;
  }
  if (loop_.now() < frame_mark_ + frame_timeout_nanos_) {
    loop_.ArmTimer(frame_timer_, frame_mark_ + frame_timeout_nanos_);
    return;
  }
  if (operation_ == Operation::kRest && !late_) {
    // What it has received so far is known when it ends.
    late_ = true;
    CancelOperation();
    loop_.ArmTimer(frame_timer_, loop_.now() + frame_timeout_nanos_);
    return;
  }
  Fail(CloseReason::kFrameTimeout);
}

void Receiver::OnAheadTimer() {
  if (operation_ != Operation::kAhead) {
    if (streak_ > 0) loop_.ArmTimer(ahead_timer_, loop_.now() + kAheadIdleNanos);
    return;
  }
  if (loop_.now() < ahead_since_ + kAheadIdleNanos) {
    loop_.ArmTimer(ahead_timer_, ahead_since_ + kAheadIdleNanos);
    return;
  }
  streak_ = 0;
  CancelOperation();
}

}  // namespace sluice::net

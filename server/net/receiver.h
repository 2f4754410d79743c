// The receiving half of a connection: bytes to frames.
#ifndef SLUICE_SERVER_NET_RECEIVER_H_
#define SLUICE_SERVER_NET_RECEIVER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "server/net/close_reason.h"
#include "server/net/counters.h"
#include "server/ring/buffer_pool.h"
#include "server/ring/loop.h"

namespace sluice::net {

class ReceiverHost {
 public:
  // A whole message. May call Pause() and Stop().
  virtual void OnMessage(ring::Buffer buffer, absl::Span<uint8_t> bytes) = 0;
  // Nothing more can be received: the host must Stop().
  virtual void OnReceiveEnd(CloseReason reason) = 0;
  // After Stop(): the last operation has ended. The last call.
  virtual void OnReceiverQuiet() = 0;

 protected:
  ~ReceiverHost() = default;
};

// At most one receive operation is in flight. Which one:
//
//   kMultishot  the ordinary case: provided buffers, copied into a buffer of the frame's size
//   kRest       the rest of a frame straight into its buffer, once the multishot has ended
//   kAhead      after a large frame: the next header and, if it is as large, its frame, into a
//               buffer of the same size, so that a stream of them costs one operation each and no
//               copy. After a second without data the multishot, which holds no buffer, returns.
//
// The frame of a peer that is not trusted, which may only announce it, gets its buffer as its bytes
// arrive.
class Receiver {
 public:
  // `account`: of what its frames need; null: nobody's.
  Receiver(ring::Loop& loop, int fd, ring::BufferAccount* account, uint64_t frame_timeout_nanos,
           NetCounters& counters, ReceiverHost& host);
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  void Start() { Pump(); }
  // No call to the host after this but OnReceiverQuiet(), in a later turn, unless quiet() holds
  // already. The caller cancels what is in flight.
  void Stop();
  // No operation will touch this object any more.
  bool quiet() const { return operation_ == Operation::kNone && !resuming_; }

  void Pause();
  // Frames come from a later call on, not from within this one.
  void Resume();
  bool paused() const { return paused_; }

  void set_frame_limit(size_t bytes) { frame_limit_ = bytes; }
  // It holds a buffer until its peer sends more.
  bool waits_for_peer() const { return frame_ && !FrameComplete() && !no_memory_ && !paused_; }

 private:
  enum class Operation : uint8_t { kNone, kMultishot, kRest, kAhead };

  void OnMultishot(const ring::Completion& completion);
  void OnRest(const ring::Completion& completion);
  void OnAhead(const ring::Completion& completion);
  void OnResume(const ring::Completion& completion);
  void OnFrameTimer();
  void OnAheadTimer();
  void OnMemoryTimer();

  void Pump();
  Operation Wanted() const;
  void Begin(Operation operation);
  void CancelOperation();
  // Books a completion without data: an end or an error.
  void Ended(int32_t result);
  void Fail(CloseReason reason);

  void Arrived(absl::Span<const uint8_t> data);
  size_t Consume(absl::Span<const uint8_t> data);
  void ConsumeBacklog();
  bool BeginFrame();
  ring::Buffer AcquireFrame(size_t bytes);
  bool GrowFrame();
  // What the buffer still takes of the frame.
  size_t FrameRoom() const;
  bool FrameHasWholeBuffer() const { return frame_.capacity() >= frame_whole_bytes(); }
  size_t frame_whole_bytes() const;
  bool trusted() const { return account_ == nullptr || account_->trusted(); }
  bool FrameComplete() const { return frame_ && frame_filled_ == frame_length_; }
  bool InFrame() const { return frame_ || header_filled_ != 0; }
  void Deliver();
  void FrameStarted();
  void Progressed();

  class MemoryWaiter final : public ring::BufferWaiter {
   public:
    explicit MemoryWaiter(Receiver* receiver) : receiver_(receiver) {}

   private:
    void OnBuffers() override { receiver_->OnMemoryTimer(); }

    Receiver* receiver_;
  };

  ring::Loop& loop_;
  const int fd_;
  ring::BufferAccount* const account_;
  const uint64_t frame_timeout_nanos_;
  NetCounters& counters_;
  ReceiverHost& host_;

  Operation operation_ = Operation::kNone;
  bool cancelled_ = false;  // the operation, by us
  bool paused_ = false;
  bool stopped_ = false;
  bool resuming_ = false;   // OnResume is on its way
  bool no_memory_ = false;  // a header is there and no buffer for (more of) its frame
  bool end_of_file_ = false;
  bool late_ = false;   // the frame timer ran out; what the cancelled operation brought decides
  uint8_t streak_ = 0;  // above 0: large frames are coming
  uint8_t header_filled_ = 0;
  std::array<uint8_t, 4> header_{};
  uint32_t frame_length_ = 0;
  uint32_t frame_filled_ = 0;
  uint32_t frame_marked_ = 0;  // frame_filled_ when the frame timer was set last
  uint32_t last_large_length_ = 0;
  size_t frame_limit_ = 0;
  uint64_t frame_mark_ = 0;   // when the frame timer was set last
  uint64_t ahead_since_ = 0;  // when kAhead began
  ring::Buffer frame_;
  ring::Buffer ahead_;
  std::vector<uint8_t> backlog_;  // received and not consumed: while paused or without memory
  size_t backlog_offset_ = 0;

  ring::MemberOp<Receiver, &Receiver::OnMultishot> multishot_{this};
  ring::MemberOp<Receiver, &Receiver::OnRest> rest_{this};
  ring::MemberOp<Receiver, &Receiver::OnAhead> ahead_op_{this};
  ring::MemberOp<Receiver, &Receiver::OnResume> resume_{this};
  ring::MemberTimer<Receiver, &Receiver::OnFrameTimer> frame_timer_{this};
  ring::MemberTimer<Receiver, &Receiver::OnAheadTimer> ahead_timer_{this};
  ring::MemberTimer<Receiver, &Receiver::OnMemoryTimer> memory_timer_{this};  // without an account
  MemoryWaiter memory_waiter_{this};
};

}  // namespace sluice::net

#endif  // SLUICE_SERVER_NET_RECEIVER_H_

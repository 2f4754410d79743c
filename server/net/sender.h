// The sending half of a connection: a queue of frames, one send operation in flight at most, which
// gathers as much of the queue as one system call takes. A frame whose data lie in a pipe is sent
// in two: its head with those before it, then what is in the pipe.
#ifndef SLUICE_SERVER_NET_SENDER_H_
#define SLUICE_SERVER_NET_SENDER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "server/net/close_reason.h"
#include "server/net/connection.h"
#include "server/net/counters.h"
#include "server/ring/buffer_pool.h"
#include "server/ring/loop.h"

namespace sluice::net {

class SenderHost {
 public:
  // The queue is empty and nothing is in flight. May queue more or Stop().
  virtual void OnSent() = 0;
  // Nothing more can be sent: the host must Stop().
  virtual void OnSendFailed(CloseReason reason) = 0;
  // After Stop(): the last operation has ended.
  virtual void OnSenderQuiet() = 0;

 protected:
  ~SenderHost() = default;
};

class Sender {
 public:
  Sender(ring::Loop& loop, int fd, uint64_t timeout_nanos, NetCounters& counters, SenderHost& host);
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Takes the buffers and begins to send.
  void Send(absl::Span<OutFrame> frames);
  bool in_flight() const { return in_flight_; }
  size_t queued_bytes() const { return queued_bytes_; }

  // Drops what waits; what is in flight stays until its operation has ended, which the caller
  // cancels. No call to the host after this but OnSenderQuiet().
  void Stop();
  bool quiet() const { return !in_flight_; }

 private:
  void Begin();
  void BeginTail(ring::OpCode code);
  void OnCompletion(const ring::Completion& completion);
  void Sent(size_t bytes);
  void Failed(int32_t result);
  void OnTimer();
  void Mark();

  ring::Loop& loop_;
  const int fd_;
  const uint64_t timeout_nanos_;
  NetCounters& counters_;
  SenderHost& host_;

  std::vector<OutFrame> queue_;  // from head_ on
  size_t head_ = 0;
  size_t queued_bytes_ = 0;
  bool in_flight_ = false;
  bool polling_ = false;  // what is in flight waits for the socket to take more
  bool stopped_ = false;
  bool late_ = false;          // cancelled by the timer: what was sent until then decides
  uint64_t sent_bytes_ = 0;    // in all
  uint64_t marked_bytes_ = 0;  // sent_bytes_ when the timer was set last
  uint64_t mark_ = 0;          // and when that was
  ring::Buffer message_;       // the msghdr and its iovecs of the operation in flight

  ring::MemberOp<Sender, &Sender::OnCompletion> operation_{this};
  ring::MemberTimer<Sender, &Sender::OnTimer> timer_{this};
};

}  // namespace sluice::net

#endif  // SLUICE_SERVER_NET_SENDER_H_

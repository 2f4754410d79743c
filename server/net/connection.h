// One TCP connection on one loop: cuts received bytes into frames ([MS-SMB2] 2.1: a zero byte and a
// 24-bit big-endian length before each message), queues what is to be sent, watches the clock, and
// ends in order.
//
// Small frames come through the loop's multishot receive and are copied into a pooled buffer of
// their size. A frame above limits::small_frame_bytes_max is received straight into its own buffer,
// and while such frames keep coming the multishot receive stays off. An idle connection holds no
// buffer.
#ifndef SLUICE_SERVER_NET_CONNECTION_H_
#define SLUICE_SERVER_NET_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/types/span.h"
#include "server/base/limits.h"
#include "server/net/close_reason.h"
#include "server/ring/buffer_pool.h"
#include "server/ring/loop.h"
#include "server/ring/pipe_pool.h"

namespace sluice::net {

inline constexpr size_t kFrameHeaderBytes = 4;

// A received message without its 4-byte header: contiguous, writable, starting 8-aligned. The
// header's 4 bytes lie before it.
struct Frame {
  ring::Buffer buffer;
  absl::Span<uint8_t> bytes;
};

// A message to send, its 4-byte header included: a piece of the buffer, then what is in the pipe if
// there is one.
struct OutFrame {
  ring::Buffer buffer;
  uint32_t offset = 0;
  uint32_t length = 0;
  ring::Pipe tail;

  size_t bytes() const { return length + tail.bytes(); }
};

class Connection;
struct NetCounters;

// Called on the connection's loop.
class FrameHandler {
 public:
  virtual void OnFrame(Connection& connection, Frame frame) = 0;
  // Everything queued has been handed to the kernel's socket; nothing is in flight.
  virtual void OnWritable(Connection& connection) = 0;
  // The last call; every operation has ended and the descriptor is closed. The connection may be
  // destroyed here.
  virtual void OnClosed(Connection& connection, CloseReason reason) = 0;

 protected:
  ~FrameHandler() = default;
};

struct ConnectionOptions {
  size_t frame_bytes_max = limits::unauthenticated_frame_bytes_max;  // see set_frame_limit
  size_t send_queue_bytes_max = limits::send_queue_bytes_max;
  uint64_t handshake_timeout_ms = limits::handshake_timeout_ms;
  uint64_t frame_timeout_ms = limits::frame_timeout_ms;
  uint64_t send_timeout_ms = limits::send_timeout_ms;
  uint64_t idle_without_session_timeout_ms = limits::idle_without_session_timeout_ms;
  // What its frames are charged to; outlives them and the connection. nullptr: nobody's.
  ring::BufferAccount* account = nullptr;
  NetCounters* counters = nullptr;  // of the loop; nullptr: nobody counts
};

class Connection {
 public:
  // Takes over the connected socket `fd` and starts receiving. Loop thread, as everything here.
  // `peer` is for logs and the session list; `handler` outlives the connection.
  Connection(ring::Loop& loop, int fd, std::string peer, const ConnectionOptions& options,
             FrameHandler& handler);
  // REQUIRES: OnClosed was called.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  ring::Loop& loop() const;
  // "192.0.2.1:49152" or "[2001:db8::1]:49152".
  const std::string& peer_address() const;
  // Unique in this process, for logs.
  uint64_t id() const;

  // Queues frames behind those that wait; takes their buffers. After Close() they are dropped.
  void Send(absl::Span<OutFrame> frames);
  bool send_in_flight() const;
  // Not handed to the socket yet.
  size_t queued_bytes() const;

  // Ends the connection now: nothing more is received, what is queued is dropped. OnClosed follows
  // in a later turn, never from within. Repeated calls have no effect: the first reason counts.
  void Close(CloseReason reason);
  // The same after everything queued was sent.
  void CloseAfterSend(CloseReason reason);
  bool closing() const;

  // Back-pressure: while paused no frame is delivered and no more is received than what the kernel
  // had already begun to hand over. A Resume may deliver frames from a later turn on.
  void PauseReceive();
  void ResumeReceive();
  bool receive_paused() const;

  // The longest frame that is accepted from now on.
  void set_frame_limit(size_t bytes);
  // With a session a connection stays; without one it ends when nobody has noted progress, which
  // the first frame is too, for the idle timeout. Other frames are no reason to keep it.
  void set_has_session(bool has_session);
  void NoteProgress();
  // To be called from time to time while memory is short: ends the connection if its peer keeps
  // memory in use, with a frame that it does not finish or answers that it does not take, and has
  // moved less than limits::shortage_progress_bytes between each of the last few calls.
  void EndIfSlow();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::net

#endif  // SLUICE_SERVER_NET_CONNECTION_H_

// A FrameHandler for tests: sends every frame back, on one loop, with back-pressure.
#ifndef SLUICE_TESTS_SERVER_NET_ECHO_SERVER_H_
#define SLUICE_TESTS_SERVER_NET_ECHO_SERVER_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/limits.h"
#include "server/net/connection.h"
#include "server/net/counters.h"
#include "server/ring/loop.h"

namespace sluice::net {

class EchoServer final : public FrameHandler, public ring::TurnHandler {
 public:
  EchoServer(ring::Loop& loop, const ConnectionOptions& options) : loop_(loop), options_(options) {
    options_.counters = &counters_;
    loop.SetTurnHandler(this);
  }

  Connection& Add(int fd, std::string peer) {
    auto connection = std::make_unique<Connection>(loop_, fd, std::move(peer), options_, *this);
    Connection* const key = connection.get();
    connections_.emplace(key->id(), std::move(connection));
    return *key;
  }

  void OnFrame(Connection& connection, Frame frame) override {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(frame.bytes.data()) % 8, 0u);
    EXPECT_FALSE(connection.closing());
    EXPECT_FALSE(connection.receive_paused());
    if (keep) {
      kept.push_back(std::move(frame));
      return;
    }
    OutFrame out;
    out.offset = static_cast<uint32_t>(frame.bytes.data() - frame.buffer.data()) - 4;
    out.length = static_cast<uint32_t>(frame.bytes.size()) + 4;
    out.buffer = std::move(frame.buffer);
    if (tails && out.length > 8) MoveEndToPipe(&out);
    std::vector<OutFrame>& waiting = waiting_[connection.id()];
    waiting.push_back(std::move(out));
    if (connection.queued_bytes() > pause_above || waiting.size() > 64) connection.PauseReceive();
  }
  void OnWritable(Connection& connection) override {
    EXPECT_FALSE(connection.send_in_flight());
    EXPECT_EQ(connection.queued_bytes(), 0u);
    connection.ResumeReceive();
  }
  void OnClosed(Connection& connection, CloseReason reason) override {
    reasons.push_back(reason);
    waiting_.erase(connection.id());
    connections_.erase(connection.id());
    loop_.load().fetch_sub(1);
  }
  void OnTurn(ring::Loop&) override {
    for (auto& [id, frames] : waiting_) {
      if (frames.empty()) continue;
      connections_.at(id)->Send(absl::MakeSpan(frames));
      frames.clear();
    }
  }

  void CloseAll() {
    for (auto& [id, connection] : connections_) connection->Close(CloseReason::kShutdown);
  }
  bool empty() const { return connections_.empty(); }
  const NetCounters& counters() const { return counters_; }

  bool tails = false;  // the second half of what is sent back comes out of a pipe
  bool keep = false;   // frames are put into `kept` instead of sent back
  std::vector<Frame> kept;
  size_t pause_above = 1u << 20;
  std::vector<CloseReason> reasons;  // of those that closed, in order

 private:
  void MoveEndToPipe(OutFrame* out) {
    const uint32_t half = out->length / 2;
    if (half > limits::pipe_bytes || !(out->tail = loop_.pipes().Acquire())) return;
    out->length -= half;
    const uint8_t* const end = out->buffer.data() + out->offset + out->length;
    ASSERT_EQ(write(out->tail.in(), end, half), static_cast<ssize_t>(half));
    out->tail.Added(half);
  }

  ring::Loop& loop_;
  NetCounters counters_;
  ConnectionOptions options_;
  std::map<uint64_t, std::unique_ptr<Connection>> connections_;
  std::map<uint64_t, std::vector<OutFrame>> waiting_;
};

// A frame with its header.
inline std::string MakeFrame(uint32_t seed, size_t bytes) {
  std::string frame(bytes + 4, '\0');
  frame[1] = static_cast<char>(bytes >> 16);
  frame[2] = static_cast<char>(bytes >> 8);
  frame[3] = static_cast<char>(bytes);
  for (size_t i = 4; i < frame.size(); ++i) {
    frame[i] = static_cast<char>(seed + i * 7 + (i >> 8));
  }
  return frame;
}

}  // namespace sluice::net

#endif  // SLUICE_TESTS_SERVER_NET_ECHO_SERVER_H_

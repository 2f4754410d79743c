// A connection of a server that echoes, on a simulated kernel without chaos.
#ifndef SLUICE_TESTS_SERVER_NET_CONNECTION_FIXTURE_H_
#define SLUICE_TESTS_SERVER_NET_CONNECTION_FIXTURE_H_

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/limits.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/sim_network.h"
#include "tests/fakes/sim_ring.h"
#include "tests/server/net/echo_server.h"

namespace sluice::net {

inline constexpr uint64_t kHandshakeMs = 1000;
inline constexpr uint64_t kFrameMs = 3000;
inline constexpr uint64_t kSendMs = 4000;
inline constexpr uint64_t kIdleMs = 5000;

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() { Make({}); }

  ~ConnectionTest() override {
    server_->kept.clear();
    server_->CloseAll();
    Turns();
    EXPECT_TRUE(server_->empty());
    EXPECT_TRUE(loop_->Shutdown());
    EXPECT_EQ(loop_->buffers().bytes_in_use(), 0u);
    EXPECT_EQ(ring_->violations(), std::vector<std::string>());
  }

  void Make(ring::BufferPool::Options buffers) {
    fakes::SimOptions options;
    options.chaos = false;
    options.inject = [this](const ring::Sqe& sqe) { return Inject(sqe); };
    auto ring = std::make_unique<fakes::SimRing>(std::move(options), clock_, network_);
    server_.reset();
    account_.reset();
    loop_.reset();
    ring_ = ring.get();
    ring::Loop::Options loop_options;
    loop_options.clock = &clock_;
    loop_options.pool = &pool_;
    loop_options.ring = std::move(ring);
    loop_options.buffers = buffers;
    loop_ = *ring::Loop::Create(std::move(loop_options));
    ConnectionOptions connection_options;
    connection_options.frame_bytes_max = 4u << 20;
    connection_options.send_queue_bytes_max = 4u << 20;
    connection_options.handshake_timeout_ms = kHandshakeMs;
    connection_options.frame_timeout_ms = kFrameMs;
    connection_options.send_timeout_ms = kSendMs;
    connection_options.idle_without_session_timeout_ms = kIdleMs;
    server_ = std::make_unique<EchoServer>(*loop_, connection_options);
  }

  std::optional<int32_t> Inject(const ring::Sqe& sqe) {
    if (inject_result_ == 0 || sqe.code != inject_code_) return std::nullopt;
    return std::exchange(inject_result_, 0);
  }

  // Opens a connection; its first frame has come and gone.
  fakes::SimPeer& Greeted(size_t send_room = 256u << 10) {
    fakes::SimPeer& peer = network_.Connect(send_room);
    connection_ = &server_->Add(peer.fd(), "sim");
    const std::string hello = MakeFrame(0, 10);
    peer.Write(hello);
    Turns();
    EXPECT_EQ(peer.Read(), hello);
    return peer;
  }

  void Turns() {
    for (int i = 0; i < 12; ++i) loop_->RunTurn(false);
  }
  // In steps of 100 ms.
  void Pass(uint64_t millis) {
    for (uint64_t i = 0; i < millis; i += 100) {
      clock_.AdvanceMillis(100);
      Turns();
    }
  }
  void ExpectClosed(CloseReason reason) {
    ASSERT_EQ(server_->reasons.size(), 1u);
    EXPECT_EQ(server_->reasons[0], reason) << Name(server_->reasons[0]);
    EXPECT_EQ(server_->counters().closed[static_cast<size_t>(reason)].value(), 1u);
  }
  void ExpectOpen() { EXPECT_TRUE(server_->reasons.empty()) << Name(server_->reasons[0]); }

  fakes::FakeClock clock_;
  fakes::SimNetwork network_;
  ring::BlockingPool pool_{0};
  fakes::SimRing* ring_ = nullptr;
  std::unique_ptr<ring::Loop> loop_;
  std::optional<ring::BufferAccount> account_;
  std::unique_ptr<EchoServer> server_;
  Connection* connection_ = nullptr;
  ring::OpCode inject_code_ = ring::OpCode::kNop;
  int32_t inject_result_ = 0;
};

}  // namespace sluice::net

#endif  // SLUICE_TESTS_SERVER_NET_CONNECTION_FIXTURE_H_

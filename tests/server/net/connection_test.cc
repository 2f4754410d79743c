// Connections on a simulated kernel without chaos: what each rule does, and when.
#include "server/net/connection.h"

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
namespace {

constexpr uint64_t kHandshakeMs = 1000;
constexpr uint64_t kFrameMs = 3000;
constexpr uint64_t kSendMs = 4000;
constexpr uint64_t kIdleMs = 5000;

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

// --- Frames ---

TEST_F(ConnectionTest, RejectsZeroLength) {
  Greeted().Write(std::string("\0\0\0\0", 4));
  Turns();
  ExpectClosed(CloseReason::kBadFrame);
}

TEST_F(ConnectionTest, RejectsAnyTypeButMessages) {
  Greeted().Write(std::string("\x81\0\0\x44", 4));
  Turns();
  ExpectClosed(CloseReason::kBadFrame);
}

TEST_F(ConnectionTest, RejectsLengthAboveTheLimit) {
  fakes::SimPeer& peer = Greeted();
  connection_->set_frame_limit(1000);
  peer.Write(MakeFrame(1, 1000));
  Turns();
  ExpectOpen();
  peer.Write(MakeFrame(1, 1001).substr(0, 4));
  Turns();
  ExpectClosed(CloseReason::kFrameTooLarge);
}

TEST_F(ConnectionTest, RejectsLengthAboveTheLimitAfterALargeFrame) {
  fakes::SimPeer& peer = Greeted();
  peer.Write(MakeFrame(1, 200'000));
  Turns();
  EXPECT_EQ(peer.Read().size(), 200'004u);
  ExpectOpen();
  connection_->set_frame_limit(1000);
  peer.Write(MakeFrame(1, 1001).substr(0, 4));
  Turns();
  ExpectClosed(CloseReason::kFrameTooLarge);
}

TEST_F(ConnectionTest, IgnoresKeepAlives) {
  fakes::SimPeer& peer = Greeted();
  const std::string frame = MakeFrame(5, 50);
  const std::string keep_alive("\x85\0\0\0", 4);
  peer.Write(keep_alive + frame + keep_alive);
  Turns();
  EXPECT_EQ(peer.Read(), frame);
  ExpectOpen();
}

TEST_F(ConnectionTest, RejectsAKeepAliveWithABody) {
  Greeted().Write(std::string("\x85\0\0\x01", 4));
  Turns();
  ExpectClosed(CloseReason::kBadFrame);
}

TEST_F(ConnectionTest, NothingIsDeliveredAfterABadFrame) {
  fakes::SimPeer& peer = Greeted();
  peer.Write(std::string("\0\0\0\0", 4) + MakeFrame(1, 10));
  Turns();
  ExpectClosed(CloseReason::kBadFrame);
  EXPECT_EQ(server_->counters().frames_received.value(), 1u);
}

TEST_F(ConnectionTest, ALargeFrameComesInOnePiece) {
  fakes::SimPeer& peer = Greeted(8u << 20);
  const std::string frame = MakeFrame(3, 3u << 20);
  peer.Write(frame);
  Turns();
  EXPECT_EQ(peer.Read(), frame);
}

TEST_F(ConnectionTest, LargeFramesInARowNeedOneReceiveEach) {
  fakes::SimPeer& peer = Greeted(8u << 20);
  const std::string frame = MakeFrame(3, 100'000);
  peer.Write(frame);
  Turns();
  EXPECT_EQ(peer.Read(), frame);
  const uint64_t before = server_->counters().receives.value();
  for (int i = 0; i < 10; ++i) {
    peer.Write(frame);
    Turns();
    EXPECT_EQ(peer.Read(), frame);
  }
  EXPECT_EQ(server_->counters().receives.value() - before, 10u);
}

TEST_F(ConnectionTest, SmallFramesAfterALargeOneAreAllThere) {
  fakes::SimPeer& peer = Greeted(8u << 20);
  std::string all = MakeFrame(3, 100'000);
  for (uint32_t i = 0; i < 40; ++i) all += MakeFrame(i, 1 + i * 100);
  all += MakeFrame(9, 40'000);
  peer.Write(all);
  for (int i = 0; i < 10; ++i) Turns();
  EXPECT_EQ(peer.Read(), all);
}

// --- Memory ---

TEST_F(ConnectionTest, AnIdleConnectionHoldsNoBuffer) {
  fakes::SimPeer& peer = Greeted(8u << 20);
  EXPECT_EQ(loop_->buffers().bytes_in_use(), 0u);
  peer.Write(MakeFrame(3, 100'000));
  Turns();
  peer.Read();
  EXPECT_GT(loop_->buffers().bytes_in_use(), 0u);  // ready for the next large one
  Pass(2100);
  EXPECT_EQ(loop_->buffers().bytes_in_use(), 0u);
  const std::string frame = MakeFrame(4, 100);
  peer.Write(frame);
  Turns();
  EXPECT_EQ(peer.Read(), frame);
}

TEST_F(ConnectionTest, APausedConnectionHoldsNoBufferEither) {
  fakes::SimPeer& peer = Greeted(8u << 20);
  peer.Write(MakeFrame(3, 100'000));
  Turns();
  peer.Read();
  connection_->PauseReceive();
  Pass(2100);
  EXPECT_EQ(loop_->buffers().bytes_in_use(), 0u);
  const std::string frame = MakeFrame(4, 100);
  peer.Write(frame);
  connection_->ResumeReceive();
  Turns();
  EXPECT_EQ(peer.Read(), frame);
}

TEST_F(ConnectionTest, AFrameWaitsForMemory) {
  Make({.bytes_max = 200u << 10, .registered_bytes_max = 0});
  fakes::SimPeer& peer = Greeted();
  ring::Buffer first = loop_->buffers().Acquire(60'000);
  ring::Buffer second = loop_->buffers().Acquire(60'000);
  ASSERT_TRUE(first && second);
  const std::string frames = MakeFrame(1, 60'000) + MakeFrame(2, 10) + MakeFrame(3, 50'000);
  peer.Write(frames);
  Turns();
  EXPECT_EQ(peer.Read(), "");
  EXPECT_EQ(server_->counters().no_frame_buffer.value(), 1u);
  Pass(200);
  ExpectOpen();
  first.Reset();
  for (int i = 0; i < 5; ++i) Pass(100);
  EXPECT_EQ(peer.Read(), frames);
}

TEST_F(ConnectionTest, WaitingForMemoryIsNotThePeersDelay) {
  Make({.bytes_max = 100u << 10, .registered_bytes_max = 0});
  fakes::SimPeer& peer = Greeted();
  connection_->set_has_session(true);
  ring::Buffer held = loop_->buffers().Acquire(60'000);
  ASSERT_TRUE(held);
  const std::string frame = MakeFrame(1, 60'000);
  peer.Write(frame);
  Pass(3 * kFrameMs);
  ExpectOpen();
  held.Reset();
  Pass(200);
  EXPECT_EQ(peer.Read(), frame);
}

// Whoever has not logged on may announce what he likes.
TEST_F(ConnectionTest, AFrameOfAnUntrustedPeerGetsMemoryAsItArrives) {
  account_.emplace(loop_->buffers(), false);
  server_.reset();
  ConnectionOptions options;
  options.account = &*account_;
  server_ = std::make_unique<EchoServer>(*loop_, options);
  fakes::SimPeer& peer = Greeted();
  const std::string frame = MakeFrame(1, 100'000);
  size_t sent = 0;
  const auto send = [&](size_t until) {
    peer.Write(frame.substr(sent, until - sent));
    sent = until;
    Turns();
  };
  send(5);
  EXPECT_EQ(account_->bytes(), 1024u);
  send(1000);
  EXPECT_EQ(account_->bytes(), 1024u);
  send(6000);
  EXPECT_LE(account_->bytes(), 16384u);
  send(40'000);
  EXPECT_LE(account_->bytes(), (64u << 10) + 4096);
  send(frame.size());
  EXPECT_EQ(peer.Read(), frame);
  EXPECT_EQ(account_->bytes(), 0u);
}

TEST_F(ConnectionTest, AFrameWaitsForMemoryOfItsAccount) {
  Make({.bytes_max = 4u << 20, .registered_bytes_max = 0});
  account_.emplace(loop_->buffers(), true);
  server_.reset();
  ConnectionOptions options;
  options.frame_bytes_max = 4u << 20;
  options.account = &*account_;
  server_ = std::make_unique<EchoServer>(*loop_, options);
  fakes::SimPeer& peer = Greeted(8u << 20);
  std::vector<ring::Buffer> held;
  for (int i = 0; i < 3; ++i) held.push_back(loop_->buffers().Acquire(1u << 20));
  const std::string frame = MakeFrame(1, 1u << 20);
  peer.Write(frame);
  Turns();
  EXPECT_EQ(peer.Read(), "");
  EXPECT_TRUE(loop_->buffers().short_of_memory());
  held.clear();
  Turns();
  EXPECT_EQ(peer.Read(), frame);
  EXPECT_FALSE(loop_->buffers().short_of_memory());
}

// --- Back-pressure ---

TEST_F(ConnectionTest, APausedConnectionDeliversNothing) {
  fakes::SimPeer& peer = Greeted();
  connection_->PauseReceive();
  EXPECT_TRUE(connection_->receive_paused());
  std::string frames;
  for (uint32_t i = 0; i < 5; ++i) frames += MakeFrame(i, 100);
  peer.Write(frames);
  Turns();
  EXPECT_EQ(peer.Read(), "");
  connection_->ResumeReceive();
  Turns();
  EXPECT_EQ(peer.Read(), frames);
}

TEST_F(ConnectionTest, APausedConnectionStopsReceiving) {
  fakes::SimPeer& peer = Greeted();
  connection_->PauseReceive();
  Turns();
  for (int i = 0; i < 100; ++i) {
    peer.Write(MakeFrame(1, 1000));
    Turns();
  }
  EXPECT_EQ(peer.unread_by_server(), 100u * 1004);
}

TEST_F(ConnectionTest, PausesWithinAFrame) {
  fakes::SimPeer& peer = Greeted(8u << 20);
  const std::string large = MakeFrame(1, 200'000);
  const std::string frames = large + MakeFrame(2, 70) + large;
  peer.Write(frames.substr(0, 150'000));
  Turns();
  connection_->PauseReceive();
  peer.Write(frames.substr(150'000));
  Turns();
  EXPECT_EQ(peer.Read(), "");
  connection_->ResumeReceive();
  Turns();
  EXPECT_EQ(peer.Read(), frames);
}

TEST_F(ConnectionTest, APausedPeerThatEndedIsHeardToTheEnd) {
  fakes::SimPeer& peer = Greeted();
  server_->keep = true;
  connection_->PauseReceive();
  peer.Write(MakeFrame(1, 10) + MakeFrame(2, 10));
  peer.Close();
  Turns();
  connection_->ResumeReceive();
  Turns();
  EXPECT_EQ(server_->kept.size(), 2u);
  ExpectClosed(CloseReason::kPeerClosed);
}

// --- Sending ---

TEST_F(ConnectionTest, ShortSendsGoOn) {
  fakes::SimPeer& peer = Greeted(100);
  const std::string frame = MakeFrame(1, 5000);
  peer.Write(frame);
  std::string got;
  for (int i = 0; i < 100; ++i) {
    Turns();
    got += peer.Read();
  }
  EXPECT_EQ(got, frame);
}

TEST_F(ConnectionTest, FramesOfATurnGoOutInOneOperation) {
  fakes::SimPeer& peer = Greeted();
  const uint64_t before = server_->counters().sends.value();
  std::string frames;
  for (uint32_t i = 0; i < 8; ++i) frames += MakeFrame(i, 100);
  peer.Write(frames);
  Turns();
  EXPECT_EQ(peer.Read(), frames);
  EXPECT_EQ(server_->counters().sends.value() - before, 1u);
}

TEST_F(ConnectionTest, ClosesAPeerThatLetsTheQueueGrow) {
  fakes::SimPeer& peer = Greeted(100);
  server_->pause_above = ~size_t{0};
  for (uint32_t i = 0; i < 100 && server_->reasons.empty(); ++i) {
    peer.Write(MakeFrame(i, 60'000));
    Turns();
  }
  ExpectClosed(CloseReason::kSendQueueFull);
}

TEST_F(ConnectionTest, CloseAfterSendSendsWhatIsQueued) {
  fakes::SimPeer& peer = Greeted(1000);
  const std::string frame = MakeFrame(1, 3000);
  peer.Write(frame);
  Turns();
  connection_->CloseAfterSend(CloseReason::kProtocolError);
  EXPECT_TRUE(connection_->closing());
  peer.Write(frame);  // not heard any more
  std::string got;
  for (int i = 0; i < 10; ++i) {
    got += peer.Read();
    Turns();
  }
  EXPECT_EQ(got, frame);
  ExpectClosed(CloseReason::kProtocolError);
}

TEST_F(ConnectionTest, CloseAfterSendClosesAtOnceWhenNothingIsQueued) {
  Greeted();
  connection_->CloseAfterSend(CloseReason::kLocal);
  Turns();
  ExpectClosed(CloseReason::kLocal);
}

TEST_F(ConnectionTest, SendAfterCloseIsDropped) {
  fakes::SimPeer& peer = Greeted();
  ring::Buffer buffer = loop_->buffers().Acquire(100);
  std::vector<OutFrame> frames(1);
  frames[0].buffer = std::move(buffer);
  frames[0].length = 10;
  connection_->Close(CloseReason::kLocal);
  connection_->Close(CloseReason::kShutdown);  // the first one counts
  connection_->Send(absl::MakeSpan(frames));
  Turns();
  EXPECT_EQ(peer.Read(), "");
  ExpectClosed(CloseReason::kLocal);
}

// --- Time ---

TEST_F(ConnectionTest, AFirstFrameMustComeInTime) {
  fakes::SimPeer& peer = network_.Connect();
  server_->Add(peer.fd(), "sim");
  Pass(kHandshakeMs - 100);
  ExpectOpen();
  peer.Write(std::string(2, '\0'));
  Pass(200);
  ExpectClosed(CloseReason::kHandshakeTimeout);
}

TEST_F(ConnectionTest, AByteASecondDoesNotKeepAFrameAlive) {
  fakes::SimPeer& peer = Greeted();
  connection_->set_has_session(true);
  const std::string frame = MakeFrame(1, 100);
  for (size_t i = 0; i < 3; ++i) {
    peer.Write(frame.substr(i, 1));
    Pass(kFrameMs / 3 - 100);
  }
  ExpectOpen();
  peer.Write(frame.substr(3, 1));
  Pass(500);
  ExpectClosed(CloseReason::kFrameTimeout);
}

TEST_F(ConnectionTest, AByteASecondDoesNotKeepALargeFrameAlive) {
  fakes::SimPeer& peer = Greeted();
  connection_->set_has_session(true);
  peer.Write(MakeFrame(1, 1u << 20).substr(0, 1000));
  for (size_t i = 0; i < 40 && server_->reasons.empty(); ++i) {
    peer.Write("x");
    Pass(100);
  }
  ExpectClosed(CloseReason::kFrameTimeout);
}

TEST_F(ConnectionTest, ASlowLargeFrameThatGoesOnIsWaitedFor) {
  fakes::SimPeer& peer = Greeted(8u << 20);
  connection_->set_has_session(true);
  const std::string frame = MakeFrame(1, 1u << 20);
  // Five frame timeouts long, each with enough.
  for (size_t at = 0; at < frame.size(); at += 100'000) {
    peer.Write(absl::string_view(frame).substr(at, 100'000));
    Pass(kFrameMs / 2);
  }
  ExpectOpen();
  EXPECT_EQ(peer.Read(), frame);
}

TEST_F(ConnectionTest, APeerThatNeverReadsIsClosed) {
  fakes::SimPeer& peer = Greeted(100);
  connection_->set_has_session(true);
  peer.Write(MakeFrame(1, 5000));
  Pass(kSendMs - 200);
  ExpectOpen();
  Pass(400);
  ExpectClosed(CloseReason::kSendTimeout);
}

TEST_F(ConnectionTest, APeerThatReadsAByteASecondIsClosed) {
  fakes::SimPeer& peer = Greeted(20);
  connection_->set_has_session(true);
  peer.Write(MakeFrame(1, 5000));
  for (size_t i = 0; i < 60 && server_->reasons.empty(); ++i) {
    Pass(100);
    peer.Read();
  }
  ExpectClosed(CloseReason::kSendTimeout);
}

TEST_F(ConnectionTest, ASlowReaderThatGoesOnIsWaitedFor) {
  fakes::SimPeer& peer = Greeted(20'000);
  connection_->set_has_session(true);
  const std::string frame = MakeFrame(1, 200'000);
  peer.Write(frame);
  std::string got;
  for (size_t i = 0; i < 14; ++i) {
    Pass(kSendMs / 2);
    got += peer.Read();
  }
  ExpectOpen();
  EXPECT_EQ(got, frame);
}

TEST_F(ConnectionTest, IdleWithoutASessionEnds) {
  fakes::SimPeer& peer = Greeted();
  Pass(kIdleMs / 2);
  connection_->NoteProgress();
  Pass(kIdleMs - 200);
  ExpectOpen();
  // What is no progress does not keep it.
  peer.Write(MakeFrame(1, 10));
  Pass(400);
  ExpectClosed(CloseReason::kIdleTimeout);
}

TEST_F(ConnectionTest, IdleWithASessionStays) {
  Greeted();
  connection_->set_has_session(true);
  Pass(kIdleMs * 3);
  ExpectOpen();
  connection_->set_has_session(false);
  Pass(kIdleMs - 200);
  ExpectOpen();
  Pass(400);
  ExpectClosed(CloseReason::kIdleTimeout);
}

// --- Ends ---

TEST_F(ConnectionTest, APeerThatClosesBetweenFrames) {
  Greeted().Close();
  Turns();
  ExpectClosed(CloseReason::kPeerClosed);
}

TEST_F(ConnectionTest, APeerThatClosesWithinAFrame) {
  fakes::SimPeer& peer = Greeted();
  peer.Write(std::string(2, '\0'));
  peer.Close();
  Turns();
  ExpectClosed(CloseReason::kPeerLost);
}

TEST_F(ConnectionTest, APeerThatClosesWithinALargeFrame) {
  fakes::SimPeer& peer = Greeted();
  peer.Write(MakeFrame(1, 1u << 20).substr(0, 500'000));
  Turns();
  peer.Close();
  Turns();
  ExpectClosed(CloseReason::kPeerLost);
}

TEST_F(ConnectionTest, APeerThatIsLostWhileSending) {
  fakes::SimPeer& peer = Greeted(100);
  peer.Write(MakeFrame(1, 5000));
  Turns();
  peer.Reset();
  Turns();
  ExpectClosed(CloseReason::kPeerLost);
}

TEST_F(ConnectionTest, ErrorsAreClassifiedOnce) {
  struct {
    ring::OpCode code;
    int error;
    CloseReason reason;
    ErrorClass error_class;
  } const rows[] = {
      {ring::OpCode::kReceiveMultishot, ECONNRESET, CloseReason::kPeerLost, ErrorClass::kPeerGone},
      {ring::OpCode::kReceiveMultishot, ENOMEM, CloseReason::kResource, ErrorClass::kResource},
      {ring::OpCode::kReceiveMultishot, EFAULT, CloseReason::kInternalError, ErrorClass::kBug},
      {ring::OpCode::kReceiveMultishot, EDOM, CloseReason::kInternalError, ErrorClass::kUnknown},
      {ring::OpCode::kSend, EPIPE, CloseReason::kPeerLost, ErrorClass::kPeerGone},
      {ring::OpCode::kSend, ENOBUFS, CloseReason::kResource, ErrorClass::kResource},
      {ring::OpCode::kSend, EBADF, CloseReason::kInternalError, ErrorClass::kBug},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.error);
    server_->reasons.clear();
    fakes::SimPeer& peer = Greeted();
    const auto& counter = server_->counters().errors[static_cast<size_t>(row.error_class)];
    const uint64_t before = counter.value();
    inject_code_ = row.code;
    inject_result_ = -row.error;
    peer.Write(MakeFrame(1, 10));
    Turns();
    ASSERT_EQ(server_->reasons.size(), 1u);
    EXPECT_EQ(server_->reasons[0], row.reason);
    EXPECT_EQ(counter.value(), before + 1);
  }
}

TEST_F(ConnectionTest, RetriesWhatIsOnlyInterrupted) {
  fakes::SimPeer& peer = Greeted();
  const std::string frame = MakeFrame(1, 10);
  for (const ring::OpCode code : {ring::OpCode::kReceiveMultishot, ring::OpCode::kSend}) {
    inject_code_ = code;
    inject_result_ = -EINTR;
    peer.Write(frame);
    Turns();
    EXPECT_EQ(peer.Read(), frame);
    EXPECT_EQ(inject_result_, 0);
  }
  inject_code_ = ring::OpCode::kReceiveMultishot;
  inject_result_ = -ENOBUFS;
  peer.Write(frame);
  Turns();
  EXPECT_EQ(peer.Read(), frame);
  EXPECT_EQ(server_->counters().no_provided_buffer.value(), 1u);
  ExpectOpen();
}

TEST_F(ConnectionTest, SendsOutOfAPipeBehindTheBuffer) {
  fakes::SimPeer& peer = Greeted(100);
  server_->tails = true;
  const std::string frames = MakeFrame(1, 5000) + MakeFrame(2, 3000) + MakeFrame(3, 9);
  peer.Write(frames);
  std::string got;
  for (int i = 0; i < 1000 && got.size() < frames.size(); ++i) {
    Turns();
    got += peer.Read();
  }
  EXPECT_EQ(got, frames);
  EXPECT_FALSE(connection_->send_in_flight());
  EXPECT_GT(ring_->submitted(ring::OpCode::kSplice), 3u);
  EXPECT_EQ(loop_->pipes().in_use(), 0u);
}

// What would wait for the peer would keep one of the kernel's threads waiting.
TEST_F(ConnectionTest, PollsAPeerThatTakesNothingOutOfAPipe) {
  fakes::SimPeer& peer = Greeted(5000);
  server_->tails = true;
  peer.Write(MakeFrame(1, 20'000));
  Turns();
  const uint64_t splices = ring_->submitted(ring::OpCode::kSplice);
  EXPECT_EQ(ring_->submitted(ring::OpCode::kPollWritable),
            0u);  // the buffer's half fills the socket
  peer.Read();
  peer.Read();
  Turns();
  peer.Read();
  Turns();
  EXPECT_EQ(ring_->submitted(ring::OpCode::kPollWritable), 1u);
  Pass(kSendMs - 200);
  EXPECT_EQ(ring_->submitted(ring::OpCode::kSplice), splices + 2);
  ExpectOpen();
  Pass(2 * kSendMs);
  ExpectClosed(CloseReason::kSendTimeout);
  EXPECT_EQ(loop_->pipes().in_use(), 0u);
}

TEST_F(ConnectionTest, AClosedConnectionGivesItsPipesBack) {
  fakes::SimPeer& peer = Greeted(100);
  server_->tails = true;
  peer.Write(MakeFrame(1, 5000) + MakeFrame(2, 5000));
  Turns();
  EXPECT_EQ(loop_->pipes().in_use(), 2u);
  connection_->Close(CloseReason::kLocal);
  Turns();
  ExpectClosed(CloseReason::kLocal);
  EXPECT_EQ(loop_->pipes().in_use(), 0u);
}

TEST_F(ConnectionTest, ALoopThatStopsClosesItsConnections) {
  Greeted();
  EXPECT_TRUE(loop_->Shutdown());
  ExpectClosed(CloseReason::kShutdown);
}

TEST_F(ConnectionTest, CloseWaitsForOperationsInFlight) {
  fakes::SimPeer& peer = Greeted(100);
  peer.Write(MakeFrame(1, 5000));
  Turns();
  EXPECT_TRUE(connection_->send_in_flight());
  connection_->Close(CloseReason::kLocal);
  EXPECT_FALSE(server_->empty());
  EXPECT_FALSE(peer.closed_by_server());
  Turns();
  EXPECT_TRUE(server_->empty());
  EXPECT_TRUE(peer.closed_by_server());
  ExpectClosed(CloseReason::kLocal);
}

}  // namespace
}  // namespace sluice::net

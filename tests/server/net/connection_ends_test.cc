// When a connection ends: time limits, and what peers and the kernel do.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/net/connection.h"
#include "tests/fakes/sim_network.h"
#include "tests/server/net/connection_fixture.h"

namespace sluice::net {
namespace {

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

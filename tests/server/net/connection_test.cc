// Connections on a simulated kernel without chaos: what each rule does, and when.
#include "server/net/connection.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/fakes/sim_network.h"
#include "tests/server/net/connection_fixture.h"

namespace sluice::net {
namespace {

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

}  // namespace
}  // namespace sluice::net

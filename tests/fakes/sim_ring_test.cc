// The simulation itself: a seed reproduces a run, it does what it promises, and it sees mistakes.
#include "tests/fakes/sim_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/sim_network.h"

namespace sluice::fakes {
namespace {

struct RecordOp final : ring::Op {
  void OnCompletion(const ring::Completion&) override {}
};

class SimRingTest : public testing::Test {
 protected:
  // What completes while 3,000 bytes are received by a multishot and 2,000 sent, as text.
  std::string Trace(uint64_t seed) {
    FakeClock clock;
    SimNetwork network;
    SimOptions options;
    options.seed = seed;
    SimRing ring(std::move(options), clock, network);
    SimPeer& peer = network.Connect(300);
    RecordOp receive;
    RecordOp send;
    const std::string data(2000, 'x');
    ring.Queue({.code = ring::OpCode::kSend,
                .fd = peer.fd(),
                .flags = 0x100 /* MSG_WAITALL */,
                .address = data.data(),
                .length = data.size()},
               &send);
    ring.Queue({.code = ring::OpCode::kReceiveMultishot, .fd = peer.fd()}, &receive);
    std::string trace;
    size_t got = 0;
    for (int turn = 0; turn < 200; ++turn) {
      if (turn % 10 == 0 && turn < 100) peer.Write(std::string(300, 'y'));
      peer.Read();
      ring.Submit(false, 0);
      std::vector<ring::Completion> completions;
      ring.Reap(completions);
      for (const ring::Completion& completion : completions) {
        absl::StrAppend(&trace, completion.op == &send ? "s" : "r", completion.result,
                        completion.more ? "+" : "", " ");
        if (completion.has_buffer) {
          got += static_cast<size_t>(completion.result);
          ring.RecycleProvidedBuffer(completion.buffer);
        }
        if (completion.op == &receive && !completion.more) {
          ring.Queue({.code = ring::OpCode::kReceiveMultishot, .fd = peer.fd()}, &receive);
        }
      }
    }
    EXPECT_EQ(got, 3000u);
    EXPECT_TRUE(ring.violations().empty());
    return trace;
  }
};

TEST_F(SimRingTest, TheSameSeedGivesTheSameRun) {
  EXPECT_EQ(Trace(1), Trace(1));
  EXPECT_EQ(Trace(2), Trace(2));
  EXPECT_NE(Trace(1), Trace(2));
}

TEST_F(SimRingTest, ReceivesAreTornAndMultishotsEnd) {
  const std::string trace = Trace(3);
  EXPECT_GT(std::count(trace.begin(), trace.end(), 'r'), 12);
  EXPECT_GT(std::count(trace.begin(), trace.end(), 'r'),
            std::count(trace.begin(), trace.end(), '+'));
}

TEST_F(SimRingTest, SeesADescriptorClosedUnderAnOperation) {
  FakeClock clock;
  SimNetwork network;
  SimRing ring({}, clock, network);
  SimPeer& peer = network.Connect();
  RecordOp op;
  ring.Queue({.code = ring::OpCode::kReceiveMultishot, .fd = peer.fd()}, &op);
  ring.Queue({.code = ring::OpCode::kClose, .fd = peer.fd()}, nullptr);
  ring.Submit(false, 0);
  EXPECT_EQ(ring.violations().size(), 1u);
  EXPECT_TRUE(peer.closed_by_server());
}

TEST_F(SimRingTest, SeesABufferRecycledTwice) {
  FakeClock clock;
  SimNetwork network;
  SimRing ring({.chaos = false}, clock, network);
  SimPeer& peer = network.Connect();
  RecordOp op;
  peer.Write("x");
  ring.Queue({.code = ring::OpCode::kReceiveMultishot, .fd = peer.fd()}, &op);
  ring.Submit(false, 0);
  std::vector<ring::Completion> completions;
  ring.Reap(completions);
  ASSERT_EQ(completions.size(), 1u);
  EXPECT_EQ(*ring.ProvidedBuffer(completions[0].buffer), 'x');
  ring.RecycleProvidedBuffer(completions[0].buffer);
  EXPECT_NE(*ring.ProvidedBuffer(completions[0].buffer), 'x');
  ring.RecycleProvidedBuffer(completions[0].buffer);
  EXPECT_EQ(ring.violations().size(), 1u);
}

TEST_F(SimRingTest, WaitingMovesTheClockToTheTimeout) {
  FakeClock clock;
  SimNetwork network;
  SimRing ring({}, clock, network);
  const uint64_t before = clock.MonotonicNanos();
  ring.Submit(true, 5'000'000);
  EXPECT_EQ(clock.MonotonicNanos(), before + 5'000'000);
  ring.Submit(true, ~uint64_t{0});
  EXPECT_EQ(clock.MonotonicNanos(), before + 5'000'000);
}

TEST_F(SimRingTest, ACancelledOperationSaysHowMuchItMoved) {
  FakeClock clock;
  SimNetwork network;
  SimRing ring({.chaos = false}, clock, network);
  SimPeer& peer = network.Connect();
  RecordOp op;
  std::vector<char> memory(100);
  peer.Write("seven b");
  ring.Queue({.code = ring::OpCode::kReceive,
              .fd = peer.fd(),
              .flags = 0x100 /* MSG_WAITALL */,
              .address = memory.data(),
              .length = memory.size()},
             &op);
  ring.Submit(false, 0);
  ring.Queue({.code = ring::OpCode::kCancelOp, .address = static_cast<ring::Op*>(&op)}, nullptr);
  ring.Submit(false, 0);
  std::vector<ring::Completion> completions;
  ring.Reap(completions);
  ASSERT_EQ(completions.size(), 1u);
  EXPECT_EQ(completions[0].result, 7);
  EXPECT_EQ(ring.operations_in_flight(), 0u);
}

TEST(FakeRandomTest, TheSameSeedGivesTheSameBytes) {
  FakeRandom first(1);
  FakeRandom second(1);
  FakeRandom third(2);
  EXPECT_EQ(first.Next64(), second.Next64());
  EXPECT_NE(first.Next64(), third.Next64());
}

}  // namespace
}  // namespace sluice::fakes

// The loop on a simulated ring: what the kernel's own would do too rarely to test.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/ring/loop.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/sim_network.h"
#include "tests/fakes/sim_ring.h"

namespace sluice::ring {
namespace {

class LoopSimTest : public testing::Test {
 protected:
  LoopSimTest() : fd_(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) {}
  ~LoopSimTest() override { close(fd_); }

  // Runs `body` on a loop over a ring with these options, to the end.
  void Run(fakes::SimOptions options, std::function<Task<void>(Loop&)> body) {
    fakes::FakeClock clock;
    fakes::SimNetwork network;
    BlockingPool pool(0);
    auto ring = std::make_unique<fakes::SimRing>(std::move(options), clock, network);
    ring_ = ring.get();
    Loop::Options loop_options;
    loop_options.clock = &clock;
    loop_options.pool = &pool;
    loop_options.ring = std::move(ring);
    auto loop = *Loop::Create(std::move(loop_options));
    clock_ = &clock;
    bool ended = false;
    auto whole = [](Loop& l, std::function<Task<void>(Loop&)>& f, bool& done) -> Task<void> {
      Task<void> task = f(l);
      co_await std::move(task);
      done = true;
    };
    loop->Post([&] { Spawn(whole(*loop, body, ended)); });
    for (int turn = 0; turn < 100'000 && !ended; ++turn) loop->RunTurn(true);
    EXPECT_TRUE(ended);
    EXPECT_TRUE(loop->Shutdown());
  }

  const int fd_;
  fakes::SimRing* ring_ = nullptr;
  fakes::FakeClock* clock_ = nullptr;
};

TEST_F(LoopSimTest, FileOperationsInAnyOrder) {
  for (uint64_t seed = 1; seed < 30; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    int left = 20;
    auto write_one = [](Loop& loop, int fd, int i, int& count) -> Task<void> {
      Buffer out = loop.buffers().Acquire(5000);
      std::memset(out.data(), 'a' + i, 5000);
      EXPECT_EQ(co_await loop.Write(fd, out.span().subspan(0, 5000),
                                    static_cast<uint64_t>(i) * 5000, nullptr),
                5000);
      Buffer in = loop.buffers().Acquire(5000);
      EXPECT_EQ(co_await loop.Read(fd, in.span().subspan(0, 5000), static_cast<uint64_t>(i) * 5000),
                5000);
      EXPECT_EQ(std::memcmp(in.data(), out.data(), 5000), 0);
      --count;
    };
    Run({.seed = seed}, [&](Loop& loop) -> Task<void> {
      for (int i = 0; i < 20; ++i) Spawn(write_one(loop, fd_, i, left));
      while (left > 0) co_await loop.SleepFor(1000);
    });
  }
}

TEST_F(LoopSimTest, ChoosesFixedOperationsInRegisteredMemory) {
  Run({}, [&](Loop& loop) -> Task<void> {
    Buffer buffer = loop.buffers().Acquire(8192);
    EXPECT_EQ(co_await loop.Write(fd_, buffer.span().subspan(0, 100), 0, nullptr), 100);
    EXPECT_EQ(co_await loop.Read(fd_, buffer.span().subspan(0, 100), 0), 100);
    uint8_t other[10];
    EXPECT_EQ(co_await loop.Read(fd_, absl::MakeSpan(other), 0), 10);
    EXPECT_EQ(ring_->submitted(OpCode::kWriteFixed), 1u);
    EXPECT_EQ(ring_->submitted(OpCode::kReadFixed), 1u);
    EXPECT_EQ(ring_->submitted(OpCode::kRead), 1u);
  });
  Run({.arenas = false}, [&](Loop& loop) -> Task<void> {
    Buffer buffer = loop.buffers().Acquire(8192);
    EXPECT_EQ(co_await loop.Read(fd_, buffer.span().subspan(0, 100), 0), 100);
    EXPECT_EQ(ring_->submitted(OpCode::kReadFixed), 0u);
  });
}

TEST_F(LoopSimTest, TruncatesByThePoolWhereTheKernelHasNoOperation) {
  for (const bool has : {true, false}) {
    Run({.has_ftruncate = has}, [&](Loop& loop) -> Task<void> {
      EXPECT_EQ(co_await loop.Ftruncate(fd_, 1234, nullptr), 0);
      EXPECT_EQ(lseek(fd_, 0, SEEK_END), 1234);
      EXPECT_EQ(co_await loop.Ftruncate(fd_, ~uint64_t{0}, nullptr), -EINVAL);
      EXPECT_EQ(ring_->submitted(OpCode::kFtruncate), has ? 2u : 0u);
    });
  }
}

TEST_F(LoopSimTest, ErrorsComeThrough) {
  fakes::SimOptions options;
  options.inject = [](const Sqe& sqe) -> std::optional<int32_t> {
    return sqe.code == OpCode::kFsync ? std::optional<int32_t>(-EIO) : std::nullopt;
  };
  Run(std::move(options),
      [&](Loop& loop) -> Task<void> { EXPECT_EQ(co_await loop.Fsync(fd_, false, nullptr), -EIO); });
}

TEST_F(LoopSimTest, SleepsByTheGivenClock) {
  Run({}, [&](Loop& loop) -> Task<void> {
    const uint64_t before = clock_->MonotonicNanos();
    EXPECT_EQ(co_await loop.SleepFor(3'600'000'000'000), 0);
    EXPECT_EQ(clock_->MonotonicNanos() - before, 3'600'000'000'000u);
  });
}

TEST_F(LoopSimTest, IdleBuffersAreGivenBackInTime) {
  fakes::SimOptions options;
  options.arenas = false;
  Run(std::move(options), [&](Loop& loop) -> Task<void> {
    {
      Buffer buffer = loop.buffers().Acquire(1u << 20);
      co_await loop.SleepFor(1000);
    }
    EXPECT_GT(loop.buffers().bytes_held(), 1u << 20);
    co_await loop.SleepFor(20'000'000'000);
    EXPECT_EQ(loop.buffers().bytes_held(), 0u);
  });
}

}  // namespace
}  // namespace sluice::ring

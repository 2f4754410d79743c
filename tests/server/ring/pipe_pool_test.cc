#include "server/ring/pipe_pool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "server/base/limits.h"

namespace sluice::ring {
namespace {

TEST(PipePoolTest, HoldsWholePagesOfAFile) {
  constexpr size_t kFull = limits::pipe_bytes;
  EXPECT_TRUE(PipePool::Holds(0, kFull));
  EXPECT_TRUE(PipePool::Holds(uint64_t{7} << 40, kFull));
  EXPECT_FALSE(PipePool::Holds(0, kFull + 1));
  EXPECT_FALSE(PipePool::Holds(1, kFull));
  EXPECT_TRUE(PipePool::Holds(1, kFull - 1));
  EXPECT_FALSE(PipePool::Holds(0, ~size_t{0}));
  EXPECT_FALSE(PipePool::Holds(4095, ~size_t{0}));
}

TEST(PipePoolTest, TakesAMegabyteWithoutWaiting) {
  PipePool pool;
  Pipe pipe = pool.Acquire();
  ASSERT_TRUE(pipe);
  const std::vector<char> page(4096, 'x');
  for (size_t bytes = 0; bytes < limits::pipe_bytes; bytes += page.size()) {
    ASSERT_EQ(write(pipe.in(), page.data(), page.size()), 4096);
    pipe.Added(page.size());
  }
  EXPECT_EQ(pipe.bytes(), limits::pipe_bytes);
}

TEST(PipePoolTest, GivesAnEmptyPipeAgainAndNeverAFullOne) {
  PipePool pool;
  Pipe pipe = pool.Acquire();
  ASSERT_EQ(write(pipe.in(), "secret", 6), 6);
  pipe.Added(6);
  pipe.Reset();
  EXPECT_FALSE(pipe);
  EXPECT_EQ(pool.in_use(), 0u);
  pipe = pool.Acquire();
  ASSERT_TRUE(pipe);
  EXPECT_EQ(pipe.bytes(), 0u);
  ASSERT_EQ(write(pipe.in(), "ok", 2), 2);
  char text[8];
  EXPECT_EQ(read(pipe.out(), text, sizeof(text)), 2);
  const int descriptor = pipe.in();
  pipe = Pipe();
  EXPECT_EQ(pool.Acquire().in(), descriptor);
}

TEST(PipePoolTest, GivesNoMoreThanTheLimit) {
  PipePool pool;
  std::vector<Pipe> pipes;
  for (size_t i = 0; i < limits::pipes_per_loop_max; ++i) {
    pipes.push_back(pool.Acquire());
    ASSERT_TRUE(pipes.back());
  }
  EXPECT_FALSE(pool.Acquire());
  pipes.pop_back();
  EXPECT_TRUE(pool.Acquire());
}

TEST(PipePoolTest, TrimClosesWhatIsNotInUse) {
  PipePool pool;
  Pipe kept = pool.Acquire();
  const int closed = pool.Acquire().in();
  pool.Trim();
  EXPECT_EQ(write(closed, "x", 1), -1);
  EXPECT_EQ(write(kept.in(), "x", 1), 1);
}

}  // namespace
}  // namespace sluice::ring

#include "server/ring/timer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

namespace sluice::ring {
namespace {

class TestTimer final : public Timer {
 public:
  explicit TestTimer(std::function<void()> run) : run_(std::move(run)) {}

 private:
  void OnTimer() override { run_(); }
  std::function<void()> run_;
};

TEST(TimerHeapTest, RunsInOrderOfDeadlines) {
  TimerHeap heap;
  std::mt19937 random(1);
  std::vector<std::unique_ptr<TestTimer>> timers;
  std::vector<uint64_t> ran;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t deadline = random() % 500;
    timers.push_back(std::make_unique<TestTimer>([&ran, deadline] { ran.push_back(deadline); }));
    heap.Arm(*timers.back(), deadline);
  }
  uint64_t cancelled = 0;
  for (size_t i = 0; i < timers.size(); i += 3) {
    timers[i]->Cancel();
    ++cancelled;
  }
  uint64_t now = 0;
  while (!heap.empty()) {
    now = heap.next_deadline();
    heap.RunDue(now);
  }
  EXPECT_EQ(ran.size(), timers.size() - cancelled);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST(TimerHeapTest, RunsOnlyWhatIsDue) {
  TimerHeap heap;
  int ran = 0;
  TestTimer timer([&] { ++ran; });
  heap.Arm(timer, 100);
  heap.RunDue(99);
  EXPECT_EQ(ran, 0);
  EXPECT_TRUE(timer.armed());
  heap.RunDue(100);
  EXPECT_EQ(ran, 1);
  EXPECT_FALSE(timer.armed());
  EXPECT_EQ(heap.next_deadline(), ~uint64_t{0});
}

TEST(TimerHeapTest, ArmingAgainMoves) {
  TimerHeap heap;
  int ran = 0;
  TestTimer timer([&] { ++ran; });
  heap.Arm(timer, 100);
  heap.Arm(timer, 50);
  EXPECT_EQ(heap.next_deadline(), 50u);
  heap.Arm(timer, 200);
  heap.RunDue(150);
  EXPECT_EQ(ran, 0);
  heap.RunDue(200);
  EXPECT_EQ(ran, 1);
}

TEST(TimerHeapTest, OneThatArmsItselfAnewWaitsForTheNextCall) {
  TimerHeap heap;
  int ran = 0;
  TestTimer timer([&] {
    ++ran;
    heap.Arm(timer, 0);
  });
  heap.Arm(timer, 0);
  heap.RunDue(10);
  EXPECT_EQ(ran, 1);
  heap.RunDue(10);
  EXPECT_EQ(ran, 2);
}

TEST(TimerHeapTest, OneMayCancelMoveOrDestroyAnotherThatIsDue) {
  TimerHeap heap;
  int ran = 0;
  auto destroyed = std::make_unique<TestTimer>([&] { ran += 1; });
  TestTimer cancelled([&] { ran += 10; });
  TestTimer moved([&] { ran += 100; });
  TestTimer first([&] {
    destroyed.reset();
    cancelled.Cancel();
    heap.Arm(moved, 20);
  });
  heap.Arm(first, 1);
  heap.Arm(*destroyed, 2);
  heap.Arm(cancelled, 3);
  heap.Arm(moved, 4);
  heap.RunDue(10);
  EXPECT_EQ(ran, 0);
  heap.RunDue(20);
  EXPECT_EQ(ran, 100);
  EXPECT_TRUE(heap.empty());
}

TEST(TimerHeapTest, OneMayDestroyItself) {
  TimerHeap heap;
  std::unique_ptr<TestTimer> timer;
  timer = std::make_unique<TestTimer>([&] { timer.reset(); });
  heap.Arm(*timer, 1);
  heap.RunDue(1);
  EXPECT_EQ(timer, nullptr);
}

TEST(TimerHeapTest, ATimerMayOutliveTheHeap) {
  TestTimer timer([] {});
  {
    TimerHeap heap;
    heap.Arm(timer, 1);
  }
  EXPECT_FALSE(timer.armed());
}

}  // namespace
}  // namespace sluice::ring

#include "server/ring/task.h"

#include <gtest/gtest.h>

#include <coroutine>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sluice::ring {
namespace {

// Suspends until the test resumes it.
struct Gate {
  std::coroutine_handle<> waiting;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) { waiting = handle; }
  void await_resume() const {}
};

Task<int> Add(int a, int b) { co_return a + b; }

Task<std::unique_ptr<int>> Owned(int value) { co_return std::make_unique<int>(value); }

TEST(TaskTest, GivesItsValueToTheAwaiter) {
  int sum = 0;
  int owned = 0;
  auto body = [](int& s, int& o) -> Task<void> {
    s = co_await Add(2, 3);
    const std::unique_ptr<int> pointer = co_await Owned(7);
    o = *pointer;
  };
  Spawn(body(sum, owned));
  EXPECT_EQ(sum, 5);
  EXPECT_EQ(owned, 7);
}

TEST(TaskTest, StartsWhenAwaitedAndNotBefore) {
  bool started = false;
  auto body = [](bool& flag) -> Task<void> {
    flag = true;
    co_return;
  };
  { Task<void> task = body(started); }
  EXPECT_FALSE(started);
}

TEST(TaskTest, GoesOnWhereItWaited) {
  Gate gate;
  std::vector<std::string> order;
  auto inner = [](Gate& g, std::vector<std::string>& o) -> Task<int> {
    o.push_back("inner");
    co_await g;
    o.push_back("resumed");
    co_return 1;
  };
  auto outer = [&inner](Gate& g, std::vector<std::string>& o) -> Task<void> {
    Task<int> task = inner(g, o);
    co_await std::move(task);
    o.push_back("outer");
  };
  Spawn(outer(gate, order));
  order.push_back("spawned");
  gate.waiting.resume();
  EXPECT_EQ(order, (std::vector<std::string>{"inner", "spawned", "resumed", "outer"}));
}

TEST(TaskTest, ALongChainDoesNotGrowTheStack) {
  struct Recursion {
    static Task<int> Count(int n) {
      if (n == 0) co_return 0;
      Task<int> rest = Count(n - 1);
      co_return 1 + co_await std::move(rest);
    }
  };
  int result = 0;
  auto body = [](int& out) -> Task<void> { out = co_await Recursion::Count(1000); };
  Spawn(body(result));
  EXPECT_EQ(result, 1000);
}

TEST(TaskTest, FramesOfOneSizeAreReused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers see every frame";
#endif
  void* const first = AllocateFrame(200);
  FreeFrame(first, 200);
  void* const second = AllocateFrame(250);  // the same class
  EXPECT_EQ(first, second);
  FreeFrame(second, 250);
  void* const large = AllocateFrame(100'000);
  FreeFrame(large, 100'000);
}

}  // namespace
}  // namespace sluice::ring

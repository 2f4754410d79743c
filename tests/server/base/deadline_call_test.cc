#include "server/base/deadline_call.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "server/base/control_limits.h"

namespace sluice::base {
namespace {

constexpr std::chrono::milliseconds kLong{60'000};
constexpr std::chrono::milliseconds kShort{1};

TEST(DeadlineCallTest, WorkThatEndsIsDone) {
  const auto value = std::make_shared<int>(0);
  EXPECT_TRUE(RunWithDeadline([value] { *value = 7; }, kLong).ok());
  EXPECT_EQ(*value, 7);
}

TEST(DeadlineCallTest, WorkThatDoesNotEndIsLeftBehindAndBounded) {
  const auto release = std::make_shared<std::promise<void>>();
  const std::shared_future<void> released = release->get_future().share();
  for (size_t i = 0; i < limits::kAbandonedCallsMax; ++i) {
    EXPECT_TRUE(absl::IsDeadlineExceeded(RunWithDeadline([released] { released.wait(); }, kShort)));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(RunWithDeadline([] {}, kLong)));
  release->set_value();
  // Their places are free once they have ended.
  while (absl::IsResourceExhausted(RunWithDeadline([] {}, kLong))) std::this_thread::yield();
  EXPECT_TRUE(RunWithDeadline([] {}, kLong).ok());
}

}  // namespace
}  // namespace sluice::base

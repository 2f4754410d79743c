#include "server/ring/process_limits.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace sluice::ring {
namespace {

constexpr size_t kMebibyte = 1u << 20;

class ProcessLimitsTest : public testing::Test {
 protected:
  ProcessLimitsTest() {
    getrlimit(RLIMIT_MEMLOCK, &locked_);
    getrlimit(RLIMIT_NOFILE, &descriptors_);
  }
  ~ProcessLimitsTest() override {
    setrlimit(RLIMIT_MEMLOCK, &locked_);
    setrlimit(RLIMIT_NOFILE, &descriptors_);
  }
  static void LowerTo(__rlimit_resource resource, rlim_t value) {
    rlimit limit{};
    ASSERT_EQ(getrlimit(resource, &limit), 0);
    limit.rlim_cur = value;
    ASSERT_EQ(setrlimit(resource, &limit), 0);
  }

  rlimit locked_{};
  rlimit descriptors_{};
};

TEST_F(ProcessLimitsTest, HalfOfTheLockedMemoryIsLeftToOtherGateways) {
  LowerTo(RLIMIT_MEMLOCK, 8 * kMebibyte);
  EXPECT_TRUE(ReserveLockedMemory(2 * kMebibyte));
  EXPECT_TRUE(ReserveLockedMemory(2 * kMebibyte));
  EXPECT_FALSE(ReserveLockedMemory(1));
  ReleaseLockedMemory(2 * kMebibyte);
  EXPECT_TRUE(ReserveLockedMemory(2 * kMebibyte));
  ReleaseLockedMemory(4 * kMebibyte);
  EXPECT_FALSE(ReserveLockedMemory(5 * kMebibyte));
}

TEST_F(ProcessLimitsTest, DescriptorsAreRaisedToTheHardLimitAtLeast) {
  LowerTo(RLIMIT_NOFILE, 256);
  RaiseDescriptorLimit();
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_GE(limit.rlim_cur, std::min<rlim_t>(descriptors_.rlim_max, kDescriptorsWanted));
}

}  // namespace
}  // namespace sluice::ring

#include "server/base/refusal_log.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/auth_limits.h"
#include "tests/fakes/fake_clock.h"

namespace sluice::base {
namespace {

class RefusalLogTest : public testing::Test {
 protected:
  fakes::FakeClock clock_;
  RefusalLog log_{clock_};
};

TEST_F(RefusalLogTest, OneRuleIsOneRefusalWithTheLatestSentence) {
  for (int i = 0; i < 5; ++i) {
    log_.Add(RefusalKind::kProtocol, "192.0.2.1:40", "", absl::StrCat("frame ", i, ": rule"),
             "rule");
  }
  const std::vector<Refusal> list = log_.List();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].count, 5u);
  EXPECT_EQ(list[0].why, "192.0.2.1: frame 4: rule");
}

TEST_F(RefusalLogTest, AnAddressWithManyPushesOutOnlyItsOwn) {
  log_.Add(RefusalKind::kLogon, "192.0.2.1:40", "alice", "wrong password");
  for (size_t i = 0; i < 2 * limits::refusals_max; ++i) {
    log_.Add(RefusalKind::kLogon, "192.0.2.2:41", absl::StrCat("user", i), "no such user");
  }
  const std::vector<Refusal> list = log_.List();
  EXPECT_EQ(list.size(), limits::kRefusalsPerAddressMax + 1);
  EXPECT_EQ(list.back().user, "alice");
  EXPECT_EQ(list.front().user, absl::StrCat("user", 2 * limits::refusals_max - 1));
  EXPECT_EQ(log_.Count(RefusalKind::kLogon), 2 * limits::refusals_max + 1);
}

TEST_F(RefusalLogTest, AnAddressHasSoManyLinesASecond) {
  const auto add = [this](const char* peer) {
    return log_.Add(RefusalKind::kProtocol, peer, "", "why");
  };
  for (uint32_t i = 0; i < limits::kRefusalLinesPerSecondMax; ++i) {
    EXPECT_TRUE(add("192.0.2.1:40").write) << i;
  }
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(add("192.0.2.1:41").write);
  EXPECT_TRUE(add("192.0.2.2:40").write);
  clock_.AdvanceMillis(1000);
  const RefusalLog::Line line = add("192.0.2.1:40");
  EXPECT_TRUE(line.write);
  EXPECT_EQ(line.left_out, 3u);
  EXPECT_EQ(add("192.0.2.1:40").left_out, 0u);
}

// Each has waited for its answer.
TEST_F(RefusalLogTest, FailedLogOnsAllHaveALine) {
  for (uint32_t i = 0; i < 2 * limits::kRefusalLinesPerSecondMax; ++i) {
    EXPECT_TRUE(log_.Add(RefusalKind::kLogon, "192.0.2.1:40", "alice", "wrong password").write);
  }
}

}  // namespace
}  // namespace sluice::base

#include "server/base/refusal_log.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/auth_limits.h"
#include "server/base/client_address.h"
#include "tests/fakes/fake_clock.h"

namespace sluice::base {
namespace {

class RefusalLogTest : public testing::Test {
 protected:
  fakes::FakeClock clock_;
  RefusalLog log_{clock_};
};

TEST_F(RefusalLogTest, SaysWhoWhenAndWhyInOneSentence) {
  log_.Add(RefusalKind::kProtocol, "192.0.2.7:50123", "",
           "client offered only SMB 2.1; dialect.min is 3.0");
  const std::vector<Refusal> list = log_.List();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].why, "192.0.2.7: client offered only SMB 2.1; dialect.min is 3.0");
  EXPECT_EQ(list[0].client, "192.0.2.7");
  EXPECT_EQ(list[0].first_wall_nanos, clock_.WallNanos());
}

TEST_F(RefusalLogTest, TheSameAgainOnlyCounts) {
  const int64_t first = clock_.WallNanos();
  log_.Add(RefusalKind::kLogon, "192.0.2.7:1", "bob", "wrong password");
  clock_.AdvanceMillis(10);
  log_.Add(RefusalKind::kLogon, "192.0.2.7:2", "bob", "wrong password");
  log_.Add(RefusalKind::kLogon, "192.0.2.7:3", "eve", "wrong password");
  const std::vector<Refusal> list = log_.List();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].user, "eve");
  EXPECT_EQ(list[1].count, 2u);
  EXPECT_EQ(list[1].first_wall_nanos, first);
  EXPECT_EQ(list[1].last_wall_nanos, first + 10'000'000);
  EXPECT_EQ(log_.Count(RefusalKind::kLogon), 3u);
  EXPECT_EQ(log_.Count(RefusalKind::kLimit), 0u);
}

TEST_F(RefusalLogTest, ForgetsTheOldestAndCountsOn) {
  for (size_t i = 0; i < limits::refusals_max + 5; ++i) {
    log_.Add(RefusalKind::kAccess, absl::StrCat("10.0.", i / 250, ".", i % 250, ":1"),
             absl::StrCat("user", i), "no");
  }
  const std::vector<Refusal> list = log_.List();
  ASSERT_EQ(list.size(), limits::refusals_max);
  EXPECT_EQ(list.back().user, "user5");
  EXPECT_EQ(log_.Count(RefusalKind::kAccess), limits::refusals_max + 5);
}

TEST(QuotedTest, MakesAPeersTextHarmless) {
  EXPECT_EQ(Quoted("bob"), "\"bob\"");
  EXPECT_EQ(Quoted("a\x1b[2J\n\""), "\"a\\x1b[2J\\n\\\"\"");
  EXPECT_EQ(Quoted("J\xc3\xbcrgen"), "\"J\xc3\xbcrgen\"");
  EXPECT_EQ(Quoted(std::string(100, 'x')), "\"" + std::string(64, 'x') + "...\"");
}

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

TEST(AddressOfTest, LeavesThePortAway) {
  EXPECT_EQ(AddressOf("192.0.2.7:445"), "192.0.2.7");
  EXPECT_EQ(AddressOf("[2001:db8::1]:445"), "2001:db8::1");
  EXPECT_EQ(AddressOf("[::ffff:192.0.2.7]:445"), "192.0.2.7");
  EXPECT_EQ(AddressOf("unknown"), "unknown");
}

}  // namespace
}  // namespace sluice::base

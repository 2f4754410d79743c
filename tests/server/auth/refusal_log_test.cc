#include "server/base/refusal_log.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/auth_limits.h"
#include "tests/fakes/fake_clock.h"

namespace sluice::base {
namespace {

class RefusalLogTest : public ::testing::Test {
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
    log_.Add(RefusalKind::kAccess, "192.0.2.7:1", absl::StrCat("user", i), "no");
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

TEST(AddressOfTest, LeavesThePortAway) {
  EXPECT_EQ(AddressOf("192.0.2.7:445"), "192.0.2.7");
  EXPECT_EQ(AddressOf("[2001:db8::1]:445"), "2001:db8::1");
  EXPECT_EQ(AddressOf("[::ffff:192.0.2.7]:445"), "192.0.2.7");
  EXPECT_EQ(AddressOf("unknown"), "unknown");
}

}  // namespace
}  // namespace sluice::base

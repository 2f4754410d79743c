#include "server/auth/logon_throttle.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/auth_limits.h"
#include "tests/fakes/fake_clock.h"

namespace sluice::auth {
namespace {

class LogonThrottleTest : public ::testing::Test {
 protected:
  LogonThrottleTest() : throttle_(clock_) {
    limits_.failures_per_user_and_address = 3;
    limits_.failures_per_user = 5;
    limits_.failures_per_address = 8;
  }

  void Fail(const std::string& peer, const std::string& user, int times) {
    for (int i = 0; i < times; ++i) throttle_.Failed(limits_, peer, user);
  }
  // Of an attempt that is over at once.
  Admission Ask(const std::string& peer, const std::string& user) {
    const Admission admission = Begin(peer, user);
    if (admission == Admission::kAtOnce) throttle_.Judged(peer, user);
    return admission;
  }
  Admission Begin(const std::string& peer, const std::string& user, bool waited = false) {
    return throttle_.Ask(limits_, peer, user, waited);
  }

  fakes::FakeClock clock_;
  ThrottleLimits limits_;
  LogonThrottle throttle_;
};

TEST_F(LogonThrottleTest, RefusesAUserAtAnAddressAfterTooManyFailuresThere) {
  Fail("192.0.2.7:1000", "bob", 2);
  EXPECT_EQ(Ask("192.0.2.7:1001", "bob"), Admission::kAtOnce);
  Fail("192.0.2.7:1001", "BOB", 1);
  EXPECT_EQ(Ask("192.0.2.7:1002", "Bob"), Admission::kRefusedHere);
}

TEST_F(LogonThrottleTest, OthersBehindTheSameAddressAreNotRefused) {
  Fail("192.0.2.7:1", "bob", 1000);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAfterDelay);
}

TEST_F(LogonThrottleTest, AUserKnownAtTheAddressDoesNotEvenWait) {
  throttle_.Succeeded("192.0.2.7:1", "alice");
  Fail("192.0.2.7:1", "bob", 1000);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAtOnce);
  clock_.AdvanceMillis(25 * 3600 * 1000);
  Fail("192.0.2.7:1", "bob", 1000);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAfterDelay);
}

TEST_F(LogonThrottleTest, GuessingOneUserFromManyAddressesIsRefusedWhereHeIsNotKnown) {
  throttle_.Succeeded("198.51.100.1:1", "bob");
  for (int i = 0; i < 5; ++i) Fail(absl::StrCat("192.0.2.", i, ":1"), "bob", 1);
  EXPECT_EQ(Ask("192.0.2.99:1", "bob"), Admission::kRefusedUnknown);
  EXPECT_EQ(Ask("198.51.100.1:1", "bob"), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, ForgetsFailuresAfterTheWindow) {
  Fail("192.0.2.7:1", "bob", 1000);
  clock_.AdvanceMillis(limits_.window - 1);
  EXPECT_EQ(Ask("192.0.2.7:1", "bob"), Admission::kRefusedHere);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAfterDelay);
  clock_.AdvanceMillis(1);
  EXPECT_EQ(Ask("192.0.2.7:1", "bob"), Admission::kAtOnce);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAtOnce);
  Fail("192.0.2.7:1", "bob", 2);
  EXPECT_EQ(Ask("192.0.2.7:1", "bob"), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, ASuccessForgivesTheFailuresBefore) {
  Fail("192.0.2.7:1", "bob", 2);
  throttle_.Succeeded("192.0.2.7:1", "bob");
  Fail("192.0.2.7:1", "bob", 2);
  EXPECT_EQ(Ask("192.0.2.7:1", "bob"), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, FailuresWithoutANameCountForTheAddressOnly) {
  Fail("192.0.2.7:1", "", 100);
  EXPECT_EQ(Ask("192.0.2.7:1", "bob"), Admission::kAfterDelay);
  EXPECT_EQ(Ask("192.0.2.8:1", "bob"), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, ALimitOfZeroIsNone) {
  limits_.failures_per_user_and_address = 0;
  limits_.failures_per_user = 0;
  limits_.failures_per_address = 0;
  Fail("192.0.2.7:1", "bob", 1000);
  EXPECT_EQ(Ask("192.0.2.7:1", "bob"), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, HoldsNoMoreThanItsLimit) {
  Fail("192.0.2.7:1", "victim", 3);
  for (size_t i = 0; i < limits::throttle_entries_max; ++i) {
    throttle_.Failed(limits_, "192.0.2.7:1", absl::StrCat("made-up-", i));
  }
  // The oldest pair is forgotten; the address's own count is not.
  EXPECT_EQ(Ask("192.0.2.7:1", "victim"), Admission::kAfterDelay);
}

TEST_F(LogonThrottleTest, GuessesSideBySideWaitForTheOutcomeOfTheFirst) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Begin("192.0.2.7:1", "bob"), Admission::kAtOnce);
  EXPECT_EQ(Begin("192.0.2.7:2", "BOB"), Admission::kAfterDelay);
  EXPECT_EQ(Begin("192.0.2.7:2", "BOB", /*waited=*/true), Admission::kAfterDelay);
  EXPECT_EQ(Ask("192.0.2.7:3", "alice"), Admission::kAtOnce);
  for (int i = 0; i < 3; ++i) {
    Fail("192.0.2.7:1", "bob", 1);
    throttle_.Judged("192.0.2.7:1", "bob");
  }
  EXPECT_EQ(Begin("192.0.2.7:2", "bob", /*waited=*/true), Admission::kRefusedHere);
}

TEST_F(LogonThrottleTest, RightPasswordsSideBySideRefuseNobody) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Begin("192.0.2.7:1", "bob"), Admission::kAtOnce);
  EXPECT_EQ(Begin("192.0.2.7:1", "bob"), Admission::kAfterDelay);
  throttle_.Succeeded("192.0.2.7:1", "bob");
  throttle_.Judged("192.0.2.7:1", "bob");
  EXPECT_EQ(Begin("192.0.2.7:1", "bob", /*waited=*/true), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, GuessesSideBySideFromManyAddressesWaitWhereTheUserIsNotKnown) {
  throttle_.Succeeded("198.51.100.1:1", "bob");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Begin(absl::StrCat("192.0.2.", i, ":1"), "bob"), Admission::kAtOnce);
  }
  EXPECT_EQ(Begin("192.0.2.99:1", "bob", /*waited=*/true), Admission::kAfterDelay);
  EXPECT_EQ(Begin("198.51.100.1:1", "bob"), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, GuessesOfManyUsersSideBySideWaitOnce) {
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(Begin("192.0.2.7:1", absl::StrCat("guess", i)), Admission::kAtOnce);
  }
  EXPECT_EQ(Begin("192.0.2.7:1", "alice"), Admission::kAfterDelay);
  EXPECT_EQ(Begin("192.0.2.7:1", "alice", /*waited=*/true), Admission::kAtOnce);
}

}  // namespace
}  // namespace sluice::auth

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

  static Claim Of(const std::string& peer, const std::string& user, uint8_t client = 0) {
    return {peer, user, {client}};
  }
  void Fail(const std::string& peer, const std::string& user, int times, Lane lane = Lane::kPair) {
    for (int i = 0; i < times; ++i) throttle_.Failed(limits_, Of(peer, user), lane);
  }
  // Of an attempt that is over at once.
  Admission Ask(const std::string& peer, const std::string& user) {
    const Admission admission = Begin(peer, user);
    if (admission == Admission::kAtOnce) throttle_.Judged(Of(peer, user), Lane::kPair);
    return admission;
  }
  Admission Begin(const std::string& peer, const std::string& user, bool waited = false) {
    return throttle_.Ask(limits_, Of(peer, user), waited).admission;
  }
  // The whole life of a wrong guess, waiting as long as it must. What the guesser sees of it.
  Verdict Guess(const std::string& peer, const std::string& user, uint8_t client = 0) {
    const Claim claim = Of(peer, user, client);
    Verdict verdict = throttle_.Ask(limits_, claim, false);
    while (verdict.admission == Admission::kAfterDelay) {
      clock_.AdvanceMillis(verdict.delay_millis);
      verdict = throttle_.Ask(limits_, claim, true);
    }
    if (verdict.admission == Admission::kAtOnce) {
      throttle_.Failed(limits_, claim, verdict.lane);
      throttle_.Judged(claim, verdict.lane);
    }
    return verdict;
  }
  void Succeed(const std::string& peer, const std::string& user, uint8_t client = 0) {
    throttle_.Succeeded(Of(peer, user, client));
  }

  fakes::FakeClock clock_;
  ThrottleLimits limits_;
  LogonThrottle throttle_;
};

TEST_F(LogonThrottleTest, RefusesAUserAtAnAddressAfterTooManyFailuresThere) {
  Fail("192.0.2.7:1000", "bob", 2);
  EXPECT_EQ(Ask("192.0.2.7:1001", "bob"), Admission::kAtOnce);
  Fail("192.0.2.7:1001", "BOB", 1);
  // Not before it has waited as long as one who might be judged.
  EXPECT_EQ(Begin("192.0.2.7:1002", "Bob"), Admission::kAfterDelay);
  EXPECT_EQ(Begin("192.0.2.7:1002", "Bob", /*waited=*/true), Admission::kRefusedHere);
}

TEST_F(LogonThrottleTest, OthersBehindTheSameAddressAreNotRefused) {
  Fail("192.0.2.7:1", "bob", 1000);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAfterDelay);
  EXPECT_EQ(Begin("192.0.2.7:1", "alice", /*waited=*/true), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, AUserKnownAtTheAddressDoesNotEvenWait) {
  Succeed("192.0.2.7:1", "alice");
  Fail("192.0.2.7:1", "bob", 1000);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAtOnce);
  clock_.AdvanceMillis(25 * 3600 * 1000);
  Fail("192.0.2.7:1", "bob", 1000);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAfterDelay);
}

TEST_F(LogonThrottleTest, GuessingOneUserFromManyAddressesIsRefusedWhereHeIsNotKnown) {
  Succeed("198.51.100.1:1", "bob");
  for (int i = 0; i < 5; ++i) Fail(absl::StrCat("192.0.2.", i, ":1"), "bob", 1);
  EXPECT_EQ(Ask("192.0.2.99:1", "bob"), Admission::kRefusedUnknown);
  EXPECT_EQ(Ask("198.51.100.1:1", "bob"), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, ForgetsFailuresAfterTheWindow) {
  Fail("192.0.2.7:1", "bob", 1000);
  clock_.AdvanceMillis(limits_.window - 1);
  EXPECT_EQ(Begin("192.0.2.7:1", "bob", /*waited=*/true), Admission::kRefusedHere);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAfterDelay);
  clock_.AdvanceMillis(1);
  EXPECT_EQ(Ask("192.0.2.7:1", "bob"), Admission::kAtOnce);
  EXPECT_EQ(Ask("192.0.2.7:1", "alice"), Admission::kAtOnce);
  Fail("192.0.2.7:1", "bob", 2);
  EXPECT_EQ(Ask("192.0.2.7:1", "bob"), Admission::kAtOnce);
}

// --- A user whose neighbour guesses at him ---

TEST_F(LogonThrottleTest, AKnownClientIsNotLockedOutByItsNeighbours) {
  Succeed("192.0.2.7:1", "bob", 1);
  for (int i = 0; i < 1000; ++i) Guess("192.0.2.7:2", "bob", 2);
  const Verdict verdict = throttle_.Ask(limits_, Of("192.0.2.7:1", "bob", 1), false);
  EXPECT_EQ(verdict.admission, Admission::kAtOnce);
  EXPECT_EQ(verdict.lane, Lane::kClient);
}

TEST_F(LogonThrottleTest, AKnownClientsOwnGuessesAreLimitedAndNobodyElsesConcern) {
  Succeed("192.0.2.7:1", "bob", 1);
  Succeed("192.0.2.7:1", "bob", 2);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Guess("192.0.2.7:1", "bob", 1).lane, Lane::kClient);
  EXPECT_EQ(Guess("192.0.2.7:1", "bob", 1).lane, Lane::kPair);
  EXPECT_EQ(Guess("192.0.2.7:1", "bob", 2).lane, Lane::kClient);
}

TEST_F(LogonThrottleTest, AUserKnownAtTheAddressGetsInAfterADelayWhateverHisClient) {
  Succeed("192.0.2.7:1", "bob", 1);
  Fail("192.0.2.7:1", "bob", 1000);
  EXPECT_EQ(Begin("192.0.2.7:1", "bob"), Admission::kAfterDelay);
  const Verdict verdict = throttle_.Ask(limits_, Of("192.0.2.7:1", "bob", 3), true);
  EXPECT_EQ(verdict.admission, Admission::kAtOnce);
  EXPECT_EQ(verdict.lane, Lane::kSlow);
}

// A guesser who waits side by side gains nothing, and cannot tell which guess was judged.
TEST_F(LogonThrottleTest, OfTheOthersOneIsJudgedInEachInterval) {
  Succeed("192.0.2.7:1", "bob", 1);
  Fail("192.0.2.7:1", "bob", 1000);
  int judged = 0;
  constexpr int kSeconds = 100;
  for (int i = 0; i < kSeconds * 10; ++i) {
    for (int side = 0; side < 5; ++side) {
      if (Begin("192.0.2.7:1", "bob", /*waited=*/true) == Admission::kAtOnce) {
        ++judged;
        throttle_.Judged(Of("192.0.2.7:1", "bob"), Lane::kSlow);
      }
    }
    clock_.AdvanceMillis(100);
  }
  EXPECT_EQ(judged, kSeconds * 1000 / static_cast<int>(limits_.address_delay));
}

TEST_F(LogonThrottleTest, WithoutADelayTheOthersAreJudgedSlowlyAllTheSame) {
  limits_.address_delay = 0;
  Succeed("192.0.2.7:1", "bob", 1);
  Fail("192.0.2.7:1", "bob", 1000);
  EXPECT_EQ(Begin("192.0.2.7:1", "bob", /*waited=*/true), Admission::kAtOnce);
  EXPECT_EQ(Begin("192.0.2.7:1", "bob", /*waited=*/true), Admission::kRefusedHere);
  EXPECT_EQ(throttle_.Ask(limits_, Of("192.0.2.7:1", "bob"), false).delay_millis,
            limits::throttle_judged_interval_ms_min);
}

TEST_F(LogonThrottleTest, ASuccessDoesNotMakeTheGuessesOfOthersForgotten) {
  Fail("192.0.2.7:1", "bob", 3);
  Succeed("192.0.2.7:1", "bob", 1);
  EXPECT_EQ(Begin("192.0.2.7:1", "bob"), Admission::kAfterDelay);
}

TEST_F(LogonThrottleTest, WithoutAGuidThereIsNoKnownClient) {
  Succeed("192.0.2.7:1", "bob", 0);
  EXPECT_EQ(throttle_.Ask(limits_, Of("192.0.2.7:1", "bob", 0), false).lane, Lane::kPair);
}

// --- Bounds ---

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

TEST_F(LogonThrottleTest, WhoInventsNamesMakesNobodyForgotten) {
  Succeed("203.0.113.5:1", "victim");
  Fail("203.0.113.5:1", "victim", 3);
  Fail("192.0.2.7:1", "victim", 3);
  for (size_t i = 0; i < 2 * limits::throttle_users_max; ++i) {
    Fail("192.0.2.7:1", absl::StrCat("made-up-", i), 1);
  }
  // Neither of the user whom it guesses itself,
  EXPECT_EQ(Begin("192.0.2.7:1", "victim", /*waited=*/true), Admission::kRefusedHere);
  // nor what another address has failed,
  EXPECT_EQ(Begin("203.0.113.5:2", "victim"), Admission::kAfterDelay);
  // nor who is known there.
  EXPECT_EQ(Begin("203.0.113.5:2", "victim", /*waited=*/true), Admission::kAtOnce);
  // And the user's failures everywhere are as many as they were.
  EXPECT_EQ(Begin("198.51.100.1:1", "victim"), Admission::kRefusedUnknown);
}

TEST_F(LogonThrottleTest, ManyAddressesHaveFewUsersEach) {
  limits_.failures_per_user = 0;
  for (size_t i = 0; i < limits::throttle_addresses_max + 10; ++i) {
    const std::string peer = absl::StrCat("10.", i >> 16, ".", (i >> 8) & 255, ".", i & 255, ":1");
    for (int user = 0; user < 5; ++user) Fail(peer, absl::StrCat("u", i, "-", user), 1);
  }
  EXPECT_EQ(throttle_.Forgive("10.0.0.1"), 0u) << "the oldest addresses are forgotten";
  EXPECT_EQ(throttle_.Forgive("10.0.128.1"), 5u);
}

// --- Side by side ---

TEST_F(LogonThrottleTest, GuessesSideBySideWaitForTheOutcomeOfTheFirst) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Begin("192.0.2.7:1", "bob"), Admission::kAtOnce);
  EXPECT_EQ(Begin("192.0.2.7:2", "BOB"), Admission::kAfterDelay);
  EXPECT_EQ(Begin("192.0.2.7:2", "BOB", /*waited=*/true), Admission::kAfterDelay);
  EXPECT_EQ(Ask("192.0.2.7:3", "alice"), Admission::kAtOnce);
  for (int i = 0; i < 3; ++i) {
    Fail("192.0.2.7:1", "bob", 1);
    throttle_.Judged(Of("192.0.2.7:1", "bob"), Lane::kPair);
  }
  EXPECT_EQ(Begin("192.0.2.7:2", "bob", /*waited=*/true), Admission::kRefusedHere);
}

TEST_F(LogonThrottleTest, AKnownClientsGuessesSideBySideWaitToo) {
  Succeed("192.0.2.7:1", "bob", 1);
  const Claim claim = Of("192.0.2.7:1", "bob", 1);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(throttle_.Ask(limits_, claim, false).admission, Admission::kAtOnce);
  }
  EXPECT_EQ(throttle_.Ask(limits_, claim, false).admission, Admission::kAfterDelay);
  throttle_.Judged(claim, Lane::kClient);
  EXPECT_EQ(throttle_.Ask(limits_, claim, true).admission, Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, RightPasswordsSideBySideRefuseNobody) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Begin("192.0.2.7:1", "bob"), Admission::kAtOnce);
  EXPECT_EQ(Begin("192.0.2.7:1", "bob"), Admission::kAfterDelay);
  throttle_.Judged(Of("192.0.2.7:1", "bob"), Lane::kPair);
  Succeed("192.0.2.7:1", "bob");
  EXPECT_EQ(Begin("192.0.2.7:1", "bob", /*waited=*/true), Admission::kAtOnce);
}

TEST_F(LogonThrottleTest, GuessesSideBySideFromManyAddressesWaitWhereTheUserIsNotKnown) {
  Succeed("198.51.100.1:1", "bob");
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

// --- An administrator ---

TEST_F(LogonThrottleTest, AnAdministratorUnlocksAUserEverywhere) {
  Fail("192.0.2.7:1", "bob", 3);
  Fail("192.0.2.8:1", "BOB", 3);
  Fail("192.0.2.8:1", "alice", 3);
  EXPECT_EQ(throttle_.Unlock("Bob"), 6u);
  EXPECT_EQ(throttle_.Unlock("bob"), 0u);
  EXPECT_EQ(Ask("192.0.2.7:1", "bob"), Admission::kAtOnce);
  EXPECT_EQ(Ask("192.0.2.9:1", "bob"), Admission::kAtOnce);
  EXPECT_EQ(Begin("192.0.2.8:1", "alice", /*waited=*/true), Admission::kRefusedHere);
}

TEST_F(LogonThrottleTest, AnAdministratorForgivesAnAddress) {
  Fail("[2001:db8::1]:1", "bob", 9);
  EXPECT_EQ(throttle_.Forgive("2001:db8::2"), 9u);
  EXPECT_EQ(Ask("[2001:db8::1]:1", "bob"), Admission::kAtOnce);
  EXPECT_EQ(Ask("[2001:db8::1]:1", "alice"), Admission::kAtOnce);
  EXPECT_EQ(throttle_.Forgive("192.0.2.7"), 0u);
}

}  // namespace
}  // namespace sluice::auth

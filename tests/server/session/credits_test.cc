#include "server/session/credits.h"

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>

#include "gtest/gtest.h"

namespace sluice::session {
namespace {

// A window with ids [1, 1 + credits) after the NEGOTIATE.
CreditWindow Opened(uint16_t credits, size_t max = 8192) {
  CreditWindow window(max);
  EXPECT_TRUE(window.Consume(0, 0, false));
  EXPECT_EQ(window.Grant(credits), credits);
  return window;
}

TEST(RequiredChargeTest, IsOnePerBegun64KiB) {
  EXPECT_EQ(RequiredCharge(0), 1u);
  EXPECT_EQ(RequiredCharge(1), 1u);
  EXPECT_EQ(RequiredCharge(65536), 1u);
  EXPECT_EQ(RequiredCharge(65537), 2u);
  EXPECT_EQ(RequiredCharge(8u << 20), 128u);
}

TEST(ChargeCoversTest, TakesAChargeOfZeroForOne) {
  EXPECT_TRUE(ChargeCovers(true, 0, 65536));
  EXPECT_FALSE(ChargeCovers(true, 0, 65537));
  EXPECT_TRUE(ChargeCovers(true, 2, 65537));
  EXPECT_FALSE(ChargeCovers(true, 2, 131073));
}

TEST(ChargeCoversTest, IgnoresTheFieldWithoutMultiCredit) {
  EXPECT_TRUE(ChargeCovers(false, 0, 65536));
  EXPECT_FALSE(ChargeCovers(false, 128, 65537));
}

TEST(CreditWindowTest, StartsWithIdZeroOnly) {
  CreditWindow window;
  EXPECT_EQ(window.available(), 1u);
  EXPECT_FALSE(window.Consume(1, 1, true));
  EXPECT_TRUE(window.Consume(0, 1, true));
  EXPECT_FALSE(window.Consume(1, 1, true));
}

TEST(CreditWindowTest, RejectsAnIdUsedTwice) {
  CreditWindow window = Opened(8);
  EXPECT_TRUE(window.Consume(3, 1, true));
  EXPECT_FALSE(window.Consume(3, 1, true));
  EXPECT_FALSE(window.Consume(0, 1, true));  // below the window
}

TEST(CreditWindowTest, RejectsAnIdThatWasNotGranted) {
  CreditWindow window = Opened(8);
  EXPECT_FALSE(window.Consume(9, 1, true));
  EXPECT_FALSE(window.Consume(~uint64_t{0}, 1, true));
  EXPECT_TRUE(window.Consume(8, 1, true));
}

TEST(CreditWindowTest, RejectsAChargeBeyondTheGrant) {
  CreditWindow window = Opened(8);
  EXPECT_FALSE(window.Consume(7, 3, true));
  EXPECT_TRUE(window.Consume(7, 2, true));
}

TEST(CreditWindowTest, RejectsAChargeOverAUsedIdAndTakesNothing) {
  CreditWindow window = Opened(8);
  EXPECT_TRUE(window.Consume(4, 1, true));
  const size_t before = window.available();
  EXPECT_FALSE(window.Consume(2, 3, true));
  EXPECT_EQ(window.available(), before);
  EXPECT_TRUE(window.Consume(2, 2, true));
}

TEST(CreditWindowTest, TakesOneIdWithoutMultiCreditWhateverTheCharge) {
  CreditWindow window = Opened(2);
  EXPECT_TRUE(window.Consume(1, 500, false));
  EXPECT_TRUE(window.Consume(2, 0, false));
  EXPECT_EQ(window.available(), 0u);
}

TEST(CreditWindowTest, GrantsWhatIsAskedUpToTheMaximum) {
  CreditWindow window(100);
  EXPECT_TRUE(window.Consume(0, 1, true));
  EXPECT_EQ(window.Grant(60), 60);
  EXPECT_EQ(window.Grant(60), 40);
  EXPECT_EQ(window.Grant(60), 0);
  EXPECT_EQ(window.available(), 100u);
}

TEST(CreditWindowTest, NeverLeavesAClientWithoutCredits) {
  CreditWindow window;
  EXPECT_TRUE(window.Consume(0, 1, true));
  EXPECT_EQ(window.Grant(0), 1);
  // It has one: asking for none gives none.
  EXPECT_EQ(window.Grant(0), 0);
}

TEST(CreditWindowTest, StopsGrantingWhenTheLowestIdIsLeftUnused) {
  CreditWindow window = Opened(2, /*max=*/64);
  // Id 1 stays unused; the client works with the ids after it.
  uint64_t next = 2;
  uint64_t granted = 1;
  while (granted != 0) {
    granted = 0;
    while (next < window.high()) ASSERT_TRUE(window.Consume(next++, 1, true));
    granted = window.Grant(8);
    ASSERT_LE(window.high() - window.low(), 128u);
  }
  EXPECT_EQ(window.low(), 1u);
  EXPECT_EQ(window.available(), 1u);
  // Using it opens the whole window again.
  EXPECT_TRUE(window.Consume(1, 1, true));
  EXPECT_EQ(window.low(), window.high());
  EXPECT_EQ(window.Grant(8), 8);
}

// The same rules over a set of ids.
class NaiveWindow {
 public:
  explicit NaiveWindow(size_t max, uint64_t span) : max_(max), span_(span) {}
  bool Consume(uint64_t id, uint64_t count) {
    for (uint64_t i = id; i < id + count; ++i) {
      if (ids_.count(i) == 0) return false;
    }
    for (uint64_t i = id; i < id + count; ++i) ids_.erase(i);
    return true;
  }
  uint16_t Grant(uint16_t requested) {
    uint64_t want = ids_.empty() ? std::max<uint16_t>(requested, 1) : requested;
    const uint64_t low = ids_.empty() ? high_ : *ids_.begin();
    want = std::min({want, max_ - ids_.size(), span_ - (high_ - low)});
    for (uint64_t i = 0; i < want; ++i) ids_.insert(high_++);
    return static_cast<uint16_t>(want);
  }
  size_t available() const { return ids_.size(); }
  uint64_t high() const { return high_; }
  uint64_t low() const { return ids_.empty() ? high_ : *ids_.begin(); }

 private:
  const uint64_t max_;
  const uint64_t span_;
  std::set<uint64_t> ids_ = {0};
  uint64_t high_ = 1;
};

TEST(CreditWindowTest, AgreesWithANaiveModelOnRandomSequences) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (const size_t max : {1u, 3u, 32u, 100u, 512u}) {
    CreditWindow window(max);
    uint64_t span = 64;
    while (span < 2 * max) span *= 2;
    NaiveWindow naive(max, span);
    for (int step = 0; step < 20000; ++step) {
      if (random() % 3 == 0) {
        const auto requested = static_cast<uint16_t>(random() % 5 == 0 ? random() : random() % 40);
        ASSERT_EQ(window.Grant(requested), naive.Grant(requested)) << "step " << step;
      } else {
        const uint64_t span_now = naive.high() - naive.low() + 4;
        // Mostly what a client does (the lowest ids), at times anything around the window.
        const uint64_t id = random() % 4 != 0 ? naive.low()
                                              : naive.low() + random() % span_now -
                                                    std::min<uint64_t>(naive.low(), 2);
        const auto charge = static_cast<uint16_t>(random() % 6);
        const bool multi = random() % 2 == 0;
        const uint64_t count = multi && charge > 1 ? charge : 1;
        ASSERT_EQ(window.Consume(id, charge, multi), naive.Consume(id, count)) << "step " << step;
      }
      ASSERT_EQ(window.available(), naive.available()) << "step " << step;
      ASSERT_EQ(window.high(), naive.high()) << "step " << step;
      ASSERT_EQ(window.low(), naive.low()) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace sluice::session

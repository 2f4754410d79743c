#include "server/ring/personalities.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <vector>

#include "server/ring/credentials.h"

namespace sluice::ring {
namespace {

// Has room for so many personalities, and knows which are registered.
class RegisteringRing final : public Ring {
 public:
  explicit RegisteringRing(size_t room) : room_(room) {}

  int RegisterPersonality() override {
    if (registered_.size() >= room_) return -ENOMEM;
    // The lowest number that is free, as soon as it is: reuse is what must do no harm.
    int number = 1;
    while (registered_.count(number) != 0) ++number;
    registered_.insert(number);
    return number;
  }
  void UnregisterPersonality(uint16_t personality) override {
    EXPECT_EQ(registered_.erase(personality), 1u);
  }
  const std::set<int>& registered() const { return registered_; }

  void Start(Op*) override {}
  bool Supports(OpCode) const override { return true; }
  void Queue(const Sqe&, Op*) override {}
  void Submit(bool, uint64_t) override {}
  void Reap(std::vector<Completion>&) override {}
  void WakeFromAnyThread() override {}
  int wake_fd() const override { return -1; }
  uint8_t* ProvidedBuffer(uint16_t) override { return nullptr; }
  void RecycleProvidedBuffer(uint16_t) override {}
  bool RegisterArena(uint16_t, absl::Span<uint8_t>) override { return false; }

 private:
  const size_t room_;
  std::set<int> registered_;
};

class PersonalitiesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!CanChangeCredentials()) GTEST_SKIP() << "needs root";
  }

  // Used and let go at once.
  static int Use(Personalities& personalities, uint32_t uid) {
    Personalities::Pin pin;
    const int personality = personalities.Acquire({uid, uid}, &pin);
    pin.Release();
    return personality;
  }
};

TEST_F(PersonalitiesTest, CredentialsAreRegisteredOnce) {
  RegisteringRing ring(8);
  Personalities personalities(ring);
  EXPECT_EQ(Use(personalities, 1000), 1);
  EXPECT_EQ(Use(personalities, 1001), 2);
  EXPECT_EQ(Use(personalities, 1000), 1);
  Personalities::Pin pin;
  EXPECT_EQ(personalities.Acquire({1000, 1000, {4}}, &pin), 3) << "another set of groups";
  pin.Release();
  EXPECT_EQ(ring.registered().size(), 3u);
}

TEST_F(PersonalitiesTest, WhatIsInUseStaysRegistered) {
  RegisteringRing ring(8);
  Personalities personalities(ring, /*kept=*/2);
  Personalities::Pin pin;
  const int held = personalities.Acquire({1000, 1000}, &pin);
  for (uint32_t uid = 2000; uid < 2020; ++uid) {
    EXPECT_NE(Use(personalities, uid), held);
    EXPECT_EQ(ring.registered().count(held), 1u);
  }
  EXPECT_LE(personalities.size(), 2u);
  pin.Release();
  for (uint32_t uid = 2000; uid < 2002; ++uid) Use(personalities, uid);
  EXPECT_EQ(personalities.size(), 2u);
  EXPECT_EQ(ring.registered().size(), 2u);
}

TEST_F(PersonalitiesTest, MoreThanAreKeptMayBeInUse) {
  RegisteringRing ring(8);
  Personalities personalities(ring, /*kept=*/2);
  std::vector<Personalities::Pin> pins(5);
  for (uint32_t i = 0; i < 5; ++i) {
    EXPECT_GT(personalities.Acquire({1000 + i, 1000}, &pins[i]), 0);
  }
  EXPECT_EQ(ring.registered().size(), 5u);
  for (Personalities::Pin& pin : pins) pin.Release();
}

TEST_F(PersonalitiesTest, TheOneThatWasOutOfUseLongestGoes) {
  RegisteringRing ring(8);
  Personalities personalities(ring, /*kept=*/3);
  const int first = Use(personalities, 1000);
  const int second = Use(personalities, 1001);
  Use(personalities, 1002);
  EXPECT_EQ(Use(personalities, 1000), first);
  EXPECT_EQ(Use(personalities, 1003), second) << "its number is free again";
  EXPECT_EQ(Use(personalities, 1000), first);
}

TEST_F(PersonalitiesTest, AFullRingMakesRoomOrRefuses) {
  RegisteringRing ring(2);
  Personalities personalities(ring);
  Personalities::Pin first;
  Personalities::Pin second;
  EXPECT_EQ(personalities.Acquire({1000, 1000}, &first), 1);
  EXPECT_EQ(personalities.Acquire({1001, 1001}, &second), 2);
  EXPECT_EQ(Use(personalities, 1002), -ENOMEM);
  first.Release();
  EXPECT_EQ(Use(personalities, 1002), 1);
  EXPECT_EQ(Use(personalities, ~0u), -EINVAL);
  second.Release();
}

}  // namespace
}  // namespace sluice::ring

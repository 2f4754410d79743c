#include "server/ring/buffer_account.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "server/base/net_limits.h"
#include "server/ring/buffer_pool.h"

namespace sluice::ring {
namespace {

constexpr size_t kMiB = 1u << 20;

class BufferAccountTest : public ::testing::Test {
 protected:
  class Waiter final : public BufferWaiter {
   public:
    Waiter(std::vector<int>* order, int name) : order_(order), name_(name) {}

   private:
    void OnBuffers() override { order_->push_back(name_); }

    std::vector<int>* order_;
    int name_;
  };

  // As many buffers of so many bytes as the account may have.
  std::vector<Buffer> TakeAll(BufferAccount& account, size_t bytes) {
    std::vector<Buffer> taken;
    while (Buffer buffer = pool_.Acquire(bytes, account)) taken.push_back(std::move(buffer));
    return taken;
  }

  BufferPool pool_{{.bytes_max = 512 * kMiB, .registered_bytes_max = 0}, nullptr};
  std::vector<int> order_;
};

TEST_F(BufferAccountTest, IsChargedWhatIsAllocatedUntilItIsGivenBack) {
  BufferAccount account(pool_, true);
  Buffer buffer = pool_.Acquire(1100, account);
  ASSERT_TRUE(buffer);
  EXPECT_EQ(account.bytes(), 8192u);
  Buffer other = std::move(buffer);
  EXPECT_EQ(account.bytes(), 8192u);
  other.Reset();
  EXPECT_EQ(account.bytes(), 0u);
}

TEST_F(BufferAccountTest, OneAccountAloneMayHaveTheMostThatAConnectionMay) {
  BufferAccount account(pool_, true);
  const std::vector<Buffer> all = TakeAll(account, kMiB);
  EXPECT_GE(account.bytes(), limits::connection_bytes_max - 2 * kMiB);
  EXPECT_LE(account.bytes(), limits::connection_bytes_max);
}

TEST_F(BufferAccountTest, ManyGreedyAccountsLeaveTheReserveAndRoomForMore) {
  std::vector<std::unique_ptr<BufferAccount>> accounts;
  std::vector<std::vector<Buffer>> held;
  for (int i = 0; i < 64; ++i) {
    accounts.push_back(std::make_unique<BufferAccount>(pool_, true));
    held.push_back(TakeAll(*accounts.back(), kMiB));
  }
  EXPECT_LE(pool_.bytes_in_use(), 512 * kMiB - 512 * kMiB / limits::reserve_divisor);
  EXPECT_TRUE(pool_.TakeShortage());
  // Whoever holds little gets what little things need, and so does a log-on.
  for (int i = 0; i < 64; ++i) {
    accounts.push_back(std::make_unique<BufferAccount>(pool_, true));
    held.emplace_back();
    for (int j = 0; j < 16; ++j) held.back().push_back(pool_.Acquire(4096 + 200, *accounts.back()));
    for (const Buffer& buffer : held.back()) EXPECT_TRUE(buffer);
  }
  BufferAccount stranger(pool_, false);
  EXPECT_TRUE(pool_.Acquire(8192, stranger));
  held.clear();
}

TEST_F(BufferAccountTest, UntrustedAccountsShareASmallPart) {
  std::vector<std::unique_ptr<BufferAccount>> accounts;
  std::vector<std::vector<Buffer>> held;
  for (int i = 0; i < 2000; ++i) {
    accounts.push_back(std::make_unique<BufferAccount>(pool_, false));
    held.push_back(TakeAll(*accounts.back(), 128u << 10));
    EXPECT_LE(accounts.back()->bytes(), limits::untrusted_connection_bytes_max);
  }
  EXPECT_LE(pool_.untrusted_bytes(), 512 * kMiB / limits::untrusted_share_divisor / 2);
  // Another one may still log on, and becomes somebody else's charge by that.
  BufferAccount logs_on(pool_, false);
  Buffer token = pool_.Acquire(8192, logs_on);
  ASSERT_TRUE(token);
  const size_t before = pool_.untrusted_bytes();
  logs_on.set_trusted(true);
  EXPECT_EQ(pool_.untrusted_bytes(), before - 8192);
  token.Reset();
  held.clear();
  EXPECT_EQ(pool_.untrusted_bytes(), 0u);
}

TEST_F(BufferAccountTest, AnswersAreThereWhenNothingElseIs) {
  BufferAccount account(pool_, true);
  std::vector<Buffer> all;
  for (const size_t bytes : {8 * kMiB, kMiB, size_t{60} << 10, size_t{8192}, size_t{1024}}) {
    while (Buffer buffer = pool_.Acquire(bytes)) all.push_back(std::move(buffer));
  }
  EXPECT_FALSE(pool_.Acquire(1024, account));
  EXPECT_TRUE(pool_.AcquireForAnswer(1024, account));
  EXPECT_TRUE(pool_.AcquireForAnswer(8192, account));
  EXPECT_FALSE(pool_.AcquireForAnswer(8193, account));
}

TEST_F(BufferAccountTest, WaitersAreServedInTurnWhenThereIsRoom) {
  int asked = 0;
  pool_.SetAskToServe([&asked] { ++asked; });
  BufferAccount one(pool_, true);
  BufferAccount other(pool_, true);
  std::vector<Buffer> all = TakeAll(one, kMiB);
  std::vector<Buffer> rest;
  while (Buffer buffer = pool_.Acquire(kMiB)) rest.push_back(std::move(buffer));
  Waiter first(&order_, 1);
  Waiter second(&order_, 2);
  Waiter third(&order_, 3);
  pool_.Wait(first, one, kMiB);
  pool_.Wait(second, one, kMiB);
  pool_.Wait(third, other, kMiB);
  EXPECT_TRUE(pool_.short_of_memory());
  pool_.ServeWaiters();
  EXPECT_TRUE(order_.empty());
  rest.clear();
  EXPECT_GT(asked, 0);
  all.resize(all.size() - 2);
  for (int before = -1; before != asked;) {
    before = asked;
    pool_.ServeWaiters();
  }
  EXPECT_EQ(order_, (std::vector<int>{1, 3, 2}));
  EXPECT_FALSE(first.waiting() || second.waiting() || third.waiting());
  EXPECT_FALSE(pool_.short_of_memory());
}

// What an account's own bound keeps from it is nobody else's fault.
TEST_F(BufferAccountTest, AFullAccountIsNoShortage) {
  BufferAccount account(pool_, true);
  const std::vector<Buffer> all = TakeAll(account, kMiB);
  EXPECT_FALSE(pool_.TakeShortage());
  Waiter waiter(&order_, 1);
  pool_.Wait(waiter, account, kMiB);
  EXPECT_FALSE(pool_.TakeShortage());
  EXPECT_FALSE(pool_.short_of_memory());
}

TEST_F(BufferAccountTest, WaitersLearnThatTheirAccountIsClosed) {
  int asked = 0;
  pool_.SetAskToServe([&asked] { ++asked; });
  BufferAccount account(pool_, true);
  const std::vector<Buffer> all = TakeAll(account, kMiB);
  Waiter waiter(&order_, 1);
  Waiter cancelled(&order_, 2);
  pool_.Wait(waiter, account, kMiB);
  pool_.Wait(cancelled, account, kMiB);
  cancelled.Cancel();
  account.Close();
  EXPECT_EQ(asked, 1);
  pool_.ServeWaiters();
  EXPECT_EQ(order_, std::vector<int>{1});
}

TEST_F(BufferAccountTest, UsedUpAddressesOfASmallClassAreReplacedByTheNext) {
  BufferPool pool({.bytes_max = 16 * kMiB, .registered_bytes_max = 0}, nullptr);
  std::vector<Buffer> all;
  for (int i = 0; i < 1500; ++i) {
    all.push_back(pool.Acquire(500));
    ASSERT_TRUE(all.back()) << i;
  }
  EXPECT_EQ(all.front().capacity(), 1024u);
  EXPECT_EQ(all.back().capacity(), 8192u);
}

}  // namespace
}  // namespace sluice::ring

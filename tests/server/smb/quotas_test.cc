#include "server/smb/quotas.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "server/base/net_limits.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::NtStatus;

constexpr size_t kMiB = 1u << 20;

TEST(QuotasTest, OneUserLeavesOpensToOthers) {
  Quotas quotas;
  quotas.set_opens_max(100);
  const auto greedy = quotas.ForUser("greedy");
  std::vector<std::unique_ptr<Quotas::Place>> places;
  while (auto place = quotas.TakeOpen(greedy)) places.push_back(std::move(place));
  EXPECT_EQ(places.size(), 75u);
  EXPECT_FALSE(quotas.HasRoomForOpen(*greedy));
  EXPECT_EQ(quotas.opens_refused(), 1u);
  const auto other = quotas.ForUser("other");
  EXPECT_TRUE(quotas.HasRoomForOpen(*other));
  for (int i = 0; i < 18; ++i) {
    places.push_back(quotas.TakeOpen(other));
    EXPECT_NE(places.back(), nullptr) << i;
  }
  places.clear();
  EXPECT_EQ(quotas.opens(), 0u);
  EXPECT_NE(quotas.TakeOpen(greedy), nullptr);
}

TEST(QuotasTest, UsersAreOneByNameAndForgottenWithTheirLastHolder) {
  Quotas quotas;
  const auto one = quotas.ForUser("alice");
  EXPECT_EQ(quotas.ForUser("alice"), one);
  EXPECT_NE(quotas.ForUser("Alice"), one);
  for (int i = 0; i < 1000; ++i) quotas.ForUser(std::to_string(i));
  EXPECT_EQ(quotas.ForUser("alice"), one);
}

TEST(QuotasTest, MemoryOfPipesIsSharedAndGivenBack) {
  Quotas quotas;
  const auto greedy = quotas.ForUser("greedy");
  std::vector<std::unique_ptr<Quotas::Place>> places;
  do {
    places.push_back(quotas.TakeOpen(greedy));
  } while (places.back()->SetPipeBytes(kMiB));
  EXPECT_LE(quotas.pipe_bytes(), limits::named_pipe_bytes_max / 2 + kMiB);
  EXPECT_EQ(quotas.pipe_bytes_refused(), 1u);
  const std::unique_ptr<Quotas::Place> other = quotas.TakeOpen(quotas.ForUser("other"));
  EXPECT_TRUE(other->SetPipeBytes(kMiB));
  EXPECT_TRUE(places[0]->SetPipeBytes(0));
  EXPECT_TRUE(other->SetPipeBytes(0));
  places.clear();
  EXPECT_EQ(quotas.pipe_bytes(), 0u);
}

TEST(QuotasTest, DescriptorsAreDividedWithAReserve) {
  for (const size_t descriptors : {size_t{64}, size_t{1024}, size_t{20'000}, size_t{1} << 20}) {
    const DescriptorBudget budget = DivideDescriptors(descriptors, 2);
    EXPECT_GE(budget.connections, 1u);
    EXPECT_GE(budget.opens, 1u);
    EXPECT_LE(budget.connections + budget.opens,
              descriptors - std::min(descriptors / 2, limits::descriptors_reserved));
  }
  EXPECT_EQ(DivideDescriptors(1u << 20, 2).connections, limits::connections_max);
}

class OpenLimitTest : public GatewayTest {
 protected:
  void Adjust(GatewayOptions* options) override { options->opens_max = 20; }
};

TEST_F(OpenLimitTest, OneUserLeavesOpensToAnother) {
  TestClient alice(address());
  ASSERT_TRUE(alice.Start());
  proto::FileId id;
  int opens = 0;
  NtStatus status = NtStatus::kOk;
  while (opens < 100 && status == NtStatus::kOk) {
    status = alice.Create("f" + std::to_string(opens), &id);
    if (status == NtStatus::kOk) ++opens;
  }
  EXPECT_EQ(opens, 15);
  EXPECT_EQ(status, NtStatus::kTooManyOpenedFiles);
  // Nothing was made before it was refused.
  EXPECT_EQ(alice.Create("f15", &id, proto::kDispositionOpen), NtStatus::kTooManyOpenedFiles);
  EXPECT_EQ(Counter("opens_refused"), 2u);
  // Another connection of hers is no other user.
  TestClient again(address());
  ASSERT_TRUE(again.Start());
  EXPECT_EQ(again.Create("f0", &id), NtStatus::kTooManyOpenedFiles);
  TestClient bob(address());
  ASSERT_TRUE(bob.Negotiate());
  ASSERT_EQ(bob.LogOn("bob", "hidden"), NtStatus::kOk);
  ASSERT_EQ(bob.ConnectTree("files"), NtStatus::kOk);
  EXPECT_EQ(bob.Create("f15", &id, proto::kDispositionOpen), NtStatus::kObjectNameNotFound);
  EXPECT_EQ(bob.Create("g", &id), NtStatus::kOk);
  alice.Disconnect();
  EXPECT_TRUE(Eventually([&] { return again.Create("f0", &id) == NtStatus::kOk; }));
}

}  // namespace
}  // namespace sluice::smb

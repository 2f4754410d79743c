// Log-ons that are begun and never finished: what they may cost others.
#include "server/smb/unfinished_logons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/session_setup.h"
#include "server/auth/spnego_client.h"
#include "server/base/auth_limits.h"
#include "server/base/clock.h"
#include "server/base/random.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;
using ::testing::HasSubstr;
using Places = std::vector<std::unique_ptr<UnfinishedLogons::Place>>;

TEST(UnfinishedLogonsTest, AnAddressHasAQuotaAndEachConnectionOneMore) {
  UnfinishedLogons table;
  Places places;
  std::string why;
  for (size_t i = 0; i < limits::unfinished_logons_per_address_max; ++i) {
    places.push_back(table.Enter(absl::StrCat("192.0.2.7:", i), i % 8, &why));
    ASSERT_NE(places.back(), nullptr) << why;
  }
  EXPECT_EQ(table.Enter("192.0.2.7:1", 1, &why), nullptr);
  EXPECT_THAT(why, HasSubstr("its address has 256 unfinished log-ons"));
  why.clear();
  EXPECT_NE(table.Enter("192.0.2.7:1", 0, &why), nullptr) << "a connection that has none";
  EXPECT_NE(table.Enter("192.0.2.8:1", 1, &why), nullptr) << "another address";
  places.pop_back();
  EXPECT_NE(table.Enter("192.0.2.7:1", 1, &why), nullptr);
}

TEST(UnfinishedLogonsTest, TheHostsOfOneIpv6NetworkAreOneAddress) {
  UnfinishedLogons table;
  Places places;
  std::string why;
  for (size_t i = 0; i < limits::unfinished_logons_per_address_max; ++i) {
    places.push_back(table.Enter(absl::StrCat("[2001:db8::", i, "]:1"), 1, &why));
  }
  EXPECT_EQ(table.Enter("[2001:db8::ffff]:1", 1, &why), nullptr);
}

TEST(UnfinishedLogonsTest, ManyAddressesTogetherHaveALimit) {
  UnfinishedLogons table;
  Places places;
  std::string why;
  for (size_t i = 0; i < limits::unfinished_logons_max; ++i) {
    places.push_back(table.Enter(absl::StrCat("192.0.", i / 200, ".1:1"), 1, &why));
    ASSERT_NE(places.back(), nullptr) << why;
  }
  EXPECT_EQ(table.Enter("198.51.100.1:1", 1, &why), nullptr);
  EXPECT_THAT(why, HasSubstr("there are 16384 unfinished log-ons"));
  why.clear();
  EXPECT_NE(table.Enter("198.51.100.1:1", 0, &why), nullptr);
}

class UnfinishedLogonTest : public GatewayTest {
 protected:
  void Change(const std::function<void(Preferences*)>& change) {
    Preferences preferences = *gateway_->preferences().Get();
    change(&preferences);
    gateway_->preferences().Set(std::move(preferences));
  }
  std::string Refusals() const {
    std::string text;
    for (const base::Refusal& refusal : gateway_->refusals().List()) text += refusal.why + "\n";
    return text;
  }
  // The first half of a log-on; `session` 0 begins a new session.
  static NtStatus Begin(TestClient& client, uint64_t session = 0) {
    auth::SpnegoClient spnego({}, base::SystemRandom(), base::SystemClock());
    const Bytes token = spnego.Start();
    proto::SessionSetupRequest setup;
    setup.security_buffer = token;
    client.session_id = session;
    const std::optional<Reply> reply = client.Call(Command::kSessionSetup, setup);
    if (!reply.has_value()) return NtStatus::kConnectionDisconnected;
    client.session_id = reply->header.session_id;
    return reply->status();
  }
};

TEST_F(UnfinishedLogonTest, ManyLockNobodyOut) {
  Change([](Preferences* preferences) { preferences->limits.sessions = 4; });
  std::vector<std::unique_ptr<TestClient>> attackers;
  NtStatus status = NtStatus::kMoreProcessingRequired;
  // Until the address has no place left.
  while (status == NtStatus::kMoreProcessingRequired && attackers.size() < 16) {
    attackers.push_back(std::make_unique<TestClient>(address()));
    ASSERT_TRUE(attackers.back()->Negotiate());
    for (size_t i = 0; i < limits::unfinished_logons_per_connection_max &&
                       status == NtStatus::kMoreProcessingRequired;
         ++i) {
      status = Begin(*attackers.back());
    }
  }
  EXPECT_EQ(status, NtStatus::kInsufficientResources);
  EXPECT_THAT(Refusals(), HasSubstr("127.0.0.1: its address has 256 unfinished log-ons"));
  TestClient honest(address());
  EXPECT_TRUE(honest.Start());
  // Finished ones have a limit all the same.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(honest.LogOn("bob", "hidden"), NtStatus::kOk);
  EXPECT_EQ(honest.LogOn("bob", "hidden"), NtStatus::kInsufficientResources);
}

TEST_F(UnfinishedLogonTest, AConnectionHasAQuota) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  for (size_t i = 0; i < limits::unfinished_logons_per_connection_max; ++i) {
    ASSERT_EQ(Begin(client), NtStatus::kMoreProcessingRequired);
  }
  EXPECT_EQ(Begin(client), NtStatus::kInsufficientResources);
  EXPECT_THAT(Refusals(), HasSubstr("its connection has 32 unfinished log-ons"));
}

TEST_F(UnfinishedLogonTest, EndsWhenItIsNotFinishedInTime) {
  Change([](Preferences* preferences) { preferences->timeouts.handshake = 1000; });
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  ASSERT_EQ(Begin(client), NtStatus::kMoreProcessingRequired);
  const uint64_t session = client.session_id;
  EXPECT_TRUE(Eventually([this] {
    return Refusals().find("log-on not finished within timeouts.handshake, 1000 ms") !=
           std::string::npos;
  }));
  EXPECT_EQ(Begin(client, session), NtStatus::kUserSessionDeleted);
  EXPECT_EQ(client.LogOn("alice", "secret"), NtStatus::kOk);
}

TEST_F(UnfinishedLogonTest, AnotherLogOnOfASessionThatIsNotFinishedLeavesTheSession) {
  Change([](Preferences* preferences) { preferences->timeouts.handshake = 1000; });
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  ASSERT_EQ(Begin(client, client.session_id), NtStatus::kMoreProcessingRequired);
  EXPECT_TRUE(Eventually([this] { return !gateway_->refusals().List().empty(); }));
  proto::FileId file;
  EXPECT_EQ(client.Create("file", &file), NtStatus::kOk);
}

// Nothing but steps towards a session counts as life.
TEST_F(UnfinishedLogonTest, EchoesDoNotKeepAConnection) {
  Change([](Preferences* preferences) { preferences->timeouts.idle = 1000; });
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  ASSERT_EQ(Begin(client), NtStatus::kMoreProcessingRequired);
  client.session_id = 0;
  int echoes = 0;
  for (bool there = true; there && echoes < 100; ++echoes) {
    there = client.Call(Command::kEcho, proto::EchoRequest()).has_value() && client.Silent(100);
  }
  EXPECT_LT(echoes, 50);
}

}  // namespace
}  // namespace sluice::smb

// Log-ons as a weapon: begun and never finished (the class of CVE-2023-32247), and passwords
// guessed from behind the address of an honest client.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/smb2/echo.h"
#include "proto/smb2/session_setup.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

using proto::Command;
using proto::NtStatus;

class HostileLogons : public HostileTest {
 protected:
  std::string Sections() const override { return "[limits]\nsessions = 50\n"; }

  // A session that gets no further than NTLM's challenge.
  static NtStatus Begin(TestClient& client) {
    Bytes negotiate = {'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, 1, 0, 0, 0, 0x01, 0x02, 0x08, 0xA0};
    negotiate.resize(32);
    proto::SessionSetupRequest setup;
    setup.security_buffer = negotiate;
    client.session_id = 0;
    const std::optional<Reply> reply = client.Call(Command::kSessionSetup, setup);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
};

TEST_F(HostileLogons, ThatAreNeverFinishedLockNobodyOut) {
  std::vector<std::unique_ptr<TestClient>> attackers;
  int begun = 0;
  for (int i = 0; i < 40; ++i) {
    attackers.push_back(std::make_unique<TestClient>(address()));
    TestClient& attacker = *attackers.back();
    ASSERT_TRUE(attacker.Negotiate());
    while (Begin(attacker) == NtStatus::kMoreProcessingRequired) ++begun;
    // One is always taken.
    EXPECT_GE(begun, i + 1);
    attacker.session_id = 0;
    EXPECT_TRUE(attacker.Call(Command::kEcho, proto::EchoRequest()).has_value());
  }
  EXPECT_LE(begun, 256 + 40);
  EXPECT_NE(Client(), nullptr);
  EXPECT_NE(Client("files", ClientOptions(), "bob", "hidden"), nullptr);
}

TEST_F(HostileLogons, ANeighboursGuessesDoNotLockOutAKnownUser) {
  ASSERT_EQ(gateway_->Ctl({"prefs", "set", "auth.failures_per_user_and_address", "3"}).code, 0);
  const std::unique_ptr<TestClient> alice = Client();
  ASSERT_NE(alice, nullptr);
  ClientOptions neighbour;
  neighbour.client_guid = {7};
  for (int i = 0; i < 5; ++i) {
    TestClient guesser(address(), neighbour);
    ASSERT_TRUE(guesser.Negotiate());
    EXPECT_EQ(guesser.LogOn("alice", "wrong"),
              i < 3 ? NtStatus::kLogonFailure : NtStatus::kAccountLockedOut);
  }
  EXPECT_NE(Client(), nullptr);
}

// Nobody has logged on as bob from here, so nobody can say which of the guessers is he.
TEST_F(HostileLogons, AnAdministratorLiftsALockOut) {
  ASSERT_EQ(gateway_->Ctl({"prefs", "set", "auth.failures_per_user_and_address", "3"}).code, 0);
  TestClient bob(address());
  ASSERT_TRUE(bob.Negotiate());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bob.LogOn("bob", "wrong"), NtStatus::kLogonFailure);
  EXPECT_EQ(bob.LogOn("bob", "hidden"), NtStatus::kAccountLockedOut);
  const RealGateway::Answer unlock = gateway_->Ctl({"user", "unlock", "bob"});
  EXPECT_EQ(unlock.out, "failed log-ons of bob forgotten: 3\n");
  EXPECT_EQ(bob.LogOn("bob", "hidden"), NtStatus::kOk);
}

// An answer at once for each of them, and no log-on that is counted.
TEST_F(HostileLogons, MalformedOnesFillNeitherLogNorList) {
  TestClient attacker(address());
  ASSERT_TRUE(attacker.Negotiate());
  constexpr int kRequests = 500;
  for (int i = 0; i < kRequests; ++i) {
    Bytes request = attacker.Request(Command::kSessionSetup, proto::SessionSetupRequest());
    std::fill_n(request.begin() + 76, 4, uint8_t{0xFF});  // offset and length of its token
    const uint64_t id = attacker.next_message_id - 1;
    attacker.SendFrame(request);
    const std::optional<Reply> reply = attacker.WaitFor(id);
    ASSERT_TRUE(reply.has_value());
    ASSERT_EQ(reply->status(), NtStatus::kInvalidParameter);
  }
  const std::string log = gateway_->Log();
  int lines = 0;
  for (size_t at = 0; (at = log.find("security buffer", at)) != std::string::npos; ++at) ++lines;
  EXPECT_GT(lines, 0);
  EXPECT_LT(lines, kRequests / 2);
  const RealGateway::Answer refused = gateway_->Ctl({"clients", "refused", "--json"});
  EXPECT_EQ(refused.out.find("security buffer"), refused.out.rfind("security buffer"));
}

}  // namespace
}  // namespace sluice::hostile

// Who is let in, what of failed log-ons, and what the operator is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "proto/smb2/cancel.h"
#include "proto/smb2/set_info.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Dialect;
using proto::NtStatus;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

class LogonTest : public GatewayTest {
 protected:
  void Adjust(GatewayOptions* options) override {
    AuthPreferences& auth = options->preferences.auth;
    auth.failure_delay = 0;
    auth.address_delay = 300;
    auth.failures_per_user_and_address = 3;
    auth.failures_per_address = 6;
  }
  void Change(const std::function<void(Preferences*)>& change) {
    Preferences preferences = *gateway_->preferences().Get();
    change(&preferences);
    gateway_->preferences().Set(std::move(preferences));
  }
  NtStatus LogOn(const std::string& user, const std::string& password) {
    TestClient client(address());
    EXPECT_TRUE(client.Negotiate());
    return client.LogOn(user, password);
  }
  // The sentences of what was refused, the latest first.
  std::string Refusals() const {
    std::string text;
    for (const base::Refusal& refusal : gateway_->refusals().List()) text += refusal.why + "\n";
    return text;
  }
};

TEST_F(LogonTest, WrongPasswordsAreToldTheOperator) {
  EXPECT_EQ(LogOn("alice", "wrong"), NtStatus::kLogonFailure);
  EXPECT_THAT(Refusals(), HasSubstr("127.0.0.1: log-on of \"alice\" refused: wrong password"));
  EXPECT_EQ(LogOn("eve\n", "wrong"), NtStatus::kLogonFailure);
  EXPECT_THAT(Refusals(), HasSubstr("log-on of \"eve\\n\" refused: there is no such user"));
}

TEST_F(LogonTest, ALongNameIsNotRememberedWhole) {
  EXPECT_NE(LogOn(std::string(300, 'x'), "wrong"), NtStatus::kOk);
  const std::vector<base::Refusal> refusals = gateway_->refusals().List();
  ASSERT_EQ(refusals.size(), 1u);
  EXPECT_LE(refusals[0].user.size(), 256u);
}

TEST_F(LogonTest, AUserWithTooManyFailuresIsRefusedHereAndNobodyElse) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(LogOn("alice", "wrong"), NtStatus::kLogonFailure);
  EXPECT_EQ(LogOn("alice", "secret"), NtStatus::kAccountLockedOut);
  EXPECT_THAT(Refusals(), HasSubstr("too many failures from this address"));
  EXPECT_EQ(LogOn("bob", "hidden"), NtStatus::kOk);
}

// alice has logged on from here before, and somebody behind the same address guesses at her.
TEST_F(LogonTest, AKnownClientIsNotLockedOutByItsNeighbours) {
  EXPECT_EQ(LogOn("alice", "secret"), NtStatus::kOk);
  ClientOptions other;
  other.client_guid = {9, 9, 9};
  for (int i = 0; i < 6; ++i) {
    TestClient neighbour(address(), other);
    ASSERT_TRUE(neighbour.Negotiate());
    EXPECT_EQ(neighbour.LogOn("alice", "wrong"),
              i < 3 ? NtStatus::kLogonFailure : NtStatus::kAccountLockedOut);
  }
  Change([](Preferences* preferences) { preferences->auth.address_delay = 10'000; });
  const auto start = steady_clock::now();
  EXPECT_EQ(LogOn("alice", "secret"), NtStatus::kOk);
  EXPECT_LT(steady_clock::now() - start, std::chrono::milliseconds(9'000));
}

TEST_F(LogonTest, AKnownUserOfANewClientIsLetInAfterADelay) {
  EXPECT_EQ(LogOn("alice", "secret"), NtStatus::kOk);
  ClientOptions other;
  other.client_guid = {9, 9, 9};
  const auto log_on = [&](const std::string& password) {
    TestClient client(address(), other);
    EXPECT_TRUE(client.Negotiate());
    return client.LogOn("alice", password);
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(log_on("wrong"), NtStatus::kLogonFailure);
  auto start = steady_clock::now();
  EXPECT_EQ(log_on("secret"), NtStatus::kOk);
  EXPECT_GE(steady_clock::now() - start, std::chrono::milliseconds(1'000));
}

class GuestLogonTest : public LogonTest {
 protected:
  void Adjust(GatewayOptions* options) override {
    LogonTest::Adjust(options);
    options->allow_guest = true;
    options->preferences.signing_required = false;
  }
};

// Any name makes a guest, so it proves nothing.
TEST_F(GuestLogonTest, AGuestIsNotKnownByTheNameThatHeGave) {
  EXPECT_EQ(LogOn("carol", "x"), NtStatus::kOk);
  ASSERT_TRUE(gateway_->users().Add("carol", "of carol", "root").ok());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(LogOn("carol", "x"), NtStatus::kLogonFailure);
  EXPECT_EQ(LogOn("carol", "of carol"), NtStatus::kAccountLockedOut);
}

TEST_F(LogonTest, AnAddressWithTooManyFailuresDelaysWhoIsNewThere) {
  EXPECT_EQ(LogOn("bob", "hidden"), NtStatus::kOk);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(LogOn("guess" + std::to_string(i), "x"), NtStatus::kLogonFailure);
  }
  auto start = steady_clock::now();
  EXPECT_EQ(LogOn("alice", "secret"), NtStatus::kOk);
  EXPECT_GE(steady_clock::now() - start, std::chrono::milliseconds(300));
  // Now both are known here. The limit is far above what a log-on takes.
  Change([](Preferences* preferences) { preferences->auth.address_delay = 10'000; });
  start = steady_clock::now();
  EXPECT_EQ(LogOn("alice", "secret"), NtStatus::kOk);
  EXPECT_EQ(LogOn("bob", "hidden"), NtStatus::kOk);
  EXPECT_LT(steady_clock::now() - start, std::chrono::milliseconds(9'000));
}

TEST_F(LogonTest, AFailureIsAnsweredLateAndOthersOnTheConnectionGoOn) {
  Change([](Preferences* preferences) { preferences->auth.failure_delay = 300; });
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  const auto start = steady_clock::now();
  EXPECT_EQ(client.LogOn("alice", "wrong"), NtStatus::kLogonFailure);
  EXPECT_GE(steady_clock::now() - start, std::chrono::milliseconds(300));
  EXPECT_EQ(client.LogOn("alice", "secret"), NtStatus::kOk);
}

TEST_F(LogonTest, ACancelDoesNotBringTheAnswerForward) {
  Change([](Preferences* preferences) { preferences->auth.failure_delay = 500; });
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  std::thread cancel([&client, this] {
    EXPECT_TRUE(Eventually([this] { return !gateway_->refusals().List().empty(); }));
    proto::Header header;
    header.command = proto::Command::kCancel;
    header.message_id = 2;  // behind NEGOTIATE and the first SESSION_SETUP
    client.SendFrame(TestClient::Message(header, proto::CancelRequest()));
  });
  const auto start = steady_clock::now();
  EXPECT_EQ(client.LogOn("alice", "wrong"), NtStatus::kLogonFailure);
  EXPECT_GE(steady_clock::now() - start, std::chrono::milliseconds(500));
  cancel.join();
}

TEST_F(LogonTest, ALimitIsToldTheOperator) {
  Change([](Preferences* preferences) { preferences->limits.sessions = 1; });
  TestClient first(address());
  ASSERT_TRUE(first.Start());
  EXPECT_EQ(LogOn("bob", "hidden"), NtStatus::kInsufficientResources);
  EXPECT_THAT(Refusals(), HasSubstr("127.0.0.1: there are 1 sessions; limits.sessions is 1"));

  Change([](Preferences* preferences) {
    preferences->limits.sessions = 100;
    preferences->limits.sessions_per_connection = 1;
  });
  EXPECT_EQ(first.LogOn("bob", "hidden"), NtStatus::kInsufficientResources);
  EXPECT_THAT(Refusals(),
              HasSubstr("its connection has 1 sessions; limits.sessions_per_connection is 1"));

  Change([](Preferences* preferences) { preferences->limits.connections_per_address = 1; });
  ASSERT_TRUE(Eventually([this] { return gateway_->Status().connections == 1; }));
  TestClient second(address());
  EXPECT_TRUE(second.WaitForEnd(10'000));
  EXPECT_THAT(Refusals(),
              HasSubstr("its address has 1 connections; limits.connections_per_address is 1"));

  Change([](Preferences* preferences) { preferences->limits.connections = 1; });
  TestClient third(address());
  EXPECT_TRUE(third.WaitForEnd(10'000));
  EXPECT_THAT(Refusals(), HasSubstr("there are 1 connections; limits.connections is 1"));

  EXPECT_EQ(gateway_->refusals().Count(base::RefusalKind::kLimit), 4u);
  for (const auto& [kind, count] : gateway_->Observe().refusals) {
    EXPECT_EQ(count, kind == "limit" ? 4u : 0u) << kind;
  }
}

TEST_F(LogonTest, ASessionTellsHowItCame) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  ASSERT_EQ(gateway_->sessions().List().size(), 1u);
  EXPECT_EQ(gateway_->sessions().List()[0].log_on, "NTLM");
  EXPECT_EQ(gateway_->List({.kind = InventoryKind::kSessions}).rows.at(0).log_on, "NTLM");
}

// A client that goes away while its answer is held back takes the request with it.
TEST_F(LogonTest, NobodyWaitsForAClientThatIsGone) {
  Change([](Preferences* preferences) { preferences->auth.failure_delay = 10'000; });
  std::thread([this] {
    TestClient client(address());
    ASSERT_TRUE(client.Negotiate());
    std::thread disconnect([&client, this] {
      EXPECT_TRUE(Eventually([this] { return !gateway_->refusals().List().empty(); }));
      shutdown(client.fd(), SHUT_RDWR);
    });
    (void)client.LogOn("alice", "wrong");
    disconnect.join();
  }).join();
  EXPECT_TRUE(Eventually([this] { return gateway_->Status().connections == 0; }));
}

TEST_F(LogonTest, WithoutNtlmNobodyLogsOnByPassword) {
  Change([](Preferences* preferences) { preferences->auth.ntlm = false; });
  EXPECT_EQ(LogOn("alice", "secret"), NtStatus::kNtlmBlocked);
  EXPECT_THAT(Refusals(), HasSubstr("log-on refused: it offered NTLM, and auth.ntlm is off"));
}

TEST_F(LogonTest, AClientThatIsTooOldIsTold) {
  Change([](Preferences* preferences) { preferences->dialect_min = Dialect::kSmb300; });
  ClientOptions options;
  options.dialects = {Dialect::kSmb210};
  TestClient client(address(), options);
  EXPECT_FALSE(client.Negotiate());
  EXPECT_THAT(Refusals(), HasSubstr("127.0.0.1: client offered only SMB 2.1; dialect.min is 3.0"));
}

class ShareListsTest : public LogonTest {
 protected:
  // The status of `user`'s tree connect to "files".
  NtStatus Connect(TestClient& client, const std::string& user, const std::string& password) {
    EXPECT_TRUE(client.Negotiate());
    EXPECT_EQ(client.LogOn(user, password), NtStatus::kOk);
    return client.ConnectTree("files");
  }
  void SetLists(const SharePreferences& lists) {
    Change([&lists](Preferences* preferences) { preferences->shares["files"] = lists; });
  }
};

TEST_F(ShareListsTest, WhoIsNotInTheListMayNotUseTheShare) {
  SetLists({.allow_read = {"bob"}});
  TestClient alice(address());
  EXPECT_EQ(Connect(alice, "alice", "secret"), NtStatus::kAccessDenied);
  EXPECT_THAT(Refusals(),
              HasSubstr("127.0.0.1: user \"alice\" may not use share \"files\": its lists do not"));
  TestClient bob(address());
  EXPECT_EQ(Connect(bob, "bob", "hidden"), NtStatus::kOk);
}

TEST_F(ShareListsTest, GroupsOfTheGatewayAndOfUnixCount) {
  SetLists({.allow_read = {"@team"}});
  TestClient before(address());
  EXPECT_EQ(Connect(before, "alice", "secret"), NtStatus::kAccessDenied);
  ASSERT_TRUE(gateway_->groups().Set("team", {"alice"}).ok());
  TestClient after(address());
  EXPECT_EQ(Connect(after, "alice", "secret"), NtStatus::kOk);
  SetLists({.deny_read = {"@no-such-group"}});
  TestClient neither(address());
  EXPECT_EQ(Connect(neither, "alice", "secret"), NtStatus::kOk);
}

TEST_F(ShareListsTest, WhoMayOnlyReadCannotChangeAnything) {
  {
    TestClient writer(address());
    ASSERT_TRUE(writer.Start());
    proto::FileId id;
    ASSERT_EQ(writer.Create("there", &id), NtStatus::kOk);
  }
  SetLists({.allow_write = {"bob"}});
  TestClient alice(address());
  ASSERT_EQ(Connect(alice, "alice", "secret"), NtStatus::kOk);
  proto::FileId id;
  constexpr uint32_t kRead = 0x00120089;
  constexpr uint32_t kMaximumAllowed = 0x02000000;
  EXPECT_EQ(alice.Create("there", &id, proto::kDispositionOpen, 0, kRead), NtStatus::kOk);
  EXPECT_EQ(alice.Create("there", &id, proto::kDispositionOpenIf, 0, kMaximumAllowed),
            NtStatus::kOk);
  // What was opened with all that is allowed may not be written.
  proto::SetInfoRequest set;
  set.info_type = 1;
  set.file_info_class = 20;  // FileEndOfFileInformation
  set.file_id = id;
  const Bytes size(8, 0);
  set.buffer = size;
  const std::optional<Reply> reply = alice.Call(proto::Command::kSetInfo, set);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kAccessDenied);
  for (const uint32_t access : {0x2u, 0x4u, 0x10000u, 0x40000000u, 0x10000000u}) {
    EXPECT_EQ(alice.Create("there", &id, proto::kDispositionOpen, 0, access),
              NtStatus::kAccessDenied)
        << access;
  }
  for (const uint32_t disposition :
       {proto::kDispositionCreate, proto::kDispositionOverwrite, proto::kDispositionOverwriteIf,
        proto::kDispositionSupersede}) {
    EXPECT_EQ(alice.Create("there", &id, disposition, 0, kRead), NtStatus::kAccessDenied);
  }
  EXPECT_EQ(alice.Create("new", &id, proto::kDispositionOpenIf, 0, kRead),
            NtStatus::kObjectNameNotFound);
  TestClient bob(address());
  ASSERT_EQ(Connect(bob, "bob", "hidden"), NtStatus::kOk);
  EXPECT_EQ(bob.Create("new", &id), NtStatus::kOk);
}

}  // namespace
}  // namespace sluice::smb

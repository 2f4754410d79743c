// Who a session is after it has authenticated again, and what it may do then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "proto/smb2/echo.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/write.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;
using ::testing::HasSubstr;

constexpr uint32_t kRead = 0x00120089;

class ReauthenticationTest : public GatewayTest {
 protected:
  void Adjust(GatewayOptions* options) override {
    options->allow_guest = true;
    options->allow_anonymous = true;
    options->preferences.auth.failure_delay = 0;
  }
  void Change(const std::function<void(Preferences*)>& change) {
    Preferences preferences = *gateway_->preferences().Get();
    change(&preferences);
    gateway_->preferences().Set(std::move(preferences));
  }
  // Unknown users are guests, and "" is nobody.
  NtStatus LogOn(TestClient& client, absl::string_view user) {
    EXPECT_TRUE(client.Negotiate());
    return client.LogOn(user, "secret");
  }
  NtStatus Write(TestClient& client, proto::FileId id) {
    const Bytes data(16, 'x');
    proto::WriteRequest write;
    write.file_id = id;
    write.data = data;
    const std::optional<Reply> reply = client.Call(Command::kWrite, write);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  std::string Refusals() const {
    std::string text;
    for (const base::Refusal& refusal : gateway_->refusals().List()) text += refusal.why + "\n";
    return text;
  }
};

// It would be hers with the requirement, the flags and the key of somebody without a secret.
TEST_F(ReauthenticationTest, ASessionThatBeganWithoutASecretBecomesNobodyElses) {
  for (const char* first : {"eve", ""}) {
    for (const char* second : {"alice", *first == '\0' ? "eve" : ""}) {
      TestClient client(address());
      ASSERT_EQ(LogOn(client, first), NtStatus::kOk);
      EXPECT_EQ(client.LogOnAgain(second, "secret"), NtStatus::kAccessDenied)
          << first << " to " << second;
      EXPECT_EQ(client.ConnectTree("IPC$"), NtStatus::kUserSessionDeleted);
    }
  }
  EXPECT_THAT(Refusals(), HasSubstr("the session has no user's keys"));
  EXPECT_EQ(gateway_->sessions().size(), 0u);
}

TEST_F(ReauthenticationTest, AGuestStaysAGuest) {
  Change([](Preferences* preferences) { preferences->shares["files"].guest = true; });
  TestClient client(address());
  ASSERT_EQ(LogOn(client, "eve"), NtStatus::kOk);
  EXPECT_EQ(client.LogOnAgain("mallory", "x"), NtStatus::kOk);
  EXPECT_EQ(client.session_flags, proto::kSessionFlagIsGuest);
  EXPECT_EQ(client.ConnectTree("files"), NtStatus::kOk);
}

TEST_F(ReauthenticationTest, AUserWhoTurnsIntoAGuestOrNobodyIsJudgedAsOne) {
  Change([](Preferences* preferences) { preferences->shares["files"].deny_read = {"alice"}; });
  for (const char* second : {"eve", ""}) {
    TestClient client(address());
    ASSERT_EQ(LogOn(client, "alice"), NtStatus::kOk);
    EXPECT_EQ(client.ConnectTree("files"), NtStatus::kAccessDenied);
    ASSERT_EQ(client.LogOnAgain(second, "x"), NtStatus::kOk);
    EXPECT_EQ(client.session_flags,
              *second == '\0' ? proto::kSessionFlagIsNull : proto::kSessionFlagIsGuest);
    EXPECT_EQ(client.ConnectTree("files"), NtStatus::kAccessDenied);
    const std::vector<session::SessionInfo> sessions = gateway_->sessions().List();
    ASSERT_EQ(sessions.size(), 1u);
    EXPECT_EQ(sessions[0].guest, *second != '\0');
    EXPECT_EQ(sessions[0].anonymous, *second == '\0');
    // Signed all the same: the key is a user's.
    client.sign = false;
    EXPECT_EQ(client.Call(Command::kFlush, proto::FlushRequest())->status(),
              NtStatus::kAccessDenied);
    client.Disconnect();
    EXPECT_TRUE(Eventually([this] { return gateway_->sessions().size() == 0; }));
  }
}

TEST_F(ReauthenticationTest, ATreeIsJudgedAnewAtTheNextCreate) {
  for (const char* second : {"eve", ""}) {
    TestClient client(address());
    ASSERT_TRUE(client.Start());
    proto::FileId before;
    ASSERT_EQ(client.Create("file", &before), NtStatus::kOk);
    ASSERT_EQ(client.LogOnAgain(second, "x"), NtStatus::kOk);
    // An open keeps what it was granted.
    EXPECT_EQ(Write(client, before), NtStatus::kOk);
    proto::FileId id;
    EXPECT_EQ(client.Create("file", &id), NtStatus::kAccessDenied);
    EXPECT_EQ(client.Create("file", &id), NtStatus::kAccessDenied);
    EXPECT_THAT(Refusals(), HasSubstr("may not use share \"files\": guests are not allowed there"));
    ASSERT_EQ(client.LogOnAgain("alice", "secret"), NtStatus::kOk);
    EXPECT_EQ(Write(client, before), NtStatus::kOk);
    EXPECT_EQ(client.Create("file", &id), NtStatus::kOk);
  }
}

TEST_F(ReauthenticationTest, ListsAreThoseOfTheNewUser) {
  Change([](Preferences* preferences) {
    preferences->signing_required = false;
    preferences->shares["files"].allow_write = {"alice"};
  });
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  proto::FileId before;
  ASSERT_EQ(client.Create("file", &before), NtStatus::kOk);
  ASSERT_EQ(client.LogOnAgain("bob", "hidden"), NtStatus::kOk);
  proto::FileId id;
  EXPECT_EQ(client.Create("file", &id), NtStatus::kAccessDenied);
  EXPECT_EQ(client.Create("file", &id, proto::kDispositionOpen, 0, kRead), NtStatus::kOk);
  EXPECT_EQ(Write(client, before), NtStatus::kAccessDenied);
  // The other way round: what alice may do is judged when she opens.
  ASSERT_EQ(client.ConnectTree("files"), NtStatus::kOk);
  ASSERT_EQ(client.LogOnAgain("alice", "secret"), NtStatus::kOk);
  ASSERT_EQ(client.Create("file", &id), NtStatus::kOk);
  EXPECT_EQ(Write(client, id), NtStatus::kOk);
}

// Whoever relays bob's log-on into a session of her own would write as bob, signed with her key.
TEST_F(ReauthenticationTest, WhereSignaturesAreRequiredAKeySignsForItsUserOnly) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  EXPECT_EQ(client.LogOnAgain("bob", "hidden"), NtStatus::kAccessDenied);
  EXPECT_EQ(client.ConnectTree("files"), NtStatus::kUserSessionDeleted);
  EXPECT_THAT(Refusals(), HasSubstr("the session's keys are another user's"));
}

TEST_F(ReauthenticationTest, AShareThatMustBeEncryptedWantsTheUsersOwnKey) {
  Change([](Preferences* preferences) {
    preferences->signing_required = false;
    preferences->shares["files"].encryption = EncryptionMode::kRequired;
  });
  TestClient client(address());
  ASSERT_EQ(LogOn(client, "alice"), NtStatus::kOk);
  ASSERT_EQ(client.LogOnAgain("bob", "hidden"), NtStatus::kOk);
  EXPECT_EQ(client.ConnectTree("files"), NtStatus::kAccessDenied);
  ASSERT_EQ(client.LogOnAgain("alice", "secret"), NtStatus::kOk);
  EXPECT_EQ(client.ConnectTree("files"), NtStatus::kOk);
}

TEST_F(ReauthenticationTest, AGuestEndsNobodysSession) {
  ASSERT_TRUE(gateway_->users().Add("Guest", "secret", "root").ok());
  TestClient user(address());
  ASSERT_EQ(LogOn(user, "Guest"), NtStatus::kOk);
  ASSERT_EQ(user.session_flags, 0);
  for (const char* other : {"eve", ""}) {
    TestClient client(address());
    ASSERT_TRUE(client.Negotiate());
    ASSERT_EQ(client.LogOn(other, "x", user.session_id), NtStatus::kOk);
    ASSERT_NE(client.session_flags, 0);
    EXPECT_EQ(user.ConnectTree("files"), NtStatus::kOk);
  }
}

}  // namespace
}  // namespace sluice::smb

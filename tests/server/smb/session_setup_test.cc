#include "proto/smb2/session_setup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "proto/smb2/create.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/logoff.h"
#include "proto/wire/utf16.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::Dialect;
using proto::NtStatus;

class SessionSetupTest : public GatewayTest {
 protected:
  size_t SessionCount() const { return gateway_->sessions().List().size(); }
};

// The client checks the final response's signature, and the server each later request's.
TEST_F(SessionSetupTest, EveryDialectDerivesTheSameKeysAsTheClient) {
  for (const Dialect dialect :
       {Dialect::kSmb202, Dialect::kSmb210, Dialect::kSmb300, Dialect::kSmb302, Dialect::kSmb311}) {
    ClientOptions options;
    options.dialects = {dialect};
    TestClient client(address(), options);
    ASSERT_TRUE(client.Negotiate());
    EXPECT_EQ(client.LogOn("alice", "secret"), NtStatus::kOk);
    EXPECT_EQ(client.ConnectTree("files"), NtStatus::kOk);
  }
}

TEST_F(SessionSetupTest, EverySigningAlgorithmIsUsed) {
  for (const crypto::SigningAlgorithm algorithm :
       {crypto::SigningAlgorithm::kAes128Gmac, crypto::SigningAlgorithm::kAes128Cmac,
        crypto::SigningAlgorithm::kHmacSha256}) {
    ClientOptions options;
    options.signing = {algorithm};
    TestClient client(address(), options);
    ASSERT_TRUE(client.Start());
    EXPECT_EQ(client.keys->signing_algorithm(), algorithm);
    const std::vector<session::SessionInfo> sessions = gateway_->sessions().List();
    ASSERT_EQ(sessions.size(), 1u);
    EXPECT_EQ(sessions[0].signing_algorithm, algorithm);
    EXPECT_EQ(sessions[0].user, "alice");
    client.Disconnect();
    EXPECT_TRUE(Eventually([this] { return SessionCount() == 0; }));
  }
}

TEST_F(SessionSetupTest, WrongPasswordUnknownUserAndNobodyAreRefused) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  EXPECT_EQ(client.LogOn("alice", "wrong"), NtStatus::kLogonFailure);
  EXPECT_EQ(client.LogOn("nobody", "secret"), NtStatus::kLogonFailure);
  EXPECT_EQ(client.LogOn("", ""), NtStatus::kAccessDenied);
  EXPECT_EQ(SessionCount(), 0u);
  EXPECT_EQ(client.LogOn("alice", "secret"), NtStatus::kOk);
}

TEST_F(SessionSetupTest, GarbageTokenIsRefused) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  proto::SessionSetupRequest request;
  const Bytes garbage(100, 0xAA);
  request.security_buffer = garbage;
  const std::optional<Reply> reply = client.Call(Command::kSessionSetup, request);
  ASSERT_TRUE(reply.has_value());
  EXPECT_TRUE(proto::IsError(reply->status()));
  EXPECT_NE(reply->status(), NtStatus::kMoreProcessingRequired);
}

TEST_F(SessionSetupTest, UnknownSessionIsDeleted) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  client.session_id = 0x1234;
  const std::optional<Reply> reply =
      client.Call(Command::kSessionSetup, proto::SessionSetupRequest());
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kUserSessionDeleted);
}

TEST_F(SessionSetupTest, BindingIsNotAccepted) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  TestClient other(address());
  ASSERT_TRUE(other.Negotiate());
  other.session_id = client.session_id;
  proto::SessionSetupRequest request;
  request.flags = proto::kSessionFlagBinding;
  const std::optional<Reply> reply = other.Call(Command::kSessionSetup, request);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kRequestNotAccepted);
}

TEST_F(SessionSetupTest, SessionIsUselessBeforeItIsAuthenticated) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  EXPECT_EQ(client.LogOn("alice", "wrong"), NtStatus::kLogonFailure);
  EXPECT_EQ(client.ConnectTree("files"), NtStatus::kUserSessionDeleted);
}

TEST_F(SessionSetupTest, ReauthenticationKeepsKeysTreesAndOpens) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  proto::FlushRequest flush;
  ASSERT_EQ(client.Create("file", &flush.file_id), NtStatus::kOk);
  EXPECT_EQ(client.LogOnAgain("alice", "secret"), NtStatus::kOk);
  const std::optional<Reply> reply = client.Call(Command::kFlush, flush);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kOk);
  EXPECT_TRUE(reply->signature_right);
}

TEST_F(SessionSetupTest, FailedReauthenticationEndsTheSession) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  EXPECT_EQ(client.LogOnAgain("alice", "wrong"), NtStatus::kLogonFailure);
  EXPECT_EQ(client.ConnectTree("files"), NtStatus::kUserSessionDeleted);
  EXPECT_EQ(SessionCount(), 0u);
}

TEST_F(SessionSetupTest, LogoffEndsTheSessionAndIsSigned) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  const std::optional<Reply> reply = client.Call(Command::kLogoff, proto::LogoffRequest());
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kOk);
  EXPECT_TRUE(reply->signature_right);
  EXPECT_EQ(client.ConnectTree("files"), NtStatus::kUserSessionDeleted);
  EXPECT_EQ(SessionCount(), 0u);
}

TEST_F(SessionSetupTest, LogoffClosesOpens) {
  TestClient client(address());
  ASSERT_TRUE(client.Start("disk"));
  proto::FileId file;
  ASSERT_EQ(
      client.Create("temporary", &file, proto::kDispositionCreate, proto::kOptionDeleteOnClose),
      NtStatus::kOk);
  ASSERT_TRUE(std::filesystem::exists(disk_ + "/temporary"));
  ASSERT_TRUE(client.Call(Command::kLogoff, proto::LogoffRequest()).has_value());
  EXPECT_FALSE(std::filesystem::exists(disk_ + "/temporary"));
}

TEST_F(SessionSetupTest, LostConnectionClosesOpens) {
  TestClient client(address());
  ASSERT_TRUE(client.Start("disk"));
  proto::FileId file;
  ASSERT_EQ(
      client.Create("temporary", &file, proto::kDispositionCreate, proto::kOptionDeleteOnClose),
      NtStatus::kOk);
  client.Disconnect();
  EXPECT_TRUE(Eventually([this] { return !std::filesystem::exists(disk_ + "/temporary"); }));
  EXPECT_TRUE(Eventually([this] { return SessionCount() == 0; }));
}

TEST_F(SessionSetupTest, PreviousSessionOfTheUserEndsOnWhateverLoopItIs) {
  for (int i = 0; i < 4; ++i) {
    TestClient old(address());
    ASSERT_TRUE(old.Start("disk"));
    proto::FileId file;
    ASSERT_EQ(
        old.Create("temporary", &file, proto::kDispositionCreate, proto::kOptionDeleteOnClose),
        NtStatus::kOk);
    TestClient between(address());  // changes which loop comes next
    ASSERT_TRUE(i % 2 == 0 || between.Negotiate());
    TestClient fresh(address());
    ASSERT_TRUE(fresh.Negotiate());
    ASSERT_EQ(fresh.LogOn("alice", "secret", old.session_id), NtStatus::kOk);
    EXPECT_FALSE(std::filesystem::exists(disk_ + "/temporary"));
    proto::FlushRequest flush;
    flush.file_id = file;
    EXPECT_EQ(old.Call(Command::kFlush, flush)->status(), NtStatus::kUserSessionDeleted);
  }
}

TEST_F(SessionSetupTest, PreviousSessionOfAnotherUserStays) {
  TestClient alice(address());
  ASSERT_TRUE(alice.Start());
  TestClient bob(address());
  ASSERT_TRUE(bob.Negotiate());
  ASSERT_EQ(bob.LogOn("bob", "hidden", alice.session_id), NtStatus::kOk);
  EXPECT_EQ(alice.Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
  EXPECT_EQ(SessionCount(), 2u);
}

TEST_F(SessionSetupTest, FilesAreOpenedWithTheUsersRights) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can act for others";
  ASSERT_TRUE(gateway_->users().Add("carol", "open", "nobody").ok());
  ASSERT_EQ(chmod(disk_.c_str(), 0755), 0);
  TestClient carol(address());
  ASSERT_TRUE(carol.Negotiate());
  ASSERT_EQ(carol.LogOn("carol", "open"), NtStatus::kOk);
  ASSERT_EQ(carol.ConnectTree("disk"), NtStatus::kOk);
  proto::FileId file;
  EXPECT_EQ(carol.Create("hers", &file, proto::kDispositionCreate), NtStatus::kAccessDenied);
  ASSERT_EQ(chmod(disk_.c_str(), 0777), 0);
  EXPECT_EQ(carol.Create("hers", &file, proto::kDispositionCreate), NtStatus::kOk);
  struct stat hers;
  ASSERT_EQ(stat((disk_ + "/hers").c_str(), &hers), 0);
  EXPECT_NE(hers.st_uid, 0u);

  TestClient alice(address());
  ASSERT_TRUE(alice.Start("disk"));
  ASSERT_EQ(alice.Create("his", &file, proto::kDispositionCreate), NtStatus::kOk);
  ASSERT_EQ(stat((disk_ + "/his").c_str(), &hers), 0);
  EXPECT_EQ(hers.st_uid, 0u);
}

TEST_F(SessionSetupTest, ClientThatRequiresSigningGetsItWhereTheServerDoesNot) {
  Preferences preferences = *gateway_->preferences().Get();
  preferences.signing_required = false;
  gateway_->preferences().Set(preferences);
  ClientOptions options;
  options.security_mode = proto::kSigningEnabled | proto::kSigningRequired;
  TestClient strict(address(), options);
  ASSERT_TRUE(strict.Start());
  strict.sign = false;
  EXPECT_EQ(strict.Call(Command::kFlush, proto::FlushRequest())->status(), NtStatus::kAccessDenied);

  TestClient relaxed(address());
  ASSERT_TRUE(relaxed.Start());
  relaxed.sign = false;
  const std::optional<Reply> plain = relaxed.Call(Command::kEcho, proto::EchoRequest());
  EXPECT_EQ(plain->status(), NtStatus::kOk);
  EXPECT_FALSE(plain->header.is_signed());
  relaxed.sign = true;
  EXPECT_TRUE(relaxed.Call(Command::kEcho, proto::EchoRequest())->signature_right);
}

// Nobody would ever close what a session has open that has ended.
TEST_F(SessionSetupTest, ACreateThatIsDoneAfterItsSessionHasEndedLeavesNothingOpen) {
  Bytes name;
  ASSERT_TRUE(proto::Utf8ToUtf16("ghost", &name));
  proto::CreateRequest create;
  create.desired_access = 0x0012019F;
  create.share_access = 0;
  create.create_disposition = proto::kDispositionOpenIf;
  create.name = name;
  for (int round = 0; round < 20; ++round) {
    TestClient client(address());
    ASSERT_TRUE(client.Start("disk"));
    client.SendChain({client.Request(Command::kCreate, create)});
    client.SendChain({client.Request(Command::kLogoff, proto::LogoffRequest())});
    TestClient other(address());
    ASSERT_TRUE(other.Start("disk"));
    proto::FileId id;
    EXPECT_TRUE(Eventually([&] { return other.Create("ghost", &id) == NtStatus::kOk; }));
  }
}

}  // namespace
}  // namespace sluice::smb

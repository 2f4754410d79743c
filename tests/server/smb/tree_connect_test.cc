#include "proto/smb2/tree_connect.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "proto/smb2/flush.h"
#include "proto/smb2/tree_disconnect.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class TreeConnectTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    client_ = std::make_unique<TestClient>(address());
    ASSERT_TRUE(client_->Start("disk"));
  }
  void TearDown() override {
    client_.reset();
    GatewayTest::TearDown();
  }
  NtStatus ConnectTo(const Bytes& path) {
    proto::TreeConnectRequest request;
    request.path = path;
    const std::optional<Reply> reply = client_->Call(Command::kTreeConnect, request);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  std::unique_ptr<TestClient> client_;
};

TEST_F(TreeConnectTest, ShareIsFoundWithoutRegardToCase) {
  EXPECT_EQ(client_->ConnectTree("FILES"), NtStatus::kOk);
  EXPECT_EQ(client_->ConnectTree("ipc$"), NtStatus::kOk);
}

TEST_F(TreeConnectTest, UnknownShareIsABadName) {
  for (const char* name : {"nothing", "", "files\\sub", "file", "filess"}) {
    EXPECT_EQ(client_->ConnectTree(name), NtStatus::kBadNetworkName) << name;
  }
}

TEST_F(TreeConnectTest, RejectsPathsThatAreNone) {
  EXPECT_EQ(ConnectTo({'x', 0}), NtStatus::kBadNetworkName);
  EXPECT_EQ(ConnectTo({'\\', 0, '\\', 0, '\\', 0, 'f', 0}), NtStatus::kBadNetworkName);
  EXPECT_NE(ConnectTo({'\\', 0, '\\'}), NtStatus::kOk);
}

TEST_F(TreeConnectTest, RejectsPathBeyondTheMessage) {
  proto::TreeConnectRequest request;
  const Bytes path(20, 0);
  request.path = path;
  Bytes message = client_->Request(Command::kTreeConnect, request);
  const uint64_t id = client_->next_message_id - 1;
  message[70] = 200;  // PathLength
  client_->SendChain({message});
  EXPECT_EQ(client_->WaitFor(id)->status(), NtStatus::kInvalidParameter);
}

TEST_F(TreeConnectTest, UnsignedTreeConnectOf311EndsTheConnection) {
  Preferences preferences = *gateway_->preferences().Get();
  preferences.signing_required = false;
  gateway_->preferences().Set(preferences);
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  client.sign = false;
  EXPECT_EQ(client.ConnectTree("files"), NtStatus::kConnectionDisconnected);

  ClientOptions options;
  options.dialects = {proto::Dialect::kSmb302};
  TestClient older(address(), options);
  ASSERT_TRUE(older.Start());
  older.sign = false;
  EXPECT_EQ(older.ConnectTree("files"), NtStatus::kOk);
}

TEST_F(TreeConnectTest, AShareOutOfTheUsersReachIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "acting for others needs root";
  ASSERT_TRUE(gateway_->users().Add("carol", "hers", "nobody").ok());
  ASSERT_EQ(::chmod(disk_.c_str(), 0777), 0);
  ASSERT_EQ(::chmod(directory_.c_str(), 0700), 0);
  TestClient carol(address());
  ASSERT_TRUE(carol.Negotiate());
  ASSERT_EQ(carol.LogOn("carol", "hers"), NtStatus::kOk);
  EXPECT_EQ(carol.ConnectTree("disk"), NtStatus::kAccessDenied);
  EXPECT_EQ(carol.ConnectTree("files"), NtStatus::kOk);
  // Root may go there.
  EXPECT_EQ(client_->ConnectTree("disk"), NtStatus::kOk);
}

TEST_F(TreeConnectTest, AShareThatWantsAnAlgorithmRefusesWhoNeedNotSign) {
  Preferences preferences = *gateway_->preferences().Get();
  preferences.shares["files"].signing = {crypto::SigningAlgorithm::kAes128Gmac};
  gateway_->preferences().Set(preferences);
  EXPECT_EQ(client_->ConnectTree("files"), NtStatus::kOk);
  preferences.signing_required = false;
  gateway_->preferences().Set(preferences);
  TestClient lax(address());
  ASSERT_TRUE(lax.Negotiate());
  ASSERT_EQ(lax.LogOn("alice", "secret"), NtStatus::kOk);
  EXPECT_EQ(lax.ConnectTree("files"), NtStatus::kAccessDenied);
  EXPECT_EQ(lax.ConnectTree("disk"), NtStatus::kOk);
}

TEST_F(TreeConnectTest, WhoIsLetInForEncryptingMustEncrypt) {
  Preferences preferences = *gateway_->preferences().Get();
  preferences.shares["files"].encryption = EncryptionMode::kDesired;
  preferences.shares["files"].signing = {crypto::SigningAlgorithm::kHmacSha256};
  gateway_->preferences().Set(preferences);
  ASSERT_EQ(client_->ConnectTree("files"), NtStatus::kOk);
  ASSERT_NE(client_->share_flags & proto::kShareFlagEncryptData, 0u);
  proto::FileId file;
  client_->seal = false;
  EXPECT_EQ(client_->Create("file", &file), NtStatus::kAccessDenied);
  client_->seal = true;
  EXPECT_EQ(client_->Create("file", &file), NtStatus::kOk);
}

TEST_F(TreeConnectTest, DisconnectClosesTheTreesOpensOnly) {
  const uint32_t first = client_->tree_id;
  proto::FileId file;
  ASSERT_EQ(
      client_->Create("temporary", &file, proto::kDispositionCreate, proto::kOptionDeleteOnClose),
      NtStatus::kOk);
  ASSERT_EQ(client_->ConnectTree("disk"), NtStatus::kOk);
  const uint32_t second = client_->tree_id;
  proto::FlushRequest flush;
  ASSERT_EQ(client_->Create("stays", &flush.file_id), NtStatus::kOk);
  client_->tree_id = first;
  EXPECT_EQ(client_->Call(Command::kTreeDisconnect, proto::TreeDisconnectRequest())->status(),
            NtStatus::kOk);
  EXPECT_FALSE(std::filesystem::exists(disk_ + "/temporary"));
  EXPECT_EQ(client_->Call(Command::kFlush, flush)->status(), NtStatus::kNetworkNameDeleted);
  client_->tree_id = second;
  EXPECT_EQ(client_->Call(Command::kFlush, flush)->status(), NtStatus::kOk);
}

TEST_F(TreeConnectTest, ReadOnlyShareSaysSo) {
  proto::TreeConnectRequest request;
  const Bytes path = {'\\', 0, '\\', 0, 's', 0, '\\', 0, 'f', 0, 'i', 0, 'x', 0, 'e', 0, 'd', 0};
  request.path = path;
  const std::optional<Reply> reply = client_->Call(Command::kTreeConnect, request);
  ASSERT_TRUE(reply.has_value());
  proto::TreeConnectResponse response;
  ASSERT_TRUE(proto::TreeConnectResponse::Decode(reply->message, &response));
  EXPECT_EQ(response.maximal_access & 0x2, 0u);
}

}  // namespace
}  // namespace sluice::smb

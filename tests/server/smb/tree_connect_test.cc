#include "proto/smb2/tree_connect.h"

#include <gtest/gtest.h>

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

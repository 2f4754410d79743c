// What bad frames get: the connection ends, and only that one.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/smb2/echo.h"
#include "server/base/limits.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class ChainReceiveTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    client_ = std::make_unique<TestClient>(address());
    ASSERT_TRUE(client_->Start());
  }
  // The gateway still serves others.
  void TearDown() override {
    client_.reset();
    TestClient other(address());
    EXPECT_TRUE(other.Start());
    other.Disconnect();
    GatewayTest::TearDown();
  }
  Bytes Echo() { return client_->Request(Command::kEcho, proto::EchoRequest()); }

  std::unique_ptr<TestClient> client_;
};

TEST_F(ChainReceiveTest, TornFramesArePutTogether) {
  proto::Header header = client_->NextHeader(Command::kEcho);
  Bytes message = TestClient::Message(header, proto::EchoRequest());
  client_->Sign(&message);
  Bytes bytes = {0, 0, 0, static_cast<uint8_t>(message.size())};
  bytes.insert(bytes.end(), message.begin(), message.end());
  for (const uint8_t byte : bytes) client_->SendRaw({&byte, 1});
  const std::optional<Reply> reply = client_->WaitFor(header.message_id);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kOk);
  EXPECT_TRUE(reply->signature_right);
}

TEST_F(ChainReceiveTest, RejectsFrameOfNoBytes) {
  client_->SendFrame({});
  EXPECT_TRUE(client_->WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsFrameAboveTheLimit) {
  const Bytes header = {0, 0xFF, 0xFF, 0xFF};
  client_->SendRaw(header);
  EXPECT_TRUE(client_->WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsLargeFrameBeforeLogOn) {
  TestClient fresh(address());
  ASSERT_TRUE(fresh.Negotiate());
  const size_t bytes = limits::unauthenticated_frame_bytes_max + 1;
  const Bytes header = {0, static_cast<uint8_t>(bytes >> 16), static_cast<uint8_t>(bytes >> 8),
                        static_cast<uint8_t>(bytes)};
  fresh.SendRaw(header);
  EXPECT_TRUE(fresh.WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsNetbiosTypeThatIsNotAMessage) {
  const Bytes header = {0x81, 0, 0, 4, 1, 2, 3, 4};
  client_->SendRaw(header);
  EXPECT_TRUE(client_->WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsUnknownProtocolId) {
  Bytes message = Echo();
  message[0] = 0xF0;
  client_->SendFrame(message);
  EXPECT_TRUE(client_->WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsCompressedFrameThatNobodyNegotiated) {
  Bytes message = Echo();
  message[0] = 0xFC;
  client_->SendFrame(message);
  EXPECT_TRUE(client_->WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsTruncatedHeaders) {
  for (const size_t length : {1u, 3u, 4u, 16u, 63u}) {
    TestClient fresh(address());
    ASSERT_TRUE(fresh.Start());
    Bytes message = fresh.Request(Command::kEcho, proto::EchoRequest());
    message.resize(length);
    fresh.SendFrame(message);
    EXPECT_TRUE(fresh.WaitForEnd()) << length;
  }
}

TEST_F(ChainReceiveTest, RejectsBadNextCommands) {
  for (const uint32_t next : {1u, 8u, 63u, 64u, 73u, 4096u, 0xFFFFFFF8u, 0xFFFFFFFFu}) {
    TestClient fresh(address());
    ASSERT_TRUE(fresh.Start());
    Bytes message = fresh.Request(Command::kEcho, proto::EchoRequest());
    Bytes second = fresh.Request(Command::kEcho, proto::EchoRequest());
    message.resize(72);
    proto::Writer writer(absl::MakeSpan(message));
    writer.Advance(proto::kHeaderBytes);
    writer.PatchU32(proto::kHeaderNextCommandOffset, next);
    message.insert(message.end(), second.begin(), second.end());
    fresh.SendFrame(message);
    EXPECT_TRUE(fresh.WaitForEnd()) << next;
  }
}

TEST_F(ChainReceiveTest, RejectsMoreCommandsThanTheLimit) {
  std::vector<Bytes> chain;
  while (chain.size() <= limits::compound_requests_max) chain.push_back(Echo());
  client_->SendChain(chain);
  EXPECT_TRUE(client_->WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsMessageIdUsedTwice) {
  const uint64_t id = client_->next_message_id;
  ASSERT_TRUE(client_->Call(Command::kEcho, proto::EchoRequest()).has_value());
  client_->next_message_id = id;
  client_->SendChain({Echo()});
  EXPECT_TRUE(client_->WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsMessageIdOutsideTheWindow) {
  client_->next_message_id += 100'000;
  client_->SendChain({Echo()});
  EXPECT_TRUE(client_->WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsMessageIdBeyondTheCredits) {
  ClientOptions options;
  options.credits = 1;
  TestClient poor(address(), options);
  ASSERT_TRUE(poor.Start());
  poor.next_message_id += 1;  // only the one before was granted
  poor.SendChain({poor.Request(Command::kEcho, proto::EchoRequest())});
  EXPECT_TRUE(poor.WaitForEnd());
}

TEST_F(ChainReceiveTest, RejectsChargeBeyondTheCredits) {
  ClientOptions options;
  options.credits = 1;
  TestClient poor(address(), options);
  ASSERT_TRUE(poor.Start());
  poor.SendChain({TestClient::Message(poor.NextHeader(Command::kEcho, 500), proto::EchoRequest())});
  EXPECT_TRUE(poor.WaitForEnd());
}

TEST_F(ChainReceiveTest, IdsOfTheWindowMayComeInAnyOrder) {
  const uint64_t first = client_->next_message_id;
  std::vector<Bytes> messages;
  for (int i = 0; i < 8; ++i) messages.push_back(Echo());
  for (size_t i = messages.size(); i-- > 0;) client_->SendChain({messages[i]});
  for (uint64_t id = first; id < first + 8; ++id) {
    const std::optional<Reply> reply = client_->WaitFor(id);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status(), NtStatus::kOk);
  }
}

}  // namespace
}  // namespace sluice::smb

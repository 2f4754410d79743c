// Connections that misbehave, come and go.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/smb2/cancel.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/negotiate.h"
#include "proto/smb2/read.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/write.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class SmbConnectionTest : public GatewayTest {
 protected:
  uint64_t BufferBytesInUse() const {
    uint64_t bytes = 0;
    for (const LoopObservation& loop : gateway_->Observe().loops) bytes += loop.buffer_bytes_in_use;
    return bytes;
  }

  bool Serves() {
    TestClient client(address());
    return client.Start() &&
           client.Call(Command::kEcho, proto::EchoRequest())->status() == NtStatus::kOk;
  }
  bool NobodyLeft() {
    return Eventually([this] { return gateway_->Status().connections == 0; }) &&
           gateway_->sessions().size() == 0;
  }
};

TEST_F(SmbConnectionTest, ClientMayDisappearInEveryState) {
  { TestClient client(address()); }
  {
    TestClient client(address());
    client.SendRaw(Bytes{0, 0, 0});
  }
  {
    TestClient client(address());
    client.SendRaw(Bytes{0, 0, 1, 0, 0xFE, 'S'});
  }
  {
    TestClient client(address());
    client.Negotiate();
  }
  {
    TestClient client(address());
    client.Negotiate();
    client.SendChain({client.Request(Command::kSessionSetup, proto::SessionSetupRequest())});
  }
  {
    TestClient client(address());
    client.Negotiate();
    client.LogOn("alice", "secret");
  }
  {
    TestClient client(address());
    proto::FileId file;
    client.Start();
    client.Create("file", &file);
  }
  {
    TestClient client(address());
    client.Start();
    for (int i = 0; i < 20; ++i) {
      client.SendChain({client.Request(Command::kEcho, proto::EchoRequest())});
    }
  }
  EXPECT_TRUE(NobodyLeft());
  EXPECT_TRUE(Serves());
}

TEST_F(SmbConnectionTest, CancelOfNothingIsNotAnswered) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  proto::Header header = client.NextHeader(Command::kCancel);
  --client.next_message_id;
  header.message_id = 1000;
  client.SendChain({TestClient::Message(header, proto::CancelRequest())});
  header.flags |= proto::kFlagAsync;
  header.async_id = 77;
  client.SendChain({TestClient::Message(header, proto::CancelRequest())});
  EXPECT_TRUE(client.Silent());
  EXPECT_EQ(client.Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
}

TEST_F(SmbConnectionTest, UnsignedCancelIsIgnored) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  client.sign = false;
  proto::Header header = client.NextHeader(Command::kCancel);
  --client.next_message_id;
  client.SendChain({TestClient::Message(header, proto::CancelRequest())});
  EXPECT_TRUE(client.Silent());
  client.sign = true;
  EXPECT_EQ(client.Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
}

// Its responses wait, bounded, and its requests are not taken any more; when it reads again
// everything is there.
TEST_F(SmbConnectionTest, ClientThatDoesNotReadIsHeldBack) {
  ClientOptions options;
  options.credits = 4096;
  TestClient client(address(), options);
  ASSERT_TRUE(client.Start());
  proto::ReadRequest read;
  ASSERT_EQ(client.Create("file", &read.file_id), NtStatus::kOk);
  const Bytes data(1 << 20, 'x');
  proto::WriteRequest write;
  write.file_id = read.file_id;
  write.data = data;
  ASSERT_EQ(client.Call(Command::kWrite, write, 16, data.size())->status(), NtStatus::kOk);
  read.length = 1 << 20;
  const uint64_t first = client.next_message_id;
  constexpr uint64_t kReads = 200;
  for (uint64_t i = 0; i < kReads; ++i) {
    client.SendChain({TestClient::Message(client.NextHeader(Command::kRead, 16), read)});
  }
  EXPECT_TRUE(Serves());
  for (uint64_t i = 0; i < kReads; ++i) {
    const std::optional<Reply> reply = client.WaitFor(first + 16 * i);
    ASSERT_TRUE(reply.has_value()) << i;
    EXPECT_EQ(reply->status(), NtStatus::kOk);
    EXPECT_TRUE(reply->signature_right);
  }
}

// What its peer does not take is not even read, so that it is in the cache when it is sent.
TEST_F(SmbConnectionTest, LargeReadsBeginAsTheirAnswersAreTaken) {
  ClientOptions options;
  options.credits = 4096;
  TestClient client(address(), options);
  ASSERT_TRUE(client.Start());
  proto::ReadRequest read;
  ASSERT_EQ(client.Create("file", &read.file_id), NtStatus::kOk);
  const Bytes data(1 << 20, 'x');
  proto::WriteRequest write;
  write.file_id = read.file_id;
  write.data = data;
  ASSERT_EQ(client.Call(Command::kWrite, write, 16, data.size())->status(), NtStatus::kOk);
  read.length = 1 << 20;
  const uint64_t first = client.next_message_id;
  const uint64_t before = Counter("requests");
  constexpr uint64_t kReads = 40;
  for (uint64_t i = 0; i < kReads; ++i) {
    client.SendChain({TestClient::Message(client.NextHeader(Command::kRead, 16), read)});
  }
  ASSERT_TRUE(Eventually([&] { return Counter("requests") == before + kReads; }));
  EXPECT_LT(BufferBytesInUse(), 8u << 20);
  for (uint64_t i = 0; i < kReads; ++i) {
    const std::optional<Reply> reply = client.WaitFor(first + 16 * i);
    ASSERT_TRUE(reply.has_value()) << i;
    EXPECT_EQ(reply->status(), NtStatus::kOk);
    EXPECT_TRUE(reply->signature_right);
  }
}

// Nobody waits for what a client that has gone asked for.
TEST_F(SmbConnectionTest, LargeReadsOfALostConnectionEnd) {
  TestClient other(address());
  ASSERT_TRUE(other.Start());
  {
    ClientOptions options;
    options.credits = 4096;
    TestClient client(address(), options);
    ASSERT_TRUE(client.Start());
    proto::ReadRequest read;
    ASSERT_EQ(client.Create("file", &read.file_id), NtStatus::kOk);
    const Bytes data(1 << 20, 'x');
    proto::WriteRequest write;
    write.file_id = read.file_id;
    write.data = data;
    ASSERT_EQ(client.Call(Command::kWrite, write, 16, data.size())->status(), NtStatus::kOk);
    read.length = 1 << 20;
    const uint64_t before = Counter("requests");
    for (int i = 0; i < 40; ++i) {
      client.SendChain({TestClient::Message(client.NextHeader(Command::kRead, 16), read)});
    }
    ASSERT_TRUE(Eventually([&] { return Counter("requests") == before + 40; }));
  }
  EXPECT_TRUE(Eventually([&] { return gateway_->Observe().connections == 1; }));
  EXPECT_TRUE(Eventually([&] { return BufferBytesInUse() < 1u << 20; }));
  EXPECT_EQ(other.Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
}

TEST_F(SmbConnectionTest, ResponsesThatWaitAreSignedTogether) {
  ClientOptions options;
  options.credits = 512;
  options.signing = {crypto::SigningAlgorithm::kAes128Cmac};
  TestClient client(address(), options);
  ASSERT_TRUE(client.Start());
  Bytes frames;
  constexpr int kEchoes = 64;
  const uint64_t first = client.next_message_id;
  for (int i = 0; i < kEchoes; ++i) {
    Bytes message = client.Request(Command::kEcho, proto::EchoRequest());
    client.Sign(&message);
    frames.insert(frames.end(), {0, 0, 0, static_cast<uint8_t>(message.size())});
    frames.insert(frames.end(), message.begin(), message.end());
  }
  client.SendRaw(frames);
  for (uint64_t i = 0; i < kEchoes; ++i) {
    EXPECT_TRUE(client.WaitFor(first + i)->signature_right);
  }
  EXPECT_TRUE(Eventually([this] { return Counter("crypto_lanes_filled") > 0; }));
}

TEST_F(SmbConnectionTest, SessionsAreListedWithWhatTheyUse) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  const std::vector<session::SessionInfo> sessions = gateway_->sessions().List();
  ASSERT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions[0].id, client.session_id);
  EXPECT_EQ(sessions[0].user, "alice");
  EXPECT_EQ(sessions[0].dialect, proto::Dialect::kSmb311);
  EXPECT_EQ(sessions[0].cipher, crypto::Cipher::kAes128Gcm);
  EXPECT_EQ(sessions[0].client_address.rfind("127.0.0.1:", 0), 0u);
  EXPECT_EQ(sessions[0].opens->load(), 0u);
  proto::FileId file;
  ASSERT_EQ(client.Create("file", &file), NtStatus::kOk);
  EXPECT_EQ(sessions[0].opens->load(), 1u);
}

TEST_F(SmbConnectionTest, DrainEndsIdleConnectionsAndTakesNoNew) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  const std::string where = address();
  gateway_->Drain();
  EXPECT_TRUE(client.WaitForEnd());
  TestClient late(where);
  EXPECT_FALSE(late.Negotiate());
}

TEST_F(SmbConnectionTest, StopWithConnectionsInEveryStateEnds) {
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<TestClient>(address()));
    if (i % 4 >= 1) clients.back()->Negotiate();
    if (i % 4 >= 2) clients.back()->LogOn("alice", "secret");
    proto::FileId file;
    if (i % 4 >= 3) {
      clients.back()->ConnectTree("disk");
      clients.back()->Create("file" + std::to_string(i), &file);
    }
  }
  gateway_->Stop();
  for (const auto& client : clients) EXPECT_TRUE(client->WaitForEnd());
}

TEST_F(SmbConnectionTest, RandomlyDamagedFramesNeverHarmTheGateway) {
  uint32_t state = 20260801;
  const auto random = [&state] {
    state = state * 1664525 + 1013904223;
    return state >> 8;
  };
  for (int round = 0; round < 100; ++round) {
    TestClient client(address());
    ASSERT_TRUE(client.Start());
    client.sign = false;
    proto::FileId file;
    client.sign = true;
    ASSERT_EQ(client.Create("file", &file), NtStatus::kOk);
    for (int i = 0; i < 5; ++i) {
      Bytes message(64 + 16 + random() % 200);
      for (uint8_t& byte : message) byte = static_cast<uint8_t>(random() % 4 == 0 ? random() : 0);
      proto::Header header = client.NextHeader(static_cast<Command>(random() % 20));
      proto::Writer writer(absl::MakeSpan(message));
      header.Encode(writer);
      message[64] = static_cast<uint8_t>(random() % 64);
      message[65] = 0;
      client.Sign(&message);
      client.SendFrame(message);
    }
  }
  EXPECT_TRUE(Serves());
}

}  // namespace
}  // namespace sluice::smb

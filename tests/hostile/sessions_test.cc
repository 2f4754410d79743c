// Sessions that end, begin or are borrowed at the wrong moment: the classes of CVE-2023-32250
// (races of session set-ups), CVE-2023-32254 and CVE-2025-37899 (use after free on a log-off beside
// requests in progress), CVE-2023-32256, CVE-2024-26594 (tokens that end too early) and
// CVE-2016-2118 (binding without a right signature).
#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "proto/smb2/echo.h"
#include "proto/smb2/logoff.h"
#include "proto/smb2/read.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/write.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

using proto::Command;
using proto::NtStatus;

class HostileSessions : public HostileTest {};

TEST_F(HostileSessions, LogOffBesideRequestsInProgress) {
  for (int round = 0; round < 20; ++round) {
    const std::unique_ptr<TestClient> alice = Alice("disk");
    ASSERT_NE(alice, nullptr);
    proto::FileId id;
    ASSERT_EQ(alice->Create("f", &id), NtStatus::kOk);
    const Bytes data(65536, 7);
    proto::WriteRequest write;
    write.file_id = id;
    write.data = data;
    proto::ReadRequest read;
    read.file_id = id;
    read.length = 65536;
    // In one burst, so that the LOGOFF arrives while what came before it waits for the disk.
    for (int i = 0; i < 8; ++i) {
      alice->SendChain(
          {TestClient::Message(alice->NextHeader(Command::kWrite), write, data.size())});
      alice->SendChain({alice->Request(Command::kRead, read)});
    }
    const proto::Header logoff = alice->NextHeader(Command::kLogoff);
    alice->SendChain({TestClient::Message(logoff, proto::LogoffRequest())});
    for (int i = 0; i < 4; ++i) alice->SendChain({alice->Request(Command::kRead, read)});
    EXPECT_TRUE(alice->WaitFor(logoff.message_id).has_value());
  }
}

TEST_F(HostileSessions, LogOffAndUseInOneCompound) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  proto::FileId id;
  ASSERT_EQ(alice->Create("f", &id), NtStatus::kOk);
  proto::ReadRequest read;
  read.file_id = id;
  read.length = 100;
  const Bytes logoff = alice->Request(Command::kLogoff, proto::LogoffRequest());
  const proto::Header header = alice->NextHeader(Command::kRead);
  alice->SendChain({logoff, TestClient::Message(header, read)});
  const std::optional<Reply> reply = alice->WaitFor(header.message_id);
  ASSERT_TRUE(reply.has_value());
  EXPECT_NE(reply->status(), NtStatus::kOk);
}

TEST_F(HostileSessions, SessionSetUpsOfOneSessionRace) {
  std::atomic<bool> unexpected = false;
  const auto hammer = [&] {
    for (int round = 0; round < 10; ++round) {
      const std::unique_ptr<TestClient> alice = Alice("disk");
      if (alice == nullptr) {
        unexpected = true;
        return;
      }
      // Two authentications of one session, neither of them finished, with requests in between.
      for (int i = 0; i < 4; ++i) {
        proto::SessionSetupRequest request;
        const Bytes token = {0x60, 0x03, 0x06, 0x01, static_cast<uint8_t>(i)};
        request.security_buffer = token;
        alice->SendChain({alice->Request(Command::kSessionSetup, request)});
        alice->SendChain({alice->Request(Command::kEcho, proto::EchoRequest())});
      }
      alice->LogOnAgain("alice", "secret");
      alice->LogOnAgain("bob", "hidden");
    }
  };
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) thread = std::thread(hammer);
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(unexpected);
}

TEST_F(HostileSessions, AnothersSessionIsNotTaken) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  const std::unique_ptr<TestClient> thief = Client("disk", ClientOptions(), "bob", "hidden");
  ASSERT_NE(thief, nullptr);
  // Bob's connection and keys, alice's session.
  thief->session_id = alice->session_id;
  thief->tree_id = alice->tree_id;
  proto::FileId id;
  EXPECT_NE(thief->Create("stolen", &id), NtStatus::kOk);
}

TEST_F(HostileSessions, BindingWithAWrongSignatureIsRefused) {
  const std::unique_ptr<TestClient> alice = Alice("disk");
  ASSERT_NE(alice, nullptr);
  const std::unique_ptr<TestClient> thief = Client("disk", ClientOptions(), "bob", "hidden");
  ASSERT_NE(thief, nullptr);
  for (const bool sign : {false, true}) {
    proto::SessionSetupRequest request;
    request.flags = proto::kSessionFlagBinding;
    const Bytes token = {0x60, 0x03, 0x06, 0x01, 0x00};
    request.security_buffer = token;
    proto::Header header = thief->NextHeader(Command::kSessionSetup);
    header.session_id = alice->session_id;
    Bytes message = TestClient::Message(header, request);
    if (sign) thief->Sign(&message);  // with bob's key
    thief->SendFrame(message);
    const std::optional<Reply> reply = thief->WaitFor(header.message_id);
    ASSERT_TRUE(reply.has_value());
    EXPECT_NE(reply->status(), NtStatus::kOk);
    EXPECT_NE(reply->status(), NtStatus::kMoreProcessingRequired);
  }
  proto::FileId id;
  EXPECT_EQ(alice->Create("still", &id), NtStatus::kOk);  // her session is unharmed
}

TEST_F(HostileSessions, TokensThatEndTooEarly) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  // SPNEGO NegTokenInit with NTLMSSP, cut everywhere, and with lengths that lie.
  Bytes token = {0x60, 0x28, 0x06, 0x06, 0x2B, 0x06, 0x01, 0x05, 0x05, 0x02, 0xA0, 0x1E, 0x30, 0x1C,
                 0xA0, 0x0E, 0x30, 0x0C, 0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02,
                 0x02, 0x0A, 0xA2, 0x0A, 0x04, 0x08, 'N',  'T',  'L',  'M',  'S',  'S',  'P',  0};
  const auto send = [&](const Bytes& some) {
    proto::SessionSetupRequest request;
    request.security_buffer = some;
    client.session_id = 0;
    const proto::Header header = client.NextHeader(Command::kSessionSetup);
    client.SendChain({TestClient::Message(header, request)});
    return client.WaitFor(header.message_id).has_value();
  };
  for (size_t bytes = 0; bytes <= token.size(); ++bytes) {
    if (!send(Bytes(token.begin(), token.begin() + static_cast<ptrdiff_t>(bytes)))) break;
  }
  for (size_t at = 0; at < token.size() && client.fd() >= 0; ++at) {
    for (const uint8_t value : {0x00, 0x7F, 0x80, 0x84, 0xFF}) {
      Bytes lie = token;
      lie[at] = value;
      if (!send(lie)) return;  // it may end the connection of a client that only fails
    }
  }
}

}  // namespace
}  // namespace sluice::hostile

// A connection that ends for what its client sent: the operator learns which rule and which frame.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/smb2/echo.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/tree_connect.h"
#include "proto/wire/utf16.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;
using ::testing::HasSubstr;

class FaultsTest : public GatewayTest {
 protected:
  std::string Refusals() const {
    std::string text;
    for (const base::Refusal& refusal : gateway_->refusals().List()) text += refusal.why + "\n";
    return text;
  }
  // The client is sent away, and the operator is told `sentence`.
  void ExpectEnd(TestClient& client, const std::string& sentence) {
    EXPECT_TRUE(client.WaitForEnd());
    EXPECT_TRUE(Eventually([this] { return !gateway_->refusals().List().empty(); }));
    EXPECT_THAT(Refusals(), HasSubstr("127.0.0.1: connection ended: " + sentence));
  }
  static Bytes Echo(TestClient& client) {
    return client.Request(Command::kEcho, proto::EchoRequest());
  }
};

TEST_F(FaultsTest, AFrameThatIsNoSmb) {
  TestClient client(address());
  client.SendFrame(Bytes(100, '\n'));
  ExpectEnd(client, "frame 1: it begins with no protocol id of SMB ([MS-SMB2] 2.2.1)\n");
}

TEST_F(FaultsTest, AHeaderThatIsNoLength) {
  TestClient client(address());
  client.SendRaw(Bytes{0x81, 0, 0, 4});
  ExpectEnd(client, "frame 1: what should be a length is none, or is 0 ([MS-SMB2] 2.1)\n");
}

TEST_F(FaultsTest, AFrameThatIsTooLong) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  client.SendRaw(Bytes{0, 0x7f, 0, 0});
  ExpectEnd(client, "frame 2: it is longer than 131072 bytes, the most before a session is set up");
}

TEST_F(FaultsTest, ACommandBeforeNegotiate) {
  TestClient client(address());
  client.SendFrame(Echo(client));
  ExpectEnd(
      client,
      "frame 1, ECHO with message id 0: nothing comes before NEGOTIATE ([MS-SMB2] 3.3.5.2.2)");
}

TEST_F(FaultsTest, AMessageIdThatWasUsed) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  client.next_message_id = 1;
  client.SendChain({Echo(client)});
  ExpectEnd(client,
            "frame 5, ECHO with message id 1: its message id was not granted or was used "
            "before ([MS-SMB2] 3.3.5.2.3)");
}

TEST_F(FaultsTest, ACompoundThatLeadsNowhere) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  Bytes echo = Echo(client);
  echo[20] = 68;  // NextCommand
  client.SendFrame(echo);
  ExpectEnd(client, "frame 2: NextCommand leads to no 8-aligned command ([MS-SMB2] 3.3.5.2.7)");
}

TEST_F(FaultsTest, AnEncryptedFrameOfNobody) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  Bytes sealed = client.Seal(Echo(client));
  sealed[44] ^= 1;  // the session id
  client.SendFrame(sealed);
  ExpectEnd(client, "frame 5: it is encrypted for a session that has no key here");
}

TEST_F(FaultsTest, AnEncryptedFrameThatWasChanged) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  Bytes sealed = client.Seal(Echo(client));
  sealed.back() ^= 1;
  client.SendFrame(sealed);
  ExpectEnd(client, "frame 5: it does not decrypt with its session's key");
  EXPECT_EQ(Counter("failed_decryptions"), 1u);
}

TEST_F(FaultsTest, AnUnsignedTreeConnect) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  gateway_->preferences().Set([this] {
    Preferences preferences = *gateway_->preferences().Get();
    preferences.signing_required = false;
    return preferences;
  }());
  TestClient other(address());
  ASSERT_TRUE(other.Negotiate());
  ASSERT_EQ(other.LogOn("alice", "secret"), NtStatus::kOk);
  other.sign = false;
  EXPECT_NE(other.ConnectTree("files"), NtStatus::kOk);
  ExpectEnd(other, "frame 4, TREE_CONNECT with message id 3: with 3.1.1 the signature");
}

// --- Log-ons ---

class TokenTest : public FaultsTest {
 protected:
  NtStatus Send(TestClient& client, const Bytes& token) {
    EXPECT_TRUE(client.Negotiate());
    proto::SessionSetupRequest setup;
    setup.security_buffer = token;
    const std::optional<Reply> reply = client.Call(Command::kSessionSetup, setup);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
};

TEST_F(TokenTest, Garbage) {
  TestClient client(address());
  EXPECT_EQ(Send(client, Bytes(100, 0xAA)), NtStatus::kInvalidParameter);
  EXPECT_THAT(Refusals(),
              HasSubstr("127.0.0.1: log-on refused: SESSION_SETUP with message id 1: its "
                        "token is neither SPNEGO nor NTLM nor Kerberos"));
}

TEST_F(TokenTest, NtlmThatIsCutOff) {
  TestClient client(address());
  EXPECT_EQ(Send(client, {'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, 1, 0, 0, 0}),
            NtStatus::kInvalidParameter);
  EXPECT_THAT(Refusals(),
              HasSubstr("SESSION_SETUP with message id 1: its NTLM NEGOTIATE message is "
                        "malformed ([MS-NLMP] 2.2.1.1)"));
}

TEST_F(TokenTest, NtlmThatIsTooLongToKeep) {
  TestClient client(address());
  Bytes token = {'N', 'T', 'L', 'M', 'S', 'S', 'P', 0, 1, 0, 0, 0};
  token.resize(4000);
  EXPECT_EQ(Send(client, token), NtStatus::kInvalidParameter);
  EXPECT_THAT(Refusals(),
              HasSubstr("its NTLM NEGOTIATE message has 4000 bytes; 2048 is the limit"));
}

}  // namespace
}  // namespace sluice::smb

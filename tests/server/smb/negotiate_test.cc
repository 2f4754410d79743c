#include "proto/smb2/negotiate.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "proto/smb2/echo.h"
#include "proto/smb2/smb1_negotiate.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::Dialect;
using proto::NtStatus;

class NegotiateTest : public GatewayTest {
 protected:
  static Bytes Smb1(std::vector<absl::string_view> dialects) {
    Bytes bytes(512);
    proto::Writer writer(absl::MakeSpan(bytes));
    proto::EncodeSmb1Negotiate(dialects, writer);
    bytes.resize(writer.size());
    return bytes;
  }
};

TEST_F(NegotiateTest, GreatestCommonDialectIsChosen) {
  for (const Dialect dialect :
       {Dialect::kSmb202, Dialect::kSmb210, Dialect::kSmb300, Dialect::kSmb302, Dialect::kSmb311}) {
    ClientOptions options;
    options.dialects = {Dialect::kSmb202};
    if (dialect != Dialect::kSmb202) options.dialects.push_back(dialect);
    TestClient client(address(), options);
    ASSERT_TRUE(client.Negotiate());
    EXPECT_EQ(client.negotiated.dialect_revision, dialect);
  }
}

TEST_F(NegotiateTest, ServersOrderOfSigningAlgorithmsDecides) {
  Preferences preferences = *gateway_->preferences().Get();
  preferences.signing_algorithms = {crypto::SigningAlgorithm::kHmacSha256,
                                    crypto::SigningAlgorithm::kAes128Gmac};
  gateway_->preferences().Set(preferences);
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  EXPECT_EQ(client.signing_context, static_cast<uint16_t>(crypto::SigningAlgorithm::kHmacSha256));
}

TEST_F(NegotiateTest, PreferencesHoldForTheNextConnection) {
  Preferences preferences = *gateway_->preferences().Get();
  preferences.signing_required = false;
  gateway_->preferences().Set(preferences);
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  EXPECT_EQ(client.negotiated.security_mode, proto::kSigningEnabled);
}

TEST_F(NegotiateTest, Smb1WildcardIsFollowedByASmb2Negotiate) {
  TestClient client(address());
  client.SendFrame(Smb1({"NT LM 0.12", "SMB 2.002", "SMB 2.???"}));
  client.next_message_id = 1;
  const std::optional<Reply> reply = client.WaitFor(0);
  ASSERT_TRUE(reply.has_value());
  proto::NegotiateResponse response;
  ASSERT_TRUE(proto::NegotiateResponse::Decode(reply->message, &response));
  EXPECT_EQ(response.dialect_revision, Dialect::kWildcard);
  EXPECT_TRUE(client.Start());
  EXPECT_EQ(client.negotiated.dialect_revision, Dialect::kSmb311);
}

TEST_F(NegotiateTest, Smb1WithOnly2002IsSettled) {
  TestClient client(address());
  client.SendFrame(Smb1({"NT LM 0.12", "SMB 2.002"}));
  client.next_message_id = 1;
  ASSERT_TRUE(client.WaitFor(0).has_value());
  client.negotiated.dialect_revision = Dialect::kSmb202;
  EXPECT_EQ(client.LogOn("alice", "secret"), NtStatus::kOk);
}

TEST_F(NegotiateTest, Smb1WithoutSmb2EndsTheConnection) {
  TestClient client(address());
  client.SendFrame(Smb1({"NT LM 0.12"}));
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(NegotiateTest, Smb1AfterNegotiateEndsTheConnection) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  client.SendFrame(Smb1({"SMB 2.???"}));
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(NegotiateTest, SecondNegotiateEndsTheConnection) {
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  EXPECT_FALSE(client.Negotiate());
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(NegotiateTest, AnythingElseFirstEndsTheConnection) {
  TestClient client(address());
  client.SendChain({client.Request(Command::kEcho, proto::EchoRequest())});
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(NegotiateTest, NoCommonDialectIsNotSupported) {
  TestClient client(address());
  proto::NegotiateRequest request;
  request.dialects = {0x0123};
  const std::optional<Reply> reply = client.Call(Command::kNegotiate, request);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kNotSupported);
}

TEST_F(NegotiateTest, RejectsListOfDialectsBeyondTheMessage) {
  TestClient client(address());
  proto::NegotiateRequest request;
  request.dialects = {0x0202};
  Bytes message = TestClient::Message(client.NextHeader(Command::kNegotiate), request);
  message[66] = 200;  // DialectCount
  client.SendChain({message});
  const std::optional<Reply> reply = client.WaitFor(0);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kInvalidParameter);
}

TEST_F(NegotiateTest, SignedNegotiateIsInvalid) {
  TestClient client(address());
  proto::NegotiateRequest request;
  request.dialects = {0x0202};
  client.SendChain({client.Request(Command::kNegotiate, request, proto::kFlagSigned)});
  const std::optional<Reply> reply = client.WaitFor(0);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kInvalidParameter);
}

}  // namespace
}  // namespace sluice::smb

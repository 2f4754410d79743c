// Transform frames both ways.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "crypto/processor.h"
#include "proto/smb2/close.h"
#include "proto/smb2/create.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/session_setup.h"
#include "proto/smb2/transform_header.h"
#include "proto/smb2/tree_connect.h"
#include "proto/wire/utf16.h"
#include "server/session/session.h"
#include "server/session/session_table.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class EncryptionTest : public GatewayTest {
 protected:
  void SetMode(EncryptionMode mode) {
    Preferences preferences = *gateway_->preferences().Get();
    preferences.encryption = mode;
    gateway_->preferences().Set(preferences);
  }
  void SetShareMode(EncryptionMode mode) {
    Preferences preferences = *gateway_->preferences().Get();
    preferences.shares["files"].encryption = mode;
    gateway_->preferences().Set(preferences);
  }
};

TEST_F(EncryptionTest, EveryCipherOfEveryDialectWorks) {
  SetMode(EncryptionMode::kRequired);
  for (const crypto::Cipher cipher : {crypto::Cipher::kAes128Ccm, crypto::Cipher::kAes128Gcm,
                                      crypto::Cipher::kAes256Ccm, crypto::Cipher::kAes256Gcm}) {
    ClientOptions options;
    options.ciphers = {cipher};
    TestClient client(address(), options);
    ASSERT_TRUE(client.Start());
    EXPECT_TRUE(client.seal);
    proto::FileId file;
    EXPECT_EQ(client.Create("file", &file), NtStatus::kOk);
    EXPECT_EQ(client.keys->cipher(), cipher);
  }
  for (const proto::Dialect dialect : {proto::Dialect::kSmb300, proto::Dialect::kSmb302}) {
    ClientOptions options;
    options.dialects = {dialect};
    TestClient client(address(), options);
    ASSERT_TRUE(client.Start());
    EXPECT_EQ(client.keys->cipher(), crypto::Cipher::kAes128Ccm);
    EXPECT_TRUE(client.Call(Command::kEcho, proto::EchoRequest())->sealed);
  }
}

class ProcessorTest : public GatewayTest, public ::testing::WithParamInterface<crypto::Processor> {
 protected:
  void SetUp() override {
    if (!crypto::ProcessorAvailable(GetParam())) GTEST_SKIP() << "not on this machine";
    GatewayTest::SetUp();
  }
  void TearDown() override {
    if (gateway_ != nullptr) GatewayTest::TearDown();
  }
  void Adjust(GatewayOptions* options) override { options->processor = GetParam(); }
};

TEST_P(ProcessorTest, SignsAndSealsForAClientOfAnother) {
  EXPECT_EQ(gateway_->Status().crypto_processor, crypto::Name(GetParam()));
  for (const crypto::SigningAlgorithm algorithm :
       {crypto::SigningAlgorithm::kAes128Gmac, crypto::SigningAlgorithm::kAes128Cmac,
        crypto::SigningAlgorithm::kHmacSha256}) {
    for (const crypto::Cipher cipher : {crypto::Cipher::kAes128Gcm, crypto::Cipher::kAes128Ccm,
                                        crypto::Cipher::kAes256Gcm, crypto::Cipher::kAes256Ccm}) {
      ClientOptions options;
      options.signing = {algorithm};
      options.ciphers = {cipher};
      TestClient client(address(), options);
      ASSERT_TRUE(client.Start());
      EXPECT_TRUE(client.Call(Command::kEcho, proto::EchoRequest())->signature_right);
      client.seal = true;
      EXPECT_EQ(client.Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EveryPath, ProcessorTest,
                         ::testing::Values(crypto::Processor::kAvx512, crypto::Processor::kAvx2,
                                           crypto::Processor::kSse, crypto::Processor::kNoAesni));

TEST_F(EncryptionTest, SealedRequestIsAnsweredSealedAndUnsigned) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  EXPECT_FALSE(client.seal);
  client.seal = true;
  const std::optional<Reply> sealed = client.Call(Command::kEcho, proto::EchoRequest());
  ASSERT_TRUE(sealed.has_value());
  EXPECT_TRUE(sealed->sealed);
  EXPECT_FALSE(sealed->header.is_signed());
  client.seal = false;
  EXPECT_FALSE(client.Call(Command::kEcho, proto::EchoRequest())->sealed);
}

TEST_F(EncryptionTest, CompoundIsSealedAsOne) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  client.seal = true;
  const uint64_t id = client.next_message_id;
  std::vector<Bytes> chain;
  for (int i = 0; i < 3; ++i) {
    chain.push_back(client.Request(Command::kEcho, proto::EchoRequest()));
  }
  client.SendChain(chain);
  size_t frame = 0;
  for (uint64_t i = 0; i < 3; ++i) {
    const std::optional<Reply> reply = client.WaitFor(id + i);
    ASSERT_TRUE(reply.has_value());
    EXPECT_TRUE(reply->sealed);
    EXPECT_TRUE(i == 0 || reply->frame == frame);
    frame = reply->frame;
  }
}

TEST_F(EncryptionTest, PlainRequestIsDeniedWhereTheSessionMustBeEncrypted) {
  SetMode(EncryptionMode::kRequired);
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  client.seal = false;
  const std::optional<Reply> reply = client.Call(Command::kFlush, proto::FlushRequest());
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kAccessDenied);
  client.seal = true;
  EXPECT_EQ(client.Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
}

TEST_F(EncryptionTest, DesiredEncryptsButTakesPlainRequests) {
  SetMode(EncryptionMode::kDesired);
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  EXPECT_TRUE(client.seal);
  client.seal = false;
  const std::optional<Reply> reply = client.Call(Command::kEcho, proto::EchoRequest());
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kOk);
  EXPECT_TRUE(reply->sealed);
}

TEST_F(EncryptionTest, ClientWithoutEncryptionIsRefusedWhereItIsRequired) {
  SetMode(EncryptionMode::kRequired);
  ClientOptions options;
  options.dialects = {proto::Dialect::kSmb210};
  TestClient client(address(), options);
  ASSERT_TRUE(client.Negotiate());
  EXPECT_EQ(client.LogOn("alice", "secret"), NtStatus::kAccessDenied);
}

TEST_F(EncryptionTest, PlainRequestIsDeniedOnATreeThatMustBeEncrypted) {
  SetShareMode(EncryptionMode::kRequired);
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  EXPECT_NE(client.share_flags & proto::kShareFlagEncryptData, 0u);
  EXPECT_FALSE(client.seal);
  EXPECT_EQ(client.Call(Command::kFlush, proto::FlushRequest())->status(), NtStatus::kAccessDenied);
  client.seal = true;
  proto::FileId file;
  EXPECT_EQ(client.Create("file", &file), NtStatus::kOk);
}

TEST_F(EncryptionTest, ShareThatMustBeEncryptedIsClosedToWhoCannot) {
  SetShareMode(EncryptionMode::kRequired);
  ClientOptions options;
  options.dialects = {proto::Dialect::kSmb210};
  TestClient client(address(), options);
  ASSERT_TRUE(client.Negotiate());
  ASSERT_EQ(client.LogOn("alice", "secret"), NtStatus::kOk);
  EXPECT_EQ(client.ConnectTree("files"), NtStatus::kAccessDenied);
  EXPECT_EQ(client.ConnectTree("disk"), NtStatus::kOk);
}

class GuestEncryptionTest : public EncryptionTest {
 protected:
  void Adjust(GatewayOptions* options) override {
    options->allow_guest = true;
    options->shares[0].preferences.guest = true;
  }
};

// The key that a guest shares with the server is made from zeros.
TEST_F(GuestEncryptionTest, AGuestHasNoKeyThatAShareThatMustBeEncryptedTakes) {
  SetShareMode(EncryptionMode::kRequired);
  ClientOptions options;
  options.dialects = {proto::Dialect::kSmb302};
  TestClient plain(address(), options);
  ASSERT_TRUE(plain.Negotiate());
  ASSERT_EQ(plain.LogOn("eve", "whatever"), NtStatus::kOk);
  ASSERT_EQ(plain.session_flags, proto::kSessionFlagIsGuest);
  EXPECT_EQ(plain.ConnectTree("files"), NtStatus::kAccessDenied);

  TestClient client(address(), options);
  ASSERT_TRUE(client.Negotiate());
  ASSERT_EQ(client.LogOn("eve", "whatever"), NtStatus::kOk);
  const Bytes zeros(16, 0);
  client.keys =
      session::SessionCryptoState::DeriveAllKeys(zeros, session::ClientTerms(client.negotiated));
  client.seal = true;
  EXPECT_NE(client.ConnectTree("files"), NtStatus::kOk);
}

TEST_F(EncryptionTest, OffOffersNoCipher) {
  SetMode(EncryptionMode::kOff);
  TestClient client(address());
  ASSERT_TRUE(client.Negotiate());
  EXPECT_FALSE(client.negotiated.contexts.ciphers.has_value());
}

TEST_F(EncryptionTest, ChangedFrameEndsTheConnectionAndIsCounted) {
  uint64_t failures = 0;
  // Signature, nonce, session id, payload.
  for (const size_t at : {4u, 20u, 44u, 60u}) {
    TestClient client(address());
    ASSERT_TRUE(client.Start());
    Bytes frame = client.Seal(client.Request(Command::kEcho, proto::EchoRequest()));
    frame[at] ^= 1;
    client.SendFrame(frame);
    EXPECT_TRUE(client.WaitForEnd()) << at;
    if (at != 44) ++failures;  // an unknown session has no key to try
    EXPECT_TRUE(Eventually([&] { return Counter("failed_decryptions") == failures; })) << at;
  }
}

TEST_F(EncryptionTest, PlainTextOfAFrameThatDoesNotOpenReachesNoHandler) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  Bytes name;
  ASSERT_TRUE(proto::Utf8ToUtf16("forged", &name));
  proto::CreateRequest create;
  create.desired_access = 0x001F01FF;
  create.create_disposition = proto::kDispositionOpenIf;
  create.name = name;
  const uint64_t requests = Counter("requests");
  Bytes frame = client.Seal(client.Request(Command::kCreate, create));
  frame[4] ^= 1;  // of the signature; the payload opens
  client.SendFrame(frame);
  EXPECT_TRUE(client.WaitForEnd());
  EXPECT_EQ(Counter("requests"), requests);
  TestClient other(address());
  ASSERT_TRUE(other.Start());
  proto::FileId id;
  EXPECT_EQ(other.Create("forged", &id, proto::kDispositionOpen), NtStatus::kObjectNameNotFound);
}

TEST_F(EncryptionTest, NoncesNeverRepeatNotEvenAfterReauthentication) {
  SetMode(EncryptionMode::kRequired);
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_TRUE(client.Call(Command::kEcho, proto::EchoRequest())->sealed);
    }
    ASSERT_EQ(client.LogOnAgain("alice", "secret"), NtStatus::kOk);
  }
  EXPECT_TRUE(client.Call(Command::kEcho, proto::EchoRequest())->sealed);
  EXPECT_GT(client.nonces.size(), 30u);
  const std::set<std::array<uint8_t, 16>> distinct(client.nonces.begin(), client.nonces.end());
  EXPECT_EQ(distinct.size(), client.nonces.size());
}

TEST_F(EncryptionTest, SessionEndsBeforeItsCiphersSafeLimit) {
  SetMode(EncryptionMode::kRequired);
  for (const crypto::Cipher cipher : {crypto::Cipher::kAes128Ccm, crypto::Cipher::kAes256Gcm}) {
    ClientOptions options;
    options.ciphers = {cipher};
    TestClient client(address(), options);
    ASSERT_TRUE(client.Start());
    session::SessionHandle handle;
    ASSERT_TRUE(gateway_->sessions().Find(client.session_id, &handle));
    std::shared_ptr<session::Session> session = handle.session.lock();
    ASSERT_NE(session, nullptr);
    // As if it had sealed nearly all that its key may.
    constexpr uint64_t kLeftBlocks = 1000;
    const uint64_t share = cipher == crypto::Cipher::kAes128Ccm ? 2 : 1;
    std::array<uint8_t, 12> nonce;
    ASSERT_TRUE(session->crypto()->NextSealingNonce(
        (session::kSealedBlocksMax - kLeftBlocks) / share * 16, &nonce));
    session.reset();  // a session ends on its loop
    size_t answered = 0;
    while (answered <= kLeftBlocks) {
      client.SendChain({client.Request(Command::kEcho, proto::EchoRequest())});
      if (!client.Receive().has_value()) break;
      ++answered;
    }
    EXPECT_GT(answered, 0u);
    EXPECT_LT(answered, kLeftBlocks / 4);
    EXPECT_TRUE(client.WaitForEnd());
    EXPECT_TRUE(Eventually([&] { return !gateway_->sessions().Find(client.session_id, &handle); }));
  }
}

// What each mode of a share does to a client that can encrypt and one that cannot.
TEST_F(EncryptionTest, ModesOfAShare) {
  const struct {
    EncryptionMode mode;
    bool told;         // ENCRYPT_DATA
    NtStatus plain;    // a request that is not encrypted
    NtStatus without;  // a client that cannot
  } kCases[] = {
      {EncryptionMode::kOff, false, NtStatus::kOk, NtStatus::kOk},
      {EncryptionMode::kEnabled, false, NtStatus::kOk, NtStatus::kOk},
      {EncryptionMode::kDesired, true, NtStatus::kOk, NtStatus::kOk},
      {EncryptionMode::kRequired, true, NtStatus::kAccessDenied, NtStatus::kAccessDenied},
  };
  for (const auto& test : kCases) {
    SetShareMode(test.mode);
    TestClient client(address());
    ASSERT_TRUE(client.Start());
    EXPECT_EQ((client.share_flags & proto::kShareFlagEncryptData) != 0, test.told);
    proto::FileId id;
    EXPECT_EQ(client.Create("file", &id), test.plain);
    client.seal = true;
    EXPECT_EQ(client.Create("file", &id), NtStatus::kOk);
    ClientOptions options;
    options.dialects = {proto::Dialect::kSmb210};
    TestClient without(address(), options);
    ASSERT_TRUE(without.Negotiate());
    ASSERT_EQ(without.LogOn("alice", "secret"), NtStatus::kOk);
    EXPECT_EQ(without.ConnectTree("files"), test.without);
  }
}

// The same for the whole server.
TEST_F(EncryptionTest, ModesOfTheServer) {
  const struct {
    EncryptionMode mode;
    bool told;
    NtStatus plain;
    NtStatus without;
  } kCases[] = {
      {EncryptionMode::kEnabled, false, NtStatus::kOk, NtStatus::kOk},
      {EncryptionMode::kDesired, true, NtStatus::kOk, NtStatus::kOk},
      {EncryptionMode::kRequired, true, NtStatus::kAccessDenied, NtStatus::kAccessDenied},
  };
  for (const auto& test : kCases) {
    SetMode(test.mode);
    TestClient client(address());
    ASSERT_TRUE(client.Start());
    EXPECT_EQ((client.session_flags & proto::kSessionFlagEncryptData) != 0, test.told);
    client.seal = false;
    const std::optional<Reply> reply = client.Call(Command::kEcho, proto::EchoRequest());
    EXPECT_EQ(reply->status(), test.plain);
    ClientOptions options;
    options.dialects = {proto::Dialect::kSmb210};
    TestClient without(address(), options);
    ASSERT_TRUE(without.Negotiate());
    EXPECT_EQ(without.LogOn("alice", "secret"), test.without);
  }
}

TEST_F(EncryptionTest, TruncatedAndOverlongTransformFramesEndTheConnection) {
  for (const int change : {-40, -1, 1, 100}) {
    TestClient client(address());
    ASSERT_TRUE(client.Start());
    Bytes frame = client.Seal(client.Request(Command::kEcho, proto::EchoRequest()));
    frame.resize(frame.size() + static_cast<size_t>(change));
    client.SendFrame(frame);
    EXPECT_TRUE(client.WaitForEnd()) << change;
  }
}

TEST_F(EncryptionTest, TransformInsideATransformEndsTheConnection) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  client.SendFrame(client.Seal(client.Seal(client.Request(Command::kEcho, proto::EchoRequest()))));
  EXPECT_TRUE(client.WaitForEnd());
}

TEST_F(EncryptionTest, OtherSessionInsideATransformIsDenied) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  const uint64_t first = client.session_id;
  auto keys = std::move(client.keys);
  ASSERT_EQ(client.LogOn("bob", "hidden"), NtStatus::kOk);
  // Bob's request in Alice's envelope.
  const Bytes message = client.Request(Command::kFlush, proto::FlushRequest());
  const uint64_t id = client.next_message_id - 1;
  client.session_id = first;
  client.keys = std::move(keys);
  client.SendFrame(client.Seal(message));
  const std::optional<Reply> reply = client.WaitFor(id);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kAccessDenied);
}

}  // namespace
}  // namespace sluice::smb

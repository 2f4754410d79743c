#include "server/session/negotiation.h"

#include <array>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::session {
namespace {

using crypto::Cipher;
using crypto::SigningAlgorithm;
using proto::Dialect;
using proto::NtStatus;

constexpr std::array<uint8_t, 32> kSalt = {1, 2, 3};
constexpr std::array<uint8_t, 4> kToken = {9, 8, 7, 6};

NegotiateMaterial Material() {
  return {.security_buffer = kToken, .salt = kSalt, .system_time = 1234};
}

// What a current client sends.
proto::NegotiateRequest Request() {
  proto::NegotiateRequest request;
  request.security_mode = proto::kSigningEnabled;
  request.capabilities = proto::kCapLargeMtu | proto::kCapEncryption | proto::kCapLeasing;
  request.client_guid.fill(0x11);
  request.dialects = {0x0202, 0x0210, 0x0300, 0x0302, 0x0311};
  request.contexts.preauth_integrity.emplace();
  request.contexts.preauth_integrity->hash_algorithms = {proto::kHashSha512};
  request.contexts.ciphers = proto::AlgorithmIds{2, 1, 4, 3};
  request.contexts.signing_algorithms = proto::AlgorithmIds{2, 1, 0};
  return request;
}

proto::NegotiateRequest RequestUpTo(Dialect dialect) {
  proto::NegotiateRequest request = Request();
  request.dialects.clear();
  for (const uint16_t d : {0x0202, 0x0210, 0x0300, 0x0302, 0x0311}) {
    if (d <= static_cast<uint16_t>(dialect)) request.dialects.push_back(d);
  }
  if (dialect != Dialect::kSmb311) request.contexts = {};
  return request;
}

ServerOptions Options() {
  ServerOptions options;
  options.guid.fill(0x22);
  options.ciphers = {Cipher::kAes256Gcm, Cipher::kAes128Gcm, Cipher::kAes128Ccm};
  return options;
}

struct DialectRow {
  Dialect dialect;
  SigningAlgorithm signing;
  Cipher cipher;
  bool multi_credit;
  uint32_t capabilities;
};

TEST(NegotiateTest, TakesTheGreatestCommonDialectAndWhatComesWithIt) {
  const DialectRow rows[] = {
      {Dialect::kSmb202, SigningAlgorithm::kHmacSha256, Cipher::kNone, false, 0},
      {Dialect::kSmb210, SigningAlgorithm::kHmacSha256, Cipher::kNone, true, proto::kCapLargeMtu},
      {Dialect::kSmb300, SigningAlgorithm::kAes128Cmac, Cipher::kAes128Ccm, true,
       proto::kCapLargeMtu | proto::kCapEncryption},
      {Dialect::kSmb302, SigningAlgorithm::kAes128Cmac, Cipher::kAes128Ccm, true,
       proto::kCapLargeMtu | proto::kCapEncryption},
      {Dialect::kSmb311, SigningAlgorithm::kAes128Gmac, Cipher::kAes256Gcm, true,
       proto::kCapLargeMtu},
  };
  for (const DialectRow& row : rows) {
    SCOPED_TRACE(static_cast<int>(row.dialect));
    const NegotiateResult result = Negotiate(RequestUpTo(row.dialect), Options(), Material());
    ASSERT_EQ(result.status, NtStatus::kOk);
    EXPECT_EQ(result.negotiated.dialect, row.dialect);
    EXPECT_EQ(result.response.dialect_revision, row.dialect);
    EXPECT_EQ(result.negotiated.signing_algorithm, row.signing);
    EXPECT_EQ(result.negotiated.cipher, row.cipher);
    EXPECT_EQ(result.negotiated.multi_credit, row.multi_credit);
    EXPECT_EQ(result.response.capabilities, row.capabilities);
    EXPECT_EQ(result.negotiated.server_capabilities, row.capabilities);
    const uint32_t bytes = row.multi_credit ? limits::read_bytes_max : 65536;
    EXPECT_EQ(result.response.max_read_size, bytes);
    EXPECT_EQ(result.response.max_write_size, bytes);
    EXPECT_EQ(result.response.max_transact_size,
              row.multi_credit ? limits::transact_bytes_max : 65536);
    EXPECT_EQ(result.response.contexts.preauth_integrity.has_value(),
              row.dialect == Dialect::kSmb311);
  }
}

TEST(NegotiateTest, FillsTheRestOfTheResponse) {
  const NegotiateResult result = Negotiate(Request(), Options(), Material());
  EXPECT_EQ(result.response.server_guid, Options().guid);
  EXPECT_EQ(result.response.system_time, 1234u);
  EXPECT_EQ(result.response.security_buffer, absl::MakeConstSpan(kToken));
  EXPECT_EQ(result.response.security_mode, proto::kSigningEnabled | proto::kSigningRequired);
  ASSERT_TRUE(result.response.contexts.preauth_integrity.has_value());
  EXPECT_EQ(result.response.contexts.preauth_integrity->salt, absl::MakeConstSpan(kSalt));
  EXPECT_EQ(result.response.contexts.preauth_integrity->hash_algorithms,
            proto::AlgorithmIds{proto::kHashSha512});
}

TEST(NegotiateTest, RefusesNoDialects) {
  proto::NegotiateRequest request = Request();
  request.dialects.clear();
  EXPECT_EQ(Negotiate(request, Options(), Material()).status, NtStatus::kInvalidParameter);
}

TEST(NegotiateTest, RefusesNoCommonDialect) {
  proto::NegotiateRequest request = Request();
  request.dialects = {0x0222, 0x02FF, 0x0310};
  EXPECT_EQ(Negotiate(request, Options(), Material()).status, NtStatus::kNotSupported);
}

TEST(NegotiateTest, StaysWithinTheConfiguredDialects) {
  ServerOptions options = Options();
  options.dialect_max = Dialect::kSmb302;
  EXPECT_EQ(Negotiate(Request(), options, Material()).negotiated.dialect, Dialect::kSmb302);
  options.dialect_min = Dialect::kSmb300;
  EXPECT_EQ(Negotiate(RequestUpTo(Dialect::kSmb210), options, Material()).status,
            NtStatus::kNotSupported);
}

TEST(NegotiateTest, Refuses311WithoutAPreauthContext) {
  proto::NegotiateRequest request = Request();
  request.contexts.preauth_integrity.reset();
  EXPECT_EQ(Negotiate(request, Options(), Material()).status, NtStatus::kInvalidParameter);
}

TEST(NegotiateTest, Refuses311WithoutACommonHash) {
  proto::NegotiateRequest request = Request();
  request.contexts.preauth_integrity->hash_algorithms = {0x0002, 0x7777};
  EXPECT_EQ(Negotiate(request, Options(), Material()).status,
            NtStatus::kSmbNoPreauthIntegrityHashOverlap);
}

TEST(NegotiateTest, SelectsTheSigningAlgorithmByTheServersOrder) {
  struct Row {
    std::vector<SigningAlgorithm> server;
    proto::AlgorithmIds client;
    SigningAlgorithm selected;
    bool answered;
  };
  const Row rows[] = {
      {{SigningAlgorithm::kAes128Cmac, SigningAlgorithm::kAes128Gmac},
       {2, 1},
       SigningAlgorithm::kAes128Cmac,
       true},
      {{SigningAlgorithm::kAes128Gmac, SigningAlgorithm::kAes128Cmac},
       {0, 1, 2},
       SigningAlgorithm::kAes128Gmac,
       true},
      {{SigningAlgorithm::kHmacSha256}, {2, 1, 0}, SigningAlgorithm::kHmacSha256, true},
      {{SigningAlgorithm::kAes128Gmac, SigningAlgorithm::kAes128Cmac},
       {9, 1},
       SigningAlgorithm::kAes128Cmac,
       true},
      // None in common.
      {{SigningAlgorithm::kAes128Gmac}, {0, 1}, SigningAlgorithm::kAes128Cmac, false},
  };
  for (const Row& row : rows) {
    ServerOptions options = Options();
    options.signing_algorithms = row.server;
    proto::NegotiateRequest request = Request();
    request.contexts.signing_algorithms = row.client;
    const NegotiateResult result = Negotiate(request, options, Material());
    ASSERT_EQ(result.status, NtStatus::kOk);
    EXPECT_EQ(result.negotiated.signing_algorithm, row.selected);
    ASSERT_EQ(result.response.contexts.signing_algorithms.has_value(), row.answered);
    if (row.answered) {
      EXPECT_EQ(*result.response.contexts.signing_algorithms,
                proto::AlgorithmIds{static_cast<uint16_t>(row.selected)});
    }
  }
}

TEST(NegotiateTest, SignsWithCmacWhenTheClientSentNoSigningContext) {
  proto::NegotiateRequest request = Request();
  request.contexts.signing_algorithms.reset();
  const NegotiateResult result = Negotiate(request, Options(), Material());
  EXPECT_EQ(result.negotiated.signing_algorithm, SigningAlgorithm::kAes128Cmac);
  EXPECT_FALSE(result.response.contexts.signing_algorithms.has_value());
}

TEST(NegotiateTest, SelectsTheCipherByTheServersOrder) {
  proto::NegotiateRequest request = Request();
  request.contexts.ciphers = proto::AlgorithmIds{1, 2};
  const NegotiateResult result = Negotiate(request, Options(), Material());
  EXPECT_EQ(result.negotiated.cipher, Cipher::kAes128Gcm);
  EXPECT_EQ(*result.response.contexts.ciphers, proto::AlgorithmIds{2});
}

TEST(NegotiateTest, AnswersCipherZeroWhenNoneIsCommon) {
  proto::NegotiateRequest request = Request();
  request.contexts.ciphers = proto::AlgorithmIds{3, 0, 77};
  const NegotiateResult result = Negotiate(request, Options(), Material());
  EXPECT_EQ(result.negotiated.cipher, Cipher::kNone);
  EXPECT_EQ(*result.response.contexts.ciphers, proto::AlgorithmIds{0});
}

TEST(NegotiateTest, LeavesEncryptionOutWhenItIsOff) {
  ServerOptions options = Options();
  options.ciphers.clear();
  EXPECT_FALSE(Negotiate(Request(), options, Material()).response.contexts.ciphers.has_value());
  const NegotiateResult old = Negotiate(RequestUpTo(Dialect::kSmb302), options, Material());
  EXPECT_EQ(old.negotiated.cipher, Cipher::kNone);
  EXPECT_EQ(old.response.capabilities & proto::kCapEncryption, 0u);
}

TEST(NegotiateTest, EncryptsBelow311OnlyIfTheClientSaysItCan) {
  proto::NegotiateRequest request = RequestUpTo(Dialect::kSmb300);
  request.capabilities &= ~proto::kCapEncryption;
  const NegotiateResult result = Negotiate(request, Options(), Material());
  EXPECT_EQ(result.negotiated.cipher, Cipher::kNone);
  EXPECT_EQ(result.response.capabilities & proto::kCapEncryption, 0u);
}

TEST(NegotiateTest, EncryptsBelow311OnlyIfTheServerHasCcm) {
  ServerOptions options = Options();
  options.ciphers = {Cipher::kAes128Gcm};
  EXPECT_EQ(Negotiate(RequestUpTo(Dialect::kSmb300), options, Material()).negotiated.cipher,
            Cipher::kNone);
}

TEST(NegotiateTest, SessionsMustSignIfAnySideSaysSo) {
  ServerOptions options = Options();
  options.signing_required = false;
  proto::NegotiateRequest request = Request();
  NegotiateResult result = Negotiate(request, options, Material());
  EXPECT_EQ(result.response.security_mode, proto::kSigningEnabled);
  EXPECT_FALSE(result.negotiated.RequiresSigning(proto::kSigningEnabled));
  EXPECT_TRUE(result.negotiated.RequiresSigning(proto::kSigningRequired));
  request.security_mode |= proto::kSigningRequired;
  EXPECT_TRUE(Negotiate(request, options, Material()).negotiated.RequiresSigning(0));
  EXPECT_TRUE(Negotiate(Request(), Options(), Material()).negotiated.RequiresSigning(0));
}

TEST(NegotiateSmb1Test, AnswersTheWildcardWithTheWildcard) {
  const NegotiateResult result =
      NegotiateSmb1({.smb_2_002 = true, .smb_2_wildcard = true}, Options(), Material());
  ASSERT_EQ(result.status, NtStatus::kOk);
  EXPECT_EQ(result.response.dialect_revision, Dialect::kWildcard);
  EXPECT_EQ(result.response.max_read_size, 65536u);
}

TEST(NegotiateSmb1Test, Answers2002WithThatDialect) {
  const NegotiateResult result = NegotiateSmb1({.smb_2_002 = true}, Options(), Material());
  ASSERT_EQ(result.status, NtStatus::kOk);
  EXPECT_EQ(result.negotiated.dialect, Dialect::kSmb202);
  EXPECT_EQ(result.negotiated.signing_algorithm, SigningAlgorithm::kHmacSha256);
}

TEST(NegotiateSmb1Test, RefusesAClientWithoutSmb2) {
  EXPECT_EQ(NegotiateSmb1({.dialect_count = 6}, Options(), Material()).status,
            NtStatus::kNotSupported);
}

TEST(NegotiateSmb1Test, Refuses2002WhereItIsTooOld) {
  ServerOptions options = Options();
  options.dialect_min = Dialect::kSmb210;
  EXPECT_EQ(NegotiateSmb1({.smb_2_002 = true}, options, Material()).status,
            NtStatus::kNotSupported);
}

class ValidateNegotiateTest : public ::testing::Test {
 protected:
  ValidateNegotiateTest() {
    const proto::NegotiateRequest request = RequestUpTo(Dialect::kSmb302);
    negotiated_ = Negotiate(request, Options(), Material()).negotiated;
    info_.capabilities = request.capabilities;
    info_.guid = request.client_guid;
    info_.security_mode = request.security_mode;
    info_.dialects = request.dialects;
  }
  bool Validate(uint32_t room = 24) {
    return ValidateNegotiate(negotiated_, info_, room, &response_);
  }

  Negotiated negotiated_;
  proto::ValidateNegotiateInfoRequest info_;
  proto::ValidateNegotiateInfoResponse response_;
};

TEST_F(ValidateNegotiateTest, AnswersWithWhatWasNegotiated) {
  ASSERT_TRUE(Validate());
  EXPECT_EQ(response_.dialect, 0x0302);
  EXPECT_EQ(response_.guid, Options().guid);
  EXPECT_EQ(response_.security_mode, proto::kSigningEnabled | proto::kSigningRequired);
  EXPECT_EQ(response_.capabilities, proto::kCapLargeMtu | proto::kCapEncryption);
}

TEST_F(ValidateNegotiateTest, EndsTheConnectionOnOtherCapabilities) {
  info_.capabilities ^= proto::kCapEncryption;
  EXPECT_FALSE(Validate());
}

TEST_F(ValidateNegotiateTest, EndsTheConnectionOnAnotherGuid) {
  info_.guid[15] ^= 1;
  EXPECT_FALSE(Validate());
}

TEST_F(ValidateNegotiateTest, EndsTheConnectionOnAnotherSecurityMode) {
  info_.security_mode ^= proto::kSigningRequired;
  EXPECT_FALSE(Validate());
}

TEST_F(ValidateNegotiateTest, EndsTheConnectionOnOtherDialects) {
  info_.dialects.push_back(0x0311);
  EXPECT_FALSE(Validate());
  info_.dialects = {0x0302};
  EXPECT_FALSE(Validate());
}

TEST_F(ValidateNegotiateTest, EndsTheConnectionWithoutRoomForTheAnswer) {
  EXPECT_FALSE(Validate(23));
}

TEST_F(ValidateNegotiateTest, EndsTheConnectionWith311) {
  negotiated_.dialect = Dialect::kSmb311;
  EXPECT_FALSE(Validate());
}

}  // namespace
}  // namespace sluice::session

#include "server/auth/ntlm_crypto.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "crypto/digest.h"
#include "gtest/gtest.h"
#include "proto/auth/ntlm_flags.h"

namespace sluice::auth {
namespace {

std::vector<uint8_t> Hex(absl::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

std::vector<uint8_t> Vector(absl::Span<const uint8_t> bytes) {
  return {bytes.begin(), bytes.end()};
}

crypto::SecretBytes<16> Secret(absl::string_view hex) {
  return crypto::SecretBytes<16>(absl::MakeConstSpan(Hex(hex)));
}

// [MS-NLMP] 4.2.1 and 4.2.4: user "User", domain "Domain", password "Password".
constexpr absl::string_view kServerChallenge = "0123456789abcdef";
// 4.2.4.1.3: temp, with a time of zero and a client challenge of 0xaa.
constexpr absl::string_view kTemp =
    "01010000000000000000000000000000aaaaaaaaaaaaaaaa0000000002000c00"
    "44006f006d00610069006e0001000c005300650072007600650072000000000000000000";
constexpr uint32_t kFlags = 0xe28a8233;

TEST(NtlmV2VectorsTest, HashOfThePassword) {
  EXPECT_EQ(Vector(NtHashOfPassword("Password")->bytes), Hex("a4f49c406510bdcab6824ee7c30fd852"));
}

crypto::SecretBytes<16> ResponseKey() {
  crypto::SecretBytes<16> key;
  EXPECT_TRUE(NtOwfV2(*NtHashOfPassword("Password"), "User", "Domain", &key));
  return key;
}

TEST(NtlmV2VectorsTest, NtOwfV2) {
  EXPECT_EQ(Vector(ResponseKey().span()), Hex("0c868a403bfd7a93a3001ef22ef02e3f"));
}

TEST(NtlmV2VectorsTest, ProofAndSessionBaseKey) {
  const std::array<uint8_t, 16> proof = NtProof(ResponseKey(), Hex(kServerChallenge), Hex(kTemp));
  EXPECT_EQ(Vector(proof), Hex("68cd0ab851e51c96aabc927bebef6a1c"));
  EXPECT_EQ(Vector(SessionBaseKey(ResponseKey(), proof).span()),
            Hex("8de40ccadbc14a82f15cb0ad0de95ca3"));
}

TEST(NtlmV2VectorsTest, EncryptedSessionKey) {
  std::vector<uint8_t> key(16, 0x55);
  crypto::Rc4(Hex("8de40ccadbc14a82f15cb0ad0de95ca3")).Process(key, absl::MakeSpan(key));
  EXPECT_EQ(key, Hex("c5dad2544fc9799094ce1ce90bc9d03e"));
}

TEST(NtlmV2VectorsTest, SignatureFollowsFromThePublishedKeys) {
  // 4.2.4.4 seals "Plaintext": its cipher text gives the key stream's first bytes, and its signing
  // key the HMAC that a signature without sealing puts under them.
  const std::vector<uint8_t> plain = Hex("50006c00610069006e00740065007800740000");
  const std::vector<uint8_t> sealed = Hex("54e50165bf1936dc996020c1811b0f06fb5f");
  const std::vector<uint8_t> message = Hex("0102030405");
  const auto digest = crypto::HmacMd5(Hex("4788dc861b4782f35d43fd98fe1a2d39"),
                                      {absl::MakeConstSpan(Hex("00000000")), message});
  std::vector<uint8_t> expected = Hex("01000000");
  for (size_t i = 0; i < 8; ++i) {
    expected.push_back(static_cast<uint8_t>(digest[i] ^ plain[i] ^ sealed[i]));
  }
  expected.resize(16);
  NtlmSigner client(kFlags, Secret("55555555555555555555555555555555"), /*server=*/false);
  EXPECT_EQ(Vector(client.Make(message)), expected);
}

TEST(NtOwfV2Test, UpperCasesTheUserAndNotTheDomain) {
  const NtHash hash = *NtHashOfPassword("x");
  crypto::SecretBytes<16> a;
  crypto::SecretBytes<16> b;
  ASSERT_TRUE(NtOwfV2(hash, "jürgen", "Dom", &a));
  ASSERT_TRUE(NtOwfV2(hash, "JÜRGEN", "Dom", &b));
  EXPECT_EQ(a.span(), b.span());
  ASSERT_TRUE(NtOwfV2(hash, "jürgen", "DOM", &b));
  EXPECT_NE(a.span(), b.span());
  EXPECT_FALSE(NtOwfV2(hash, "\xff", "Dom", &b));
}

class NtlmSignerTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  const crypto::SecretBytes<16> key_ = Secret("000102030405060708090a0b0c0d0e0f");
  NtlmSigner client_{GetParam(), key_, /*server=*/false};
  NtlmSigner server_{GetParam(), key_, /*server=*/true};
  const std::vector<uint8_t> message_ = {1, 2, 3};
};

TEST_P(NtlmSignerTest, EachSideChecksTheOtherMessageByMessage) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(server_.Check(message_, client_.Make(message_)));
    EXPECT_TRUE(client_.Check(message_, server_.Make(message_)));
  }
}

TEST_P(NtlmSignerTest, RejectsAChangedMessage) {
  EXPECT_FALSE(server_.Check({9, 2, 3}, client_.Make(message_)));
}

TEST_P(NtlmSignerTest, RejectsEveryChangedByteAndLength) {
  const std::array<uint8_t, 16> good = client_.Make(message_);
  for (size_t i = 0; i < good.size(); ++i) {
    NtlmSigner fresh(GetParam(), key_, /*server=*/true);
    std::array<uint8_t, 16> bad = good;
    bad[i] ^= 0x10;
    EXPECT_FALSE(fresh.Check(message_, bad)) << i;
  }
  NtlmSigner fresh(GetParam(), key_, /*server=*/true);
  EXPECT_FALSE(fresh.Check(message_, absl::MakeConstSpan(good).first(15)));
}

TEST_P(NtlmSignerTest, RejectsARepeatedMessageAndItsOwn) {
  const std::array<uint8_t, 16> first = client_.Make(message_);
  EXPECT_TRUE(server_.Check(message_, first));
  EXPECT_FALSE(server_.Check(message_, first));
  EXPECT_FALSE(client_.Check(message_, first));
}

INSTANTIATE_TEST_SUITE_P(Flags, NtlmSignerTest,
                         ::testing::Values(kFlags, kFlags & ~proto::ntlm_flag::kKeyExchange,
                                           kFlags & ~proto::ntlm_flag::k128,
                                           kFlags &
                                               ~(proto::ntlm_flag::k128 | proto::ntlm_flag::k56)));

}  // namespace
}  // namespace sluice::auth

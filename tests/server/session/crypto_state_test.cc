#include "server/session/crypto_state.h"

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "crypto/batch_stage.h"
#include "crypto/kdf.h"
#include "gtest/gtest.h"

namespace sluice::session {
namespace {

using crypto::Cipher;
using crypto::SigningAlgorithm;
using proto::Dialect;

std::vector<uint8_t> Hex(absl::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return {bytes.begin(), bytes.end()};
}

bool SignsWith(const SessionCryptoState& state, SigningAlgorithm algorithm,
               absl::string_view key_hex) {
  const crypto::SigningKey key(algorithm, Hex(key_hex));
  return state.signing_key().algorithm() == algorithm &&
         state.signing_key().schedule().span() == key.schedule().span();
}

bool Is(const crypto::CipherKey& key, Cipher cipher, absl::string_view key_hex) {
  const crypto::CipherKey expected(cipher, Hex(key_hex));
  return key.valid() && key.cipher() == cipher &&
         key.schedule().span() == expected.schedule().span();
}

// Microsoft's Open Specifications blog, "SMB 2 and SMB 3 security in Windows 10: the anatomy of
// signing and cryptographic keys", appendix. Its encryption key is the client's.
constexpr absl::string_view kSessionKey30 = "7CD451825D0450D235424E44BA6E78CC";
constexpr absl::string_view kSessionKey311 = "270E1BA896585EEB7AF3472D3B4C75A7";
constexpr absl::string_view kPreauth311 =
    "0DD13628CC3ED218EF9DF9772D436D0887AB9814BFAE63A80AA845F36909DB79"
    "28622DDDAD522D9751640A459762C5A9D6BB084CBB3CE6BDADEF5D5BCE3C6C01";

TEST(DeriveAllKeysTest, Smb30AsPublished) {
  for (const Dialect dialect : {Dialect::kSmb300, Dialect::kSmb302}) {
    KeyParameters parameters;
    parameters.dialect = dialect;
    parameters.cipher = Cipher::kAes128Ccm;
    const auto state = SessionCryptoState::DeriveAllKeys(Hex(kSessionKey30), parameters);
    EXPECT_EQ(state->signing_algorithm(), SigningAlgorithm::kAes128Cmac);
    EXPECT_TRUE(
        SignsWith(*state, SigningAlgorithm::kAes128Cmac, "0B7E9C5CAC36C0F6EA9AB275298CEDCE"));
    EXPECT_TRUE(Is(state->opening_key(), Cipher::kAes128Ccm, "FAD27796665B313EBB578F388632B4F7"));
    EXPECT_TRUE(Is(state->sealing_key(), Cipher::kAes128Ccm, "B0F0427F7CEB416D1D9DCC0CD4F99447"));
    EXPECT_EQ(state->application_key(),
              absl::MakeConstSpan(Hex("BB23A4575AA26C721AF525AF15A87B4F")));
  }
}

KeyParameters Parameters311(const std::vector<uint8_t>& preauth) {
  KeyParameters parameters;
  parameters.dialect = Dialect::kSmb311;
  parameters.signing_algorithm = SigningAlgorithm::kAes128Cmac;
  parameters.cipher = Cipher::kAes128Gcm;
  parameters.preauth_hash = preauth;
  return parameters;
}

TEST(DeriveAllKeysTest, Smb311AsPublished) {
  const std::vector<uint8_t> preauth = Hex(kPreauth311);
  const auto state = SessionCryptoState::DeriveAllKeys(Hex(kSessionKey311), Parameters311(preauth));
  EXPECT_TRUE(SignsWith(*state, SigningAlgorithm::kAes128Cmac, "73FE7A9A77BEF0BDE49C650D8CCB5F76"));
  EXPECT_TRUE(Is(state->opening_key(), Cipher::kAes128Gcm, "629BCBC54422A0F572B97F45989B6073"));
  EXPECT_TRUE(Is(state->sealing_key(), Cipher::kAes128Gcm, "E2AF0DCEFAC68DA71A0DFBD0D1350D74"));
  EXPECT_EQ(state->application_key(), absl::MakeConstSpan(Hex("6D7AD7954E9EC61E907B4D473DC178FF")));
}

TEST(DeriveAllKeysTest, SignsThePublishedFinalSessionSetupResponse) {
  const std::vector<uint8_t> preauth = Hex(kPreauth311);
  const auto state = SessionCryptoState::DeriveAllKeys(Hex(kSessionKey311), Parameters311(preauth));
  std::vector<uint8_t> message =
      Hex("FE534D4240000100000000000100800009000000000000000300000000000000FFFE000000000000"
          "1900000000100000EBE146DA120BA25FC3376A49DFE31BC10900000048001D00A11B3019A0030A01"
          "00A3120410010000003B453CDC3524164200000000");
  crypto::SignJob job;
  job.key = &state->signing_key();
  job.verify = true;
  std::copy_n(message.begin() + 48, 16, job.signature.begin());
  std::fill_n(message.begin() + 48, 16, uint8_t{0});
  job.segments[0] = absl::MakeSpan(message);
  job.segment_count = 1;
  job.done = [](crypto::SignJob*) {};
  const auto stage = crypto::BatchStage::Create();
  ASSERT_NE(stage, nullptr);
  stage->Add(&job);
  stage->Flush();
  EXPECT_TRUE(job.ok);
}

TEST(DeriveAllKeysTest, TheClientsKeysAreTheServersTheOtherWayRound) {
  const std::vector<uint8_t> preauth = Hex(kPreauth311);
  KeyParameters parameters = Parameters311(preauth);
  parameters.role = Role::kClient;
  const auto client = SessionCryptoState::DeriveAllKeys(Hex(kSessionKey311), parameters);
  EXPECT_TRUE(Is(client->sealing_key(), Cipher::kAes128Gcm, "629BCBC54422A0F572B97F45989B6073"));
  EXPECT_TRUE(Is(client->opening_key(), Cipher::kAes128Gcm, "E2AF0DCEFAC68DA71A0DFBD0D1350D74"));
}

TEST(DeriveAllKeysTest, Below30TheSessionKeySignsAndThereIsNoOther) {
  for (const Dialect dialect : {Dialect::kSmb202, Dialect::kSmb210}) {
    KeyParameters parameters;
    parameters.dialect = dialect;
    // Neither is heeded.
    parameters.signing_algorithm = SigningAlgorithm::kAes128Gmac;
    parameters.cipher = Cipher::kAes128Gcm;
    const auto state = SessionCryptoState::DeriveAllKeys(Hex(kSessionKey30), parameters);
    EXPECT_TRUE(SignsWith(*state, SigningAlgorithm::kHmacSha256, kSessionKey30));
    EXPECT_FALSE(state->can_seal());
    EXPECT_FALSE(state->sealing_key().valid());
    EXPECT_FALSE(state->opening_key().valid());
  }
}

TEST(DeriveAllKeysTest, ALongSessionKeyIsCutAndAShortOnePaddedForSigning) {
  KeyParameters parameters;
  parameters.dialect = Dialect::kSmb210;
  const auto cut =
      SessionCryptoState::DeriveAllKeys(Hex(std::string(kSessionKey30) + "AABBCCDD"), parameters);
  EXPECT_TRUE(SignsWith(*cut, SigningAlgorithm::kHmacSha256, kSessionKey30));
  const auto padded = SessionCryptoState::DeriveAllKeys(Hex("0102030405060708"), parameters);
  EXPECT_TRUE(
      SignsWith(*padded, SigningAlgorithm::kHmacSha256, "01020304050607080000000000000000"));
}

TEST(DeriveAllKeysTest, CiphersOf256BitsHaveKeysOf32BytesOfTheWholeSessionKey) {
  const std::vector<uint8_t> preauth = Hex(kPreauth311);
  std::vector<uint8_t> session_key = Hex(std::string(kSessionKey311) + "00112233445566778899");
  for (const Cipher cipher : {Cipher::kAes256Gcm, Cipher::kAes256Ccm}) {
    KeyParameters parameters = Parameters311(preauth);
    parameters.cipher = cipher;
    const auto state = SessionCryptoState::DeriveAllKeys(session_key, parameters);
    std::array<uint8_t, 32> expected{};
    constexpr absl::string_view kLabel("SMBS2CCipherKey\0", 16);
    crypto::DeriveKey(session_key, {reinterpret_cast<const uint8_t*>(kLabel.data()), kLabel.size()},
                      preauth, absl::MakeSpan(expected));
    EXPECT_EQ(state->sealing_key().schedule().span(),
              crypto::CipherKey(cipher, expected).schedule().span());
    // Signing uses the first 16 bytes whatever the cipher.
    EXPECT_TRUE(
        SignsWith(*state, SigningAlgorithm::kAes128Cmac, "73FE7A9A77BEF0BDE49C650D8CCB5F76"));
  }
}

TEST(DeriveAllKeysTest, Smb311SignsWithTheNegotiatedAlgorithm) {
  const std::vector<uint8_t> preauth = Hex(kPreauth311);
  for (const SigningAlgorithm algorithm :
       {SigningAlgorithm::kAes128Gmac, SigningAlgorithm::kHmacSha256}) {
    KeyParameters parameters = Parameters311(preauth);
    parameters.signing_algorithm = algorithm;
    const auto state = SessionCryptoState::DeriveAllKeys(Hex(kSessionKey311), parameters);
    EXPECT_TRUE(SignsWith(*state, algorithm, "73FE7A9A77BEF0BDE49C650D8CCB5F76"));
  }
}

TEST(DeriveAllKeysTest, OneBitOfThePreauthHashChangesEveryKey) {
  std::vector<uint8_t> preauth = Hex(kPreauth311);
  const auto a = SessionCryptoState::DeriveAllKeys(Hex(kSessionKey311), Parameters311(preauth));
  preauth[63] ^= 1;
  const auto b = SessionCryptoState::DeriveAllKeys(Hex(kSessionKey311), Parameters311(preauth));
  EXPECT_NE(a->signing_key().schedule().span(), b->signing_key().schedule().span());
  EXPECT_NE(a->sealing_key().schedule().span(), b->sealing_key().schedule().span());
  EXPECT_NE(a->opening_key().schedule().span(), b->opening_key().schedule().span());
  EXPECT_NE(a->application_key(), b->application_key());
}

std::unique_ptr<SessionCryptoState> SealingState(Cipher cipher) {
  KeyParameters parameters;
  parameters.dialect = Dialect::kSmb311;
  parameters.cipher = cipher;
  static const std::vector<uint8_t> preauth(64);
  parameters.preauth_hash = preauth;
  return SessionCryptoState::DeriveAllKeys(Hex(kSessionKey311), parameters);
}

TEST(ShouldSignTest, SignsWhatWasSignedOrMustBeAndNeverInterimOrSealed) {
  const auto state = SealingState(Cipher::kAes128Gcm);
  for (const bool required : {false, true}) {
    state->set_signing_required(required);
    for (const bool request_signed : {false, true}) {
      EXPECT_EQ(state->ShouldSign(request_signed, false, false), required || request_signed);
      EXPECT_FALSE(state->ShouldSign(request_signed, /*sealed=*/true, false));
      EXPECT_FALSE(state->ShouldSign(request_signed, false, /*interim=*/true));
    }
  }
}

TEST(ShouldVerifyTest, VerifiesWhatIsSignedAndRefusesWhatShouldBe) {
  const auto state = SealingState(Cipher::kAes128Gcm);
  EXPECT_EQ(state->ShouldVerify(false, false), Verification::kNotNeeded);
  EXPECT_EQ(state->ShouldVerify(true, false), Verification::kVerify);
  EXPECT_EQ(state->ShouldVerify(true, true), Verification::kNotNeeded);
  state->set_signing_required(true);
  EXPECT_EQ(state->ShouldVerify(false, false), Verification::kRefuse);
  EXPECT_EQ(state->ShouldVerify(true, false), Verification::kVerify);
  EXPECT_EQ(state->ShouldVerify(false, true), Verification::kNotNeeded);
}

TEST(GmacNonceTest, HoldsMessageIdRoleAndCancel) {
  using Nonce = std::array<uint8_t, 12>;
  EXPECT_EQ(SessionCryptoState::GmacNonce(0x0102030405060708, false, false),
            (Nonce{8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0}));
  EXPECT_EQ(SessionCryptoState::GmacNonce(1, true, false),
            (Nonce{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}));
  EXPECT_EQ(SessionCryptoState::GmacNonce(1, false, true),
            (Nonce{1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(SessionCryptoState::GmacNonce(~0ull, true, true),
            (Nonce{255, 255, 255, 255, 255, 255, 255, 255, 3, 0, 0, 0}));
}

TEST(SealingNonceTest, NeverRepeatsAndLeavesCcmsTwelfthByteZero) {
  const auto state = SealingState(Cipher::kAes128Ccm);
  std::set<std::array<uint8_t, 12>> seen;
  for (int i = 0; i < 1000; ++i) {
    std::array<uint8_t, 12> nonce{};
    ASSERT_TRUE(state->NextSealingNonce(100, &nonce));
    EXPECT_EQ(nonce[11], 0);
    EXPECT_TRUE(seen.insert(nonce).second);
  }
}

TEST(SealingNonceTest, NeverRepeatsAcrossThreads) {
  const auto state = SealingState(Cipher::kAes128Gcm);
  std::array<std::vector<std::array<uint8_t, 12>>, 4> taken;
  std::vector<std::thread> threads;
  for (auto& mine : taken) {
    threads.emplace_back([&state, &mine] {
      for (int i = 0; i < 2000; ++i) {
        std::array<uint8_t, 12> nonce{};
        if (state->NextSealingNonce(4096, &nonce)) mine.push_back(nonce);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::array<uint8_t, 12>> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 8000u);
}

TEST(SealingNonceTest, CountsBlocksAndCcmTwice) {
  std::array<uint8_t, 12> nonce{};
  const auto gcm = SealingState(Cipher::kAes256Gcm);
  ASSERT_TRUE(gcm->NextSealingNonce(4096 + 1, &nonce));
  EXPECT_EQ(gcm->sealed_blocks(), 257u + 4);
  const auto ccm = SealingState(Cipher::kAes256Ccm);
  ASSERT_TRUE(ccm->NextSealingNonce(4096, &nonce));
  EXPECT_EQ(ccm->sealed_blocks(), 512u + 4);
}

TEST(SealingNonceTest, EndsBeforeTheSafeLimitAndStaysEnded) {
  const auto state = SealingState(Cipher::kAes128Gcm);
  std::array<uint8_t, 12> nonce{};
  // A single imagined message of almost everything that is left.
  ASSERT_TRUE(state->NextSealingNonce((kSealedBlocksMax - 8) * 16, &nonce));
  ASSERT_EQ(state->sealed_blocks(), kSealedBlocksMax - 4);
  EXPECT_FALSE(state->NextSealingNonce(16, &nonce));
  EXPECT_FALSE(state->NextSealingNonce(0, &nonce));
  EXPECT_LE(state->sealed_blocks(), kSealedBlocksMax);
}

}  // namespace
}  // namespace sluice::session

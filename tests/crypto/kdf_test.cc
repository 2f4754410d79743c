#include "crypto/kdf.h"

#include <gtest/gtest.h>

#include "tests/crypto/hex.h"

namespace sluice::crypto {
namespace {

Bytes Derive(const Bytes& key, absl::string_view label, const Bytes& context, size_t size = 16) {
  Bytes terminated = Text(label);
  terminated.push_back(0);
  Bytes out(size);
  DeriveKey(key, terminated, context, absl::MakeSpan(out));
  return out;
}

Bytes Terminated(absl::string_view text) {
  Bytes bytes = Text(text);
  bytes.push_back(0);
  return bytes;
}

// NIST's validation vectors for [SP800-108] counter mode: HMAC-SHA256, the counter before the fixed
// input, 32 bits of counter; counts 0 (L = 128) and 10 (L = 256).
TEST(KdfTest, NistCounterMode) {
  Bytes out(16);
  DeriveKeyFromFixedInput(
      Hex("dd1d91b7d90b2bd3138533ce92b272fbf8a369316aefe242e659cc0ae238afe0"),
      {Hex(
          "01322b96b30acd197979444e468e1c5c6859bf1b1cf951b7e725303e237e46b864a145fab25e517b08f8683d"
          "0315bb2911d80a0e8aba17f3b413faac")},
      absl::MakeSpan(out));
  EXPECT_EQ(out, Hex("10621342bfb0fd40046c0e29f2cfdbf0"));
  out.resize(32);
  DeriveKeyFromFixedInput(
      Hex("e204d6d466aad507ffaf6d6dab0a5b26152c9e21e764370464e360c8fbc765c6"),
      {Hex(
          "7b03b98d9f94b899e591f3ef264b71b193fba7043c7e953cde23bc5384bc1a6293580115fae3495fd845dadb"
          "d02bd6455cf48d0f62b33e62364a3a80")},
      absl::MakeSpan(out));
  EXPECT_EQ(out, Hex("770dfab6a6a4a4bee0257ff335213f78d8287b4fd537d5c1fffa956910e7c779"));
  // Count 30, L = 320: the counter goes to 2.
  out.resize(40);
  DeriveKeyFromFixedInput(
      Hex("c4bedbddb66493e7c7259a3bbbc25f8c7e0ca7fe284d92d431d9cd99a0d214ac"),
      {Hex(
          "1c69c54766791e315c2cc5c47ecd3ffab87d0d273dd920e70955814c220eacace6a5946542da3dfe24ff626b"
          "4897898cafb7db83bdff3c14fa46fd4b")},
      absl::MakeSpan(out));
  EXPECT_EQ(
      out, Hex("1da47638d6c9c4d04d74d4640bbd42ab814d9e8cc22f4326695239f96b0693f12d0dd1152cf44430"));
}

// Microsoft's published example of SMB 3.0 keys, both channels.
TEST(KdfTest, MicrosoftSmb30Keys) {
  const Bytes session_key = Hex("7CD451825D0450D235424E44BA6E78CC");
  EXPECT_EQ(Derive(session_key, "SMB2AESCMAC", Terminated("SmbSign")),
            Hex("0B7E9C5CAC36C0F6EA9AB275298CEDCE"));
  EXPECT_EQ(Derive(session_key, "SMB2AESCCM", Terminated("ServerIn ")),
            Hex("FAD27796665B313EBB578F388632B4F7"));
  EXPECT_EQ(Derive(session_key, "SMB2AESCCM", Terminated("ServerOut")),
            Hex("B0F0427F7CEB416D1D9DCC0CD4F99447"));
  EXPECT_EQ(Derive(session_key, "SMB2APP", Terminated("SmbRpc")),
            Hex("BB23A4575AA26C721AF525AF15A87B4F"));
  EXPECT_EQ(Derive(Hex("4E01A2B313BCF660CC250BEF021AEDE6"), "SMB2AESCMAC", Terminated("SmbSign")),
            Hex("BA1A17DBBFEC349BCA105563D598952F"));
}

// Microsoft's published example of SMB 3.1.1 keys.
TEST(KdfTest, MicrosoftSmb311Keys) {
  const Bytes session_key = Hex("270E1BA896585EEB7AF3472D3B4C75A7");
  const Bytes hash =
      Hex("0DD13628CC3ED218EF9DF9772D436D0887AB9814BFAE63A80AA845F36909DB79"
          "28622DDDAD522D9751640A459762C5A9D6BB084CBB3CE6BDADEF5D5BCE3C6C01");
  EXPECT_EQ(Derive(session_key, "SMBSigningKey", hash), Hex("73FE7A9A77BEF0BDE49C650D8CCB5F76"));
  EXPECT_EQ(Derive(session_key, "SMBC2SCipherKey", hash), Hex("629BCBC54422A0F572B97F45989B6073"));
  EXPECT_EQ(Derive(session_key, "SMBS2CCipherKey", hash), Hex("E2AF0DCEFAC68DA71A0DFBD0D1350D74"));
  EXPECT_EQ(Derive(session_key, "SMBAppKey", hash), Hex("6D7AD7954E9EC61E907B4D473DC178FF"));
}

TEST(KdfTest, TheLengthIsPartOfTheInput) {
  const Bytes session_key = Hex("270E1BA896585EEB7AF3472D3B4C75A7");
  Bytes longer = Derive(session_key, "SMBSigningKey", {}, 32);
  longer.resize(16);
  EXPECT_NE(longer, Derive(session_key, "SMBSigningKey", {}, 16));
}

}  // namespace
}  // namespace sluice::crypto

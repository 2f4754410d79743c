// The stage against vectors that others published.
#include "tests/crypto/stage_testing.h"

namespace sluice::crypto {
namespace {

class KnownAnswersTest : public StageTest {
 protected:
  // Signs and checks; checks that a wrong signature is refused.
  void ExpectSignature(SigningAlgorithm algorithm, const Bytes& key, const Bytes& nonce,
                       const Bytes& message, const Bytes& signature) {
    const SigningKey signing_key = MakeKey(algorithm, key);
    Bytes text = message;
    SignJob job;
    job.key = &signing_key;
    SetNonce(&job.nonce, nonce);
    SetSegments(&job, absl::MakeSpan(text));
    stage_->Add(&job);
    stage_->Flush();
    EXPECT_TRUE(job.ok);
    EXPECT_EQ(Copy(job.signature), signature);
    job.verify = true;
    stage_->Add(&job);
    stage_->Flush();
    EXPECT_TRUE(job.ok);
    EXPECT_EQ(text, message);
  }

  // Seals and opens.
  void ExpectSealed(Cipher cipher, const Bytes& key, const Bytes& nonce, const Bytes& data,
                    const Bytes& plain, const Bytes& sealed, const Bytes& tag) {
    const CipherKey cipher_key = MakeKey(cipher, key);
    Bytes text = plain;
    SealJob job;
    job.key = &cipher_key;
    SetNonce(&job.nonce, nonce);
    SetSegments(&job, absl::MakeSpan(text));
    job.associated_data = data;
    stage_->Add(&job);
    stage_->Flush();
    EXPECT_TRUE(job.ok);
    EXPECT_EQ(text, sealed);
    EXPECT_EQ(Copy(job.tag), tag);
    job.open = true;
    stage_->Add(&job);
    stage_->Flush();
    EXPECT_TRUE(job.ok);
    EXPECT_EQ(text, plain);
  }
};

SLUICE_STAGE_TEST_SUITE(KnownAnswersTest);

// [RFC 4493] 4.
TEST_P(KnownAnswersTest, Cmac) {
  const Bytes key = Hex("2b7e151628aed2a6abf7158809cf4f3c");
  const Bytes message =
      Hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
  const auto first = [&message](size_t size) {
    return Bytes(message.begin(), message.begin() + size);
  };
  const SigningAlgorithm cmac = SigningAlgorithm::kAes128Cmac;
  ExpectSignature(cmac, key, {}, {}, Hex("bb1d6929e95937287fa37d129b756746"));
  ExpectSignature(cmac, key, {}, first(16), Hex("070a16b46b4d4144f79bdd9dd04a287c"));
  ExpectSignature(cmac, key, {}, first(40), Hex("dfa66747de9ae63030ca32611497c827"));
  ExpectSignature(cmac, key, {}, message, Hex("51f0bebf7e3b9d92fc49741779363cfe"));
}

// [RFC 4231] 4.2 to 4.8, the first 16 bytes.
TEST_P(KnownAnswersTest, HmacSha256) {
  const SigningAlgorithm hmac = SigningAlgorithm::kHmacSha256;
  ExpectSignature(hmac, Bytes(20, 0x0b), {}, Text("Hi There"),
                  Hex("b0344c61d8db38535ca8afceaf0bf12b"));
  ExpectSignature(hmac, Text("Jefe"), {}, Text("what do ya want for nothing?"),
                  Hex("5bdcc146bf60754e6a042426089575c7"));
  ExpectSignature(hmac, Bytes(20, 0xaa), {}, Bytes(50, 0xdd),
                  Hex("773ea91e36800e46854db8ebd09181a7"));
  ExpectSignature(hmac, Hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), {},
                  Bytes(50, 0xcd), Hex("82558a389a443c0ea4cc819899f2083a"));
  ExpectSignature(hmac, Bytes(20, 0x0c), {}, Text("Test With Truncation"),
                  Hex("a3b6167473100ee06e0c796c2955552b"));
  ExpectSignature(hmac, Bytes(131, 0xaa), {},
                  Text("Test Using Larger Than Block-Size Key - Hash Key First"),
                  Hex("60e431591ee0b67f0d8a26aacbf5b77f"));
  ExpectSignature(hmac, Bytes(131, 0xaa), {},
                  Text("This is a test using a larger than block-size key and a larger than "
                       "block-size data. The key needs to be hashed before being used by the HMAC "
                       "algorithm."),
                  Hex("9b09ffa71b942fcb27635fbcd5b0e944"));
}

// NIST's gcmEncryptExtIV128, no plain text, 128 bits of associated data; and the empty message.
TEST_P(KnownAnswersTest, Gmac) {
  const SigningAlgorithm gmac = SigningAlgorithm::kAes128Gmac;
  ExpectSignature(gmac, Hex("77be63708971c4e240d1cb79e8d77feb"), Hex("e0e00f19fed7ba0136a797f3"),
                  Hex("7a43ec1d9c0a5a78a0b16533a6213cab"), Hex("209fcc8d3675ed938e9c7166709dd946"));
  ExpectSignature(gmac, Bytes(16), Bytes(12), {}, Hex("58e2fccefa7e3061367f1d57a4e7455a"));
}

// The test cases of the GCM submission to NIST: 1, 2, 4 (128 bits) and 13, 14, 16 (256 bits).
TEST_P(KnownAnswersTest, Gcm) {
  const Bytes key = Hex("feffe9928665731c6d6a8f9467308308");
  Bytes wide_key = key;
  wide_key.insert(wide_key.end(), key.begin(), key.end());
  const Bytes nonce = Hex("cafebabefacedbaddecaf888");
  const Bytes data = Hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes plain =
      Hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
          "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  const Cipher gcm = Cipher::kAes128Gcm;
  const Cipher wide = Cipher::kAes256Gcm;
  ExpectSealed(gcm, Bytes(16), Bytes(12), {}, {}, {}, Hex("58e2fccefa7e3061367f1d57a4e7455a"));
  ExpectSealed(gcm, Bytes(16), Bytes(12), {}, Bytes(16), Hex("0388dace60b6a392f328c2b971b2fe78"),
               Hex("ab6e47d42cec13bdf53a67b21257bddf"));
  ExpectSealed(gcm, key, nonce, data, plain,
               Hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                   "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"),
               Hex("5bc94fbc3221a5db94fae95ae7121a47"));
  ExpectSealed(wide, Bytes(32), Bytes(12), {}, {}, {}, Hex("530f8afbc74536b9a963b4f1c4cb738b"));
  ExpectSealed(wide, Bytes(32), Bytes(12), {}, Bytes(16), Hex("cea7403d4d606b6e074ec5d3baf39d18"),
               Hex("d0d1c8a799996bf0265b98b5d48ab919"));
  ExpectSealed(wide, wide_key, nonce, data, plain,
               Hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                   "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"),
               Hex("76fc6ece0f4e1768cddf8853bb2d551b"));
}

// Project Wycheproof's AES-CCM vectors with SMB's sizes of nonce and tag (11 and 16 bytes): 220 to
// 225 and 292 to 297. NIST's own examples have other sizes; the reference is proven with those.
TEST_P(KnownAnswersTest, Ccm) {
  const Cipher ccm = Cipher::kAes128Ccm;
  const Cipher wide = Cipher::kAes256Ccm;
  ExpectSealed(ccm, Hex("9d2fa75929612e1213460f998946dcec"), Hex("0e948a03dbfa10817e8826"), {}, {},
               {}, Hex("2f1fa3585b9a11ff47bd486f95572246"));
  ExpectSealed(ccm, Hex("7a970406a747c2327ecbc8b107a190cd"), Hex("99b079de952d60da0d034b"),
               Hex("2f080b2deb6644ef"), {}, {}, Hex("9dca9ba441013ce9fc0ac3dbf414626d"));
  ExpectSealed(ccm, Hex("acab31483d9de4ad77f4e63fe41b57ae"), Hex("5c0939e71bae1a9de167d4"), {},
               Hex("e4d72b2f7cb69bc54a49f4d5cea4f23a"), Hex("0c506843ba7bd2dc4578e6bb83fd0c8d"),
               Hex("c275373037635bae294f99c8e46964b3"));
  ExpectSealed(ccm, Hex("82841ef7fbae35546525fbbebf4718fb"), Hex("b5cd818f73a36ed025b6cf"),
               Hex("44f48c2a20456358"), Hex("8c2c823bb39941b1c6b75bbc82f05ba4"),
               Hex("b287c637a7554362c80d6b24d50ddfb3"), Hex("3967277da0f856f8f0ad49282894d2bb"));
  ExpectSealed(ccm, Hex("f9c6d9627fd2e731e2f115b3d0a53bfd"), Hex("084558ebfb6582f3d1879a"), {},
               Hex("7463af94626279ce0112f670c3115099fd"), Hex("d46b6e962b6b7a2352fc437914d9c0d9c0"),
               Hex("ebe336176e27041ae78791aca34548c8"));
  ExpectSealed(ccm, Hex("1d286e525ec2864d9ea6e7adfbdc4970"), Hex("1ad44879f1947abd503dce"),
               Hex("1db0eaaaa1e2c848"), Hex("7b40e6c987692d0202cb6f44b423c267dd"),
               Hex("84f91f9d35b998598e50feb34dcaa0d260"), Hex("ae4e38cc4b730944bc459df85a536f4e"));
  ExpectSealed(wide, Hex("46948c6d69845499104d5dc2fae44880cfe7d0bcbcee57efc0133c266b6d2621"),
               Hex("05f715fd0a5603dd84af76"), {}, {}, {}, Hex("11e678c0b260c5a3ea70f6a46e4ef436"));
  ExpectSealed(wide, Hex("e689eb77a578399fa17a75083d25018ffbb68f24d77a029757541d6539bffbdf"),
               Hex("4a419618b2832de7a4f99b"), Hex("ecf46eaca841769f"), {}, {},
               Hex("4a2615d2d5f8e97b92743b0ef2f486ab"));
  ExpectSealed(wide, Hex("aacb1336d6ee4d96a9a12e5b8f25f04800d4aaba55f379218d64edb3460fe215"),
               Hex("994c191e7a29c0efc1eb4d"), {}, Hex("7bead5abccc876efb0109e412f06c751"),
               Hex("5aa31aa5eb103655b78c4f7bcf08c917"), Hex("64e41d31eb0df80adcee328f081c4aeb"));
  ExpectSealed(wide, Hex("60d6841e9e6218a2c8605a7794e74fb215dcf3a70a0015d497ed16564f2a83a0"),
               Hex("4c93f591af92f16596554e"), Hex("7cb0eb9aa21fe859"),
               Hex("c0d1e635586b0ef835c01479a32175a3"), Hex("0c266113544d7a901ce721e1ead6d8f9"),
               Hex("8a149eaa05c8722b2663c345a6a5418c"));
  ExpectSealed(wide, Hex("9dcde57cec27de6b584db4bd810935bd3b3c4ea8f22a16a7b2a62ef51679a13b"),
               Hex("5c3439bdca457b02b04925"), {}, Hex("402cb1fd3b0796200d888f7b399235f5b5"),
               Hex("43f7d99c1a0e504aadd8f8b2981b4aea52"), Hex("958e19b5c14eebd2d25509336aa6d4c2"));
  ExpectSealed(wide, Hex("b3a06e00100ffc42dbdd5317f43d2b48f8c11e4bd6e9e3edab58e9944c559278"),
               Hex("f3d24b362bf12b84b8a66a"), Hex("0242b5e804a79188"),
               Hex("03b03b45f6f320b99d8158ff8b00f0ad92"), Hex("d127fd42b2ca4beca9f9ac86b63a1622ef"),
               Hex("8a499aab9e8f4096da603c6ccfb9ac4a"));
}

// Microsoft's published SMB 3.1.1 example: the signed final SESSION_SETUP response.
TEST_P(KnownAnswersTest, MicrosoftSmb311Signature) {
  Bytes message =
      Hex("FE534D4240000100000000000100800009000000000000000300000000000000FFFE000000000000"
          "1900000000100000EBE146DA120BA25FC3376A49DFE31BC10900000048001D00A11B3019A0030A01"
          "00A3120410010000003B453CDC3524164200000000");
  const Bytes signature(message.begin() + 48, message.begin() + 64);
  std::fill_n(message.begin() + 48, 16, 0);
  ExpectSignature(SigningAlgorithm::kAes128Cmac, Hex("73FE7A9A77BEF0BDE49C650D8CCB5F76"), {},
                  message, signature);
}

// A whole frame from TRANSFORM_HEADER [MS-SMB2] 2.2.41 on.
struct Transformed {
  explicit Transformed(const Bytes& frame)
      : tag(frame.begin() + 4, frame.begin() + 20),
        associated_data(frame.begin() + 20, frame.begin() + 52),
        text(frame.begin() + 52, frame.end()) {}
  Bytes tag;
  Bytes associated_data;  // begins with the nonce
  Bytes text;
};

// Microsoft's published SMB 3.0 encryption example, request and response.
TEST_P(KnownAnswersTest, MicrosoftSmb30Encryption) {
  const Transformed request(
      Hex("FD534D4281A286535415445DAE393921E44FA42E66E69A111892584FB5ED524A"
          "744DA3EE87000000000001001100001400E4080025C8FEE16605A437832D1CD5"
          "2DA9F4645333482A175FE5384563F45FCDAFAEF38BC62BA4D5C62897996625A4"
          "4C29BE5658DE2E6117585779E7B59FFD971278D08580D7FA899E410E910EABF5"
          "AA1DB43050B33B49182637759AC15D84BFCDF5B6B238993C0F4CF4D6012023F6"
          "C627297075D84B7803912D0A9639634453595EF3E33FFE4E7AC2AB"));
  ExpectSealed(Cipher::kAes128Ccm, Hex("261B72350558F2E9DCF613070383EDBF"),
               Bytes(request.associated_data.begin(), request.associated_data.begin() + 11),
               request.associated_data,
               Hex("FE534D4240000100000000000900400008000000000000000400000000000000"
                   "FFFE0000010000001100001400E4080000000000000000000000000000000000"
                   "3100700017000000000000000000000015010000390000020100000039020000"
                   "00000000000000007000000000000000536D623320656E6372797074696F6E20"
                   "74657374696E67"),
               request.text, request.tag);
  const Transformed response(
      Hex("FD534D42A6015530A18F6D9AFFE22AFAE8E66484860000000000000011000014"
          "00E4080050000000000001001100001400E40800DBF46435C5F14169293CE079"
          "E344479BF670227E49873F458672C3098DAC467DD5809F369D67409166515787"
          "1483E01F7BECD02064EAC3E235F913668BBC2F097980D4B378F1993EFF6E60D1"
          "77309E5B"));
  ExpectSealed(Cipher::kAes128Ccm, Hex("8FE2B57EC34D2DB5B1A9727F526BBDB5"),
               Bytes(response.associated_data.begin(), response.associated_data.begin() + 11),
               response.associated_data,
               Hex("FE534D4240000100000000000900210009000000000000000400000000000000"
                   "FFFE0000010000001100001400E4080000000000000000000000000000000000"
                   "11000000170000000000000000000000"),
               response.text, response.tag);
}

// Microsoft's published SMB 3.1.1 encryption example, request and response.
TEST_P(KnownAnswersTest, MicrosoftSmb311Encryption) {
  const Transformed request(
      Hex("FD534D42BD73D97D2BC9001BCAFAC0FDFF5FEEBCC7D6822D269CAF48904C664C0000000087000000"
          "0000010025000000001000006ECDD2A7AFC7B47763057A041B8FD4DAFFE990B70C9E09D36C084E02"
          "D14EF247F8BDE38ACF6256F8B1D3B56F77FBDEB312FEA5E92CBCC1ED8FB2EBBFAA75E49A4A394BB4"
          "4576545567C24D4C014D47C9FBDFDAFD2C4F9B72F8D256452620A299F48E29E53D6B61D1C13A19E9"
          "1AF013F00D17E3ABC2FC3D36C8C1B6B93973253852DBD442E46EE8"));
  ExpectSealed(
      Cipher::kAes128Gcm, Hex("A2F5E80E5D59103034F32E52F698E5EC"),
      Bytes(request.associated_data.begin(), request.associated_data.begin() + 12),
      request.associated_data,
      Hex("FE534D4240000100000000000900010008000000000000000500000000000000FFFE000001000000"
          "25000000001000000000000000000000000000000000000031007000170000000000000000000000"
          "0600000004000000010000000400000000000000000000007000000000000000536D623320656E63"
          "72797074696F6E2074657374696E67"),
      request.text, request.tag);
  const Transformed response(
      Hex("FD534D42ACBE1CB7ED343ADF1725EF144D90D4B0E06831DD2E8EB7B4000000000000000050000000"
          "00000100250000000010000026BBBF949983A6C1C796559D0F2C510CB651D1F7B6AC8DED32A2A0B8"
          "F2D793A815C6F6B848D69767A215841A42D400AE6DDB5F0B44173A014973321FDD7950DA6179159B"
          "82E03C9E18A050FF0EA1C967"));
  ExpectSealed(
      Cipher::kAes128Gcm, Hex("748C50868C90F302962A5C35F5F9A8BF"),
      Bytes(response.associated_data.begin(), response.associated_data.begin() + 12),
      response.associated_data,
      Hex("FE534D4240000100000000000900010001000000000000000500000000000000FFFE000001000000"
          "25000000001000000000000000000000000000000000000011000000170000000000000000000000"),
      response.text, response.tag);
}

}  // namespace
}  // namespace sluice::crypto

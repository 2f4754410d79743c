#include "crypto/reference/reference.h"

#include <gtest/gtest.h>

#include "tests/crypto/hex.h"

namespace sluice::crypto::reference {
namespace {

TEST(ReferenceTest, Sha256) {
  EXPECT_EQ(Sha256({}), Hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  EXPECT_EQ(Sha256(Text("abc")),
            Hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  EXPECT_EQ(Sha256(Text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            Hex("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
}

// [RFC 4231] 4.3 and 4.7.
TEST(ReferenceTest, HmacSha256) {
  EXPECT_EQ(HmacSha256(Text("Jefe"), Text("what do ya want for nothing?")),
            Hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  EXPECT_EQ(
      HmacSha256(Bytes(131, 0xaa), Text("Test Using Larger Than Block-Size Key - Hash Key First")),
      Hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

// [RFC 4493] 4.
TEST(ReferenceTest, Cmac) {
  const Bytes key = Hex("2b7e151628aed2a6abf7158809cf4f3c");
  const Bytes message =
      Hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
  EXPECT_EQ(Cmac(key, {}), Hex("bb1d6929e95937287fa37d129b756746"));
  EXPECT_EQ(Cmac(key, View(message).subspan(0, 16)), Hex("070a16b46b4d4144f79bdd9dd04a287c"));
  EXPECT_EQ(Cmac(key, View(message).subspan(0, 40)), Hex("dfa66747de9ae63030ca32611497c827"));
  EXPECT_EQ(Cmac(key, message), Hex("51f0bebf7e3b9d92fc49741779363cfe"));
}

// [SP800-38C] C.1 to C.3.
TEST(ReferenceTest, Ccm) {
  const Bytes key = Hex("404142434445464748494a4b4c4d4e4f");
  Sealed sealed = CcmSeal(key, Hex("10111213141516"), Hex("0001020304050607"), Hex("20212223"), 4);
  EXPECT_EQ(sealed.text, Hex("7162015b"));
  EXPECT_EQ(sealed.tag, Hex("4dac255d"));
  sealed = CcmSeal(key, Hex("1011121314151617"), Hex("000102030405060708090a0b0c0d0e0f"),
                   Hex("202122232425262728292a2b2c2d2e2f"), 6);
  EXPECT_EQ(sealed.text, Hex("d2a1f0e051ea5f62081a7792073d593d"));
  EXPECT_EQ(sealed.tag, Hex("1fc64fbfaccd"));
  const Bytes plain = Hex("202122232425262728292a2b2c2d2e2f3031323334353637");
  const Bytes nonce = Hex("101112131415161718191a1b");
  const Bytes associated_data = Hex("000102030405060708090a0b0c0d0e0f10111213");
  sealed = CcmSeal(key, nonce, associated_data, plain, 8);
  EXPECT_EQ(sealed.text, Hex("e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5"));
  EXPECT_EQ(sealed.tag, Hex("484392fbc1b09951"));
  Bytes tag;
  EXPECT_EQ(CcmOpen(key, nonce, associated_data, sealed.text, 8, &tag), plain);
  EXPECT_EQ(tag, sealed.tag);
}

// The test cases of the GCM submission to NIST: 1, 2, 4 (128 bits) and 13, 14, 16 (256 bits).
TEST(ReferenceTest, Gcm) {
  const Bytes zero_nonce(12);
  EXPECT_EQ(GcmSeal(Bytes(16), zero_nonce, {}, {}).tag, Hex("58e2fccefa7e3061367f1d57a4e7455a"));
  Sealed sealed = GcmSeal(Bytes(16), zero_nonce, {}, Bytes(16));
  EXPECT_EQ(sealed.text, Hex("0388dace60b6a392f328c2b971b2fe78"));
  EXPECT_EQ(sealed.tag, Hex("ab6e47d42cec13bdf53a67b21257bddf"));
  EXPECT_EQ(GcmSeal(Bytes(32), zero_nonce, {}, {}).tag, Hex("530f8afbc74536b9a963b4f1c4cb738b"));
  sealed = GcmSeal(Bytes(32), zero_nonce, {}, Bytes(16));
  EXPECT_EQ(sealed.text, Hex("cea7403d4d606b6e074ec5d3baf39d18"));
  EXPECT_EQ(sealed.tag, Hex("d0d1c8a799996bf0265b98b5d48ab919"));

  const Bytes key = Hex("feffe9928665731c6d6a8f9467308308");
  const Bytes nonce = Hex("cafebabefacedbaddecaf888");
  const Bytes associated_data = Hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes plain =
      Hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
          "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
  sealed = GcmSeal(key, nonce, associated_data, plain);
  EXPECT_EQ(sealed.text, Hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                             "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"));
  EXPECT_EQ(sealed.tag, Hex("5bc94fbc3221a5db94fae95ae7121a47"));
  Bytes tag;
  EXPECT_EQ(GcmOpen(key, nonce, associated_data, sealed.text, &tag), plain);
  EXPECT_EQ(tag, sealed.tag);
  Bytes wide_key = key;
  wide_key.insert(wide_key.end(), key.begin(), key.end());
  sealed = GcmSeal(wide_key, nonce, associated_data, plain);
  EXPECT_EQ(sealed.text, Hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                             "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"));
  EXPECT_EQ(sealed.tag, Hex("76fc6ece0f4e1768cddf8853bb2d551b"));
}

// NIST's gcmEncryptExtIV128, no plain text, 128 bits of associated data: GMAC.
TEST(ReferenceTest, Gmac) {
  EXPECT_EQ(Sign(SigningAlgorithm::kAes128Gmac, Hex("77be63708971c4e240d1cb79e8d77feb"),
                 Hex("e0e00f19fed7ba0136a797f3"), Hex("7a43ec1d9c0a5a78a0b16533a6213cab")),
            Hex("209fcc8d3675ed938e9c7166709dd946"));
}

}  // namespace
}  // namespace sluice::crypto::reference

#include "crypto/digest.h"

#include <gtest/gtest.h>

#include "tests/crypto/hex.h"

namespace sluice::crypto {
namespace {

// [RFC 1320] A.5.
TEST(Md4Test, KnownAnswers) {
  EXPECT_EQ(Copy(Md4({})), Hex("31d6cfe0d16ae931b73c59d7e0c089c0"));
  EXPECT_EQ(Copy(Md4(Text("abc"))), Hex("a448017aaf21d8525fc10ae87aa6729d"));
  EXPECT_EQ(Copy(Md4(Text("abcdefghijklmnopqrstuvwxyz"))), Hex("d79e1c308aa5bbcdeea8ed63df412da9"));
  EXPECT_EQ(Copy(Md4(Text("12345678901234567890123456789012345678901234567890123456789012345678901"
                          "234567890"))),
            Hex("e33b4ddc9c38f2199c3e7b164fcc0536"));
}

// [MS-NLMP] 4.2.2.1.2: the NT hash of "Password".
TEST(Md4Test, NtHashOfTheSpecification) {
  EXPECT_EQ(Copy(Md4(Hex("5000 6100 7300 7300 7700 6f00 7200 6400"))),
            Hex("a4f49c406510bdcab6824ee7c30fd852"));
}

// [RFC 1321] A.5.
TEST(Md5Test, KnownAnswers) {
  EXPECT_EQ(Copy(Md5({})), Hex("d41d8cd98f00b204e9800998ecf8427e"));
  EXPECT_EQ(Copy(Md5({Text("message"), Text(" digest")})), Hex("f96b697d7cb7938d525a2f31aaf161d0"));
}

// [RFC 2202] 2.
TEST(HmacMd5Test, KnownAnswers) {
  EXPECT_EQ(Copy(HmacMd5(Bytes(16, 0x0b), {Text("Hi There")})),
            Hex("9294727a3638bb1c13f48ef8158bfc9d"));
  EXPECT_EQ(Copy(HmacMd5(Text("Jefe"), {Text("what do ya want "), Text("for nothing?")})),
            Hex("750c783e6ab0b503eaa86e310a5db738"));
  EXPECT_EQ(Copy(HmacMd5(Bytes(80, 0xaa),
                         {Text("Test Using Larger Than Block-Size Key - Hash Key First")})),
            Hex("6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"));
}

// [FIPS 180-4] examples.
TEST(Sha256Test, KnownAnswers) {
  EXPECT_EQ(Copy(Sha256({})),
            Hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  EXPECT_EQ(Copy(Sha256({Text("a"), {}, Text("bc")})),
            Hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

TEST(Sha512Test, KnownAnswers) {
  EXPECT_EQ(Copy(Sha512({Text("ab"), Text("c")})),
            Hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"));
}

struct HmacVector {
  Bytes key;
  Bytes message;
  Bytes mac;
};

// [RFC 4231] 4.2 to 4.8; case 5 is truncated to 16 bytes there.
std::vector<HmacVector> Rfc4231() {
  return {
      {Bytes(20, 0x0b), Text("Hi There"),
       Hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")},
      {Text("Jefe"), Text("what do ya want for nothing?"),
       Hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")},
      {Bytes(20, 0xaa), Bytes(50, 0xdd),
       Hex("773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")},
      {Hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), Bytes(50, 0xcd),
       Hex("82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b")},
      {Bytes(20, 0x0c), Text("Test With Truncation"), Hex("a3b6167473100ee06e0c796c2955552b")},
      {Bytes(131, 0xaa), Text("Test Using Larger Than Block-Size Key - Hash Key First"),
       Hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")},
      {Bytes(131, 0xaa),
       Text("This is a test using a larger than block-size key and a larger than block-size data. "
            "The key needs to be hashed before being used by the HMAC algorithm."),
       Hex("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2")},
  };
}

TEST(HmacSha256Test, Rfc4231) {
  for (const HmacVector& vector : Rfc4231()) {
    Bytes mac = Copy(HmacSha256(vector.key, {vector.message}));
    mac.resize(vector.mac.size());
    EXPECT_EQ(mac, vector.mac);
  }
}

// The keys and streams that the original posting of the algorithm gives.
TEST(Rc4Test, KnownAnswers) {
  const auto encrypt = [](Bytes key, Bytes text) {
    Rc4 cipher(key);
    Bytes out(text.size());
    cipher.Process(text, absl::MakeSpan(out));
    return out;
  };
  EXPECT_EQ(encrypt(Text("Key"), Text("Plaintext")), Hex("bbf316e8d940af0ad3"));
  EXPECT_EQ(encrypt(Text("Wiki"), Text("pedia")), Hex("1021bf0420"));
  EXPECT_EQ(encrypt(Text("Secret"), Text("Attack at dawn")), Hex("45a01f645fc35b383552544b9bf5"));
  // [RFC 6229] 2: 128-bit key, offset 0.
  EXPECT_EQ(encrypt(Hex("0102030405060708090a0b0c0d0e0f10"), Bytes(16)),
            Hex("9ac7cc9a609d1ef7b2932899cde41b97"));
}

TEST(Rc4Test, GoesOnWhereItStopped) {
  const Bytes key = Hex("0102030405060708090a0b0c0d0e0f10");
  Rc4 whole(key);
  Rc4 pieces(key);
  Bytes expected(1000);
  whole.Process(expected, absl::MakeSpan(expected));
  Bytes made(1000);
  pieces.Process({made.data(), 1}, {made.data(), 1});
  pieces.Process({made.data() + 1, 299}, {made.data() + 1, 299});
  pieces.Process({made.data() + 300, 700}, {made.data() + 300, 700});
  EXPECT_EQ(made, expected);
}

}  // namespace
}  // namespace sluice::crypto

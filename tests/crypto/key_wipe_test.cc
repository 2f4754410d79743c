// No key, no key schedule, no hash state and no tag that was computed to check another survives in
// memory: the process looks through all that it can write to.
//
// This test has a process of its own, because other tests leave copies of their keys everywhere. It
// holds its secrets as text, and what it decodes it wipes.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "tests/crypto/stage_testing.h"

namespace sluice::crypto {
namespace {

// A pattern to look for, kept inverted, so that looking does not find the pattern itself.
class Needle {
 public:
  Needle(const char* name, absl::string_view hex) : name_(name) {
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      inverted_[size_++] = static_cast<uint8_t>(~(Digit(hex[i]) << 4 | Digit(hex[i + 1])));
    }
  }

  const char* name() const { return name_; }
  size_t size() const { return size_; }
  uint8_t byte(size_t i) const { return static_cast<uint8_t>(~inverted_[i]); }

  // How often it occurs.
  size_t CountIn(const volatile uint8_t* begin, size_t size) const {
    size_t count = 0;
    const uint8_t first = byte(0);
    for (size_t at = 0; at + size_ <= size; ++at) {
      if (begin[at] != first) continue;
      size_t i = 1;
      while (i < size_ && begin[at + i] == byte(i)) ++i;
      if (i == size_) ++count;
    }
    return count;
  }

 private:
  static int Digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

  const char* name_;
  uint8_t inverted_[32];
  size_t size_ = 0;
};

// [FIPS 197] A.1: the key and the first and last of its round keys; [RFC 4493] 4: L (also GCM's
// hash key) and the two subkeys.
const Needle kKey("AES-128 key", "2b7e151628aed2a6abf7158809cf4f3c");
const Needle kFirstRound("first round key", "a0fafe1788542cb123a339392a6c7605");
const Needle kLastRound("last round key", "d014f9a8c9ee2589e13f0cc8b6630ca6");
const Needle kHashKey("hash key", "7df76b0c1ab899b33e42f047b91b546f");
const Needle kSubkey1("subkey 1", "fbeed618357133667c85e08f7236a8de");
const Needle kSubkey2("subkey 2", "f7ddac306ae266ccf90bc11ee46d513b");
// The two halves of an AES-256 key and its last round key. Not the one of [FIPS 197]: the library
// tests itself with that one, and what it leaves is no secret.
const Needle kWideKeyLow("AES-256 key, first half", "7ce90de86b27aa4b176a34d3d4c31892");
const Needle kWideKeyHigh("AES-256 key, second half", "eb889fe18d788ffe59db5facc889e1e8");
const Needle kWideLastRound("last round key of AES-256", "9901713de55bbf16b41d98eee5d385d6");
// The first halves of the HMAC-SHA256 states after the pads of the AES-128 key, as the words lie in
// memory.
const Needle kInnerState("inner state", "b68bc97a596a2a95aa91b65ad145776f");
const Needle kOuterState("outer state", "81c72d822b64318cbc5e9687e5acd456");
const Needle* const kNeedles[] = {&kKey,           &kFirstRound, &kLastRound,  &kHashKey,
                                  &kSubkey1,       &kSubkey2,    &kWideKeyLow, &kWideKeyHigh,
                                  &kWideLastRound, &kInnerState, &kOuterState};

struct Region {
  const uint8_t* begin;
  size_t size;
};

// Every private mapping that can be written: heap, stacks, data of all libraries.
std::vector<Region> WritableMemory() {
  std::vector<Region> regions;
  std::FILE* const maps = std::fopen("/proc/self/maps", "r");
  char line[512];
  while (std::fgets(line, sizeof(line), maps) != nullptr) {
    unsigned long begin;
    unsigned long end;
    char access[5];
    if (std::sscanf(line, "%lx-%lx %4s", &begin, &end, access) != 3) continue;
    if (access[0] != 'r' || access[1] != 'w') continue;
    regions.push_back({reinterpret_cast<const uint8_t*>(begin), end - begin});
  }
  std::fclose(maps);
  return regions;
}

size_t CountEverywhere(const Needle& needle) {
  size_t count = 0;
  for (const Region& region : WritableMemory()) count += needle.CountIn(region.begin, region.size);
  return count;
}

template <size_t N>
SecretBytes<N> Decode(std::initializer_list<const Needle*> parts) {
  SecretBytes<N> bytes;
  size_t at = 0;
  for (const Needle* part : parts) {
    for (size_t i = 0; i < part->size(); ++i) bytes.data()[at++] = part->byte(i);
  }
  return bytes;
}

class KeyWipeTest : public StageTest {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's shadow is terabytes of writable memory";
#endif
    StageTest::SetUp();
  }

  void ExpectNothingLeft(absl::string_view when) {
    for (const Needle* needle : kNeedles) {
      EXPECT_EQ(CountEverywhere(*needle), 0u) << needle->name() << " " << when;
    }
  }
};

SLUICE_STAGE_TEST_SUITE(KeyWipeTest);

TEST_P(KeyWipeTest, TheSearchFindsWhatIsThere) {
  const SecretBytes<16> key = Decode<16>({&kKey});
  EXPECT_EQ(CountEverywhere(kKey), 1u);
}

TEST_P(KeyWipeTest, NoKeySurvivesItsObject) {
  {
    const SecretBytes<16> key = Decode<16>({&kKey});
    const SecretBytes<32> wide = Decode<32>({&kWideKeyLow, &kWideKeyHigh});
    for (SigningAlgorithm algorithm : kSigningAlgorithms) {
      SigningKey from(algorithm, key.span(), GetParam());
      const SigningKey to = std::move(from);
      ASSERT_TRUE(to.valid());
    }
    for (Cipher cipher : kCiphers) {
      CipherKey from(cipher, CipherKeyBytes(cipher) == 16 ? key.span() : wide.span(), GetParam());
      const CipherKey to = std::move(from);
      ASSERT_TRUE(to.valid());
    }
  }
  ExpectNothingLeft("after the keys");
}

TEST_P(KeyWipeTest, NoKeySurvivesInTheStage) {
  {
    const SecretBytes<16> key = Decode<16>({&kKey});
    const SecretBytes<32> wide = Decode<32>({&kWideKeyLow, &kWideKeyHigh});
    std::vector<SigningKey> signing_keys;
    std::vector<CipherKey> cipher_keys;
    for (SigningAlgorithm algorithm : kSigningAlgorithms) {
      signing_keys.emplace_back(algorithm, key.span(), GetParam());
    }
    // Each cipher's key twice: all lanes with one, and with two, do not keep them in one place.
    for (size_t i = 0; i < 2 * std::size(kCiphers); ++i) {
      const Cipher cipher = kCiphers[i % std::size(kCiphers)];
      cipher_keys.emplace_back(cipher, CipherKeyBytes(cipher) == 16 ? key.span() : wide.span(),
                               GetParam());
    }
    // Alone and with every lane in use, short, long and in segments.
    for (size_t count : {1, 3, 20, 21}) {
      std::vector<Bytes> messages(count * 7, Bytes(count >= 20 ? 1000 : 70000, 0x61));
      std::vector<SignJob> signs(count * 3);
      std::vector<SealJob> seals(count * 4);
      size_t next = 0;
      for (size_t i = 0; i < signs.size(); ++i) {
        signs[i].key = &signing_keys[i % 3];
        signs[i].verify = i % 2 == 0;
        SetSegments(&signs[i], absl::MakeSpan(messages[next++]), {i % 5 * 7});
        stage_->Add(&signs[i]);
      }
      for (size_t i = 0; i < seals.size(); ++i) {
        seals[i].key = &cipher_keys[count == 21 ? i % 8 : i % 4];
        seals[i].open = i % 3 == 0;
        SetSegments(&seals[i], absl::MakeSpan(messages[next++]), {i % 5 * 7});
        stage_->Add(&seals[i]);
      }
      stage_->Flush();
    }
  }
  // The stage lives on.
  ExpectNothingLeft("after the flush");
}

// Who finds the signature that a forged message should have had can forge the next one.
TEST_P(KeyWipeTest, NoExpectedSignatureSurvivesACheckThatFailed) {
  // [RFC 4493] 4, the second example; its message is the first block of [SP800-38A]'s text.
  const Needle expected("signature", "070a16b46b4d4144f79bdd9dd04a287c");
  const Needle text("message", "6bc1bee22e409f96e93d7e117393172a");
  const SecretBytes<16> key = Decode<16>({&kKey});
  const SigningKey cmac(SigningAlgorithm::kAes128Cmac, key.span(), GetParam());
  SecretBytes<16> message = Decode<16>({&text});
  SignJob job;
  job.key = &cmac;
  SetSegments(&job, message.mutable_span());
  job.verify = true;
  stage_->Add(&job);
  stage_->Flush();
  EXPECT_FALSE(job.ok);
  EXPECT_EQ(CountEverywhere(expected), 0u);
}

// The plain text of a message that was sealed is gone, its own buffer being the only one.
TEST_P(KeyWipeTest, NoPlainTextSurvivesSealing) {
  const Needle text("message", "30c81c46a35ce411e5fbc1191a0a52ef");
  const SecretBytes<16> key = Decode<16>({&kKey});
  const SecretBytes<32> wide = Decode<32>({&kWideKeyLow, &kWideKeyHigh});
  for (Cipher cipher : kCiphers) {
    const CipherKey cipher_key(cipher, CipherKeyBytes(cipher) == 16 ? key.span() : wide.span(),
                               GetParam());
    SecretBytes<64> message = Decode<64>({&text, &text, &text, &text});
    SealJob job;
    job.key = &cipher_key;
    // The second cut lies inside a block, so that one is gathered.
    SetSegments(&job, message.mutable_span(), {16, 20});
    stage_->Add(&job);
    stage_->Flush();
    ASSERT_TRUE(job.ok);
    EXPECT_EQ(CountEverywhere(text), 0u) << Name(cipher);
  }
}

}  // namespace
}  // namespace sluice::crypto

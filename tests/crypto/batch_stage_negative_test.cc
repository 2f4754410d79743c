// What must not pass: one thing is broken in a valid message, and nothing else.
#include "tests/crypto/stage_testing.h"

namespace sluice::crypto {
namespace {

const Bytes kKey = Hex("2b7e151628aed2a6abf7158809cf4f3c");
const Bytes kWideKey = Hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");

Bytes Message(size_t size) {
  Bytes message(size);
  for (size_t i = 0; i < size; ++i) message[i] = static_cast<uint8_t>(i * 31 + 7);
  return message;
}

class NegativeTest : public StageTest {
 protected:
  // Lengths with and without a partial block, and one that is cut into pieces.
  static constexpr size_t kLengths[] = {1, 16, 85, 131, 65600};

  struct Signed {
    Bytes message;
    std::array<uint8_t, 12> nonce{};
    std::array<uint8_t, kSignatureBytes> signature{};
  };

  bool Verify(const SigningKey& key, Signed made) {
    SignJob job;
    job.key = &key;
    SetSegments(&job, absl::MakeSpan(made.message), {made.message.size() / 2});
    job.nonce = made.nonce;
    job.signature = made.signature;
    job.verify = true;
    stage_->Add(&job);
    stage_->Flush();
    EXPECT_EQ(job.signature, made.signature) << "a check must not write the right signature";
    return job.ok;
  }

  Signed Sign(const SigningKey& key, size_t length) {
    Signed made;
    made.message = Message(length);
    for (size_t i = 0; i < made.nonce.size(); ++i) made.nonce[i] = static_cast<uint8_t>(i + 1);
    SignJob job;
    job.key = &key;
    SetSegments(&job, absl::MakeSpan(made.message));
    job.nonce = made.nonce;
    stage_->Add(&job);
    stage_->Flush();
    made.signature = job.signature;
    return made;
  }

  struct Sealed {
    Bytes text;
    Bytes associated_data = Message(32);
    std::array<uint8_t, 12> nonce{};
    std::array<uint8_t, kSignatureBytes> tag{};
  };

  // Whether it opened; checks that a failure leaves no plain text.
  bool Open(const CipherKey& key, Sealed sealed) {
    SealJob job;
    job.key = &key;
    SetSegments(&job, absl::MakeSpan(sealed.text), {sealed.text.size() / 2});
    job.associated_data = sealed.associated_data;
    job.nonce = sealed.nonce;
    job.tag = sealed.tag;
    job.open = true;
    stage_->Add(&job);
    stage_->Flush();
    EXPECT_EQ(job.tag, sealed.tag) << "opening must not write the right tag";
    if (!job.ok) {
      EXPECT_EQ(sealed.text, Bytes(sealed.text.size())) << "plain text was left";
    }
    return job.ok;
  }

  Sealed Seal(const CipherKey& key, size_t length) {
    Sealed sealed;
    sealed.text = Message(length);
    for (size_t i = 0; i < sealed.nonce.size(); ++i) sealed.nonce[i] = static_cast<uint8_t>(i + 9);
    SealJob job;
    job.key = &key;
    SetSegments(&job, absl::MakeSpan(sealed.text));
    job.associated_data = sealed.associated_data;
    job.nonce = sealed.nonce;
    stage_->Add(&job);
    stage_->Flush();
    sealed.tag = job.tag;
    return sealed;
  }

  // Every bit of a short region; of a long one the ends and a sample between.
  template <typename Region, typename Check>
  void FlipEach(Region& region, Check check) {
    const size_t step = std::max<size_t>(1, region.size() / 19);
    for (size_t i = 0; i < region.size(); i += i + step < region.size() ? step : 1) {
      for (int bit = 0; bit<8; bit += region.size()> 200 ? 5 : 1) {
        region[i] ^= static_cast<uint8_t>(1 << bit);
        check(i, bit);
        region[i] ^= static_cast<uint8_t>(1 << bit);
      }
      if (region.size() > 200 && i + step >= region.size() && i + 1 < region.size()) {
        i = region.size() - 2;  // the last byte too
      }
    }
  }
};

SLUICE_STAGE_TEST_SUITE(NegativeTest);

TEST_P(NegativeTest, RefusesAFlippedBitInASignature) {
  for (SigningAlgorithm algorithm : kSigningAlgorithms) {
    const SigningKey key = MakeKey(algorithm, kKey);
    for (size_t length : kLengths) {
      Signed made = Sign(key, length);
      ASSERT_TRUE(Verify(key, made));
      FlipEach(made.signature, [&](size_t i, int bit) {
        EXPECT_FALSE(Verify(key, made)) << Name(algorithm) << " byte " << i << " bit " << bit;
      });
    }
  }
}

TEST_P(NegativeTest, RefusesAFlippedBitInASignedMessage) {
  for (SigningAlgorithm algorithm : kSigningAlgorithms) {
    const SigningKey key = MakeKey(algorithm, kKey);
    for (size_t length : kLengths) {
      Signed made = Sign(key, length);
      FlipEach(made.message, [&](size_t i, int bit) {
        EXPECT_FALSE(Verify(key, made)) << Name(algorithm) << " byte " << i << " bit " << bit;
      });
    }
  }
}

TEST_P(NegativeTest, RefusesAnotherLength) {
  for (SigningAlgorithm algorithm : kSigningAlgorithms) {
    const SigningKey key = MakeKey(algorithm, kKey);
    for (size_t length : kLengths) {
      Signed made = Sign(key, length);
      made.message.push_back(0);
      EXPECT_FALSE(Verify(key, made)) << Name(algorithm);
      made.message.pop_back();
      made.message.pop_back();
      EXPECT_FALSE(Verify(key, made)) << Name(algorithm);
    }
  }
}

TEST_P(NegativeTest, RefusesAnotherKey) {
  Bytes other = kKey;
  other[15] ^= 1;
  for (SigningAlgorithm algorithm : kSigningAlgorithms) {
    const SigningKey key = MakeKey(algorithm, kKey);
    const Signed made = Sign(key, 85);
    EXPECT_FALSE(Verify(MakeKey(algorithm, other), made)) << Name(algorithm);
  }
}

TEST_P(NegativeTest, OnlyGmacDependsOnTheNonce) {
  for (SigningAlgorithm algorithm : kSigningAlgorithms) {
    const SigningKey key = MakeKey(algorithm, kKey);
    Signed made = Sign(key, 85);
    FlipEach(made.nonce, [&](size_t, int) {
      EXPECT_EQ(Verify(key, made), algorithm != SigningAlgorithm::kAes128Gmac);
    });
  }
}

TEST_P(NegativeTest, RefusesAFlippedBitInATag) {
  for (Cipher cipher : kCiphers) {
    const CipherKey key = MakeKey(cipher, CipherKeyBytes(cipher) == 16 ? kKey : kWideKey);
    for (size_t length : kLengths) {
      Sealed sealed = Seal(key, length);
      ASSERT_TRUE(Open(key, sealed));
      FlipEach(sealed.tag, [&](size_t i, int bit) {
        EXPECT_FALSE(Open(key, sealed)) << Name(cipher) << " byte " << i << " bit " << bit;
      });
    }
  }
}

TEST_P(NegativeTest, RefusesAFlippedBitInTheNonce) {
  for (Cipher cipher : kCiphers) {
    const CipherKey key = MakeKey(cipher, CipherKeyBytes(cipher) == 16 ? kKey : kWideKey);
    Sealed sealed = Seal(key, 85);
    FlipEach(sealed.nonce, [&](size_t i, int) {
      // The 12th byte is not part of CCM's nonce.
      EXPECT_EQ(Open(key, sealed), i >= CipherNonceBytes(cipher)) << Name(cipher) << " byte " << i;
    });
  }
}

TEST_P(NegativeTest, RefusesAFlippedBitInTheAssociatedData) {
  for (Cipher cipher : kCiphers) {
    const CipherKey key = MakeKey(cipher, CipherKeyBytes(cipher) == 16 ? kKey : kWideKey);
    Sealed sealed = Seal(key, 85);
    FlipEach(sealed.associated_data,
             [&](size_t i, int) { EXPECT_FALSE(Open(key, sealed)) << Name(cipher) << " " << i; });
    sealed.associated_data.pop_back();
    EXPECT_FALSE(Open(key, sealed));
    sealed.associated_data.clear();
    EXPECT_FALSE(Open(key, sealed));
  }
}

TEST_P(NegativeTest, RefusesAFlippedBitInTheCipherText) {
  for (Cipher cipher : kCiphers) {
    const CipherKey key = MakeKey(cipher, CipherKeyBytes(cipher) == 16 ? kKey : kWideKey);
    for (size_t length : kLengths) {
      Sealed sealed = Seal(key, length);
      FlipEach(sealed.text, [&](size_t i, int bit) {
        EXPECT_FALSE(Open(key, sealed)) << Name(cipher) << " byte " << i << " bit " << bit;
      });
    }
  }
}

TEST_P(NegativeTest, RefusesAnotherLengthOfCipherText) {
  for (Cipher cipher : kCiphers) {
    const CipherKey key = MakeKey(cipher, CipherKeyBytes(cipher) == 16 ? kKey : kWideKey);
    for (size_t length : kLengths) {
      Sealed sealed = Seal(key, length);
      sealed.text.push_back(0);
      EXPECT_FALSE(Open(key, sealed)) << Name(cipher);
      sealed.text.pop_back();
      sealed.text.pop_back();
      EXPECT_FALSE(Open(key, sealed)) << Name(cipher);
    }
  }
}

// A wrong message must not disturb its neighbours in the lanes.
TEST_P(NegativeTest, OneWrongMessageAmongManyFailsAlone) {
  for (Cipher cipher : kCiphers) {
    const CipherKey key = MakeKey(cipher, CipherKeyBytes(cipher) == 16 ? kKey : kWideKey);
    const Sealed sealed = Seal(key, 131);
    for (size_t wrong = 0; wrong < 20; wrong += 3) {
      std::vector<Sealed> copies(20, sealed);
      std::vector<SealJob> jobs(20);
      for (size_t i = 0; i < jobs.size(); ++i) {
        jobs[i].key = &key;
        SetSegments(&jobs[i], absl::MakeSpan(copies[i].text));
        jobs[i].associated_data = copies[i].associated_data;
        jobs[i].nonce = sealed.nonce;
        jobs[i].tag = sealed.tag;
        jobs[i].open = true;
        if (i == wrong) copies[i].text[100] ^= 4;
        stage_->Add(&jobs[i]);
      }
      stage_->Flush();
      for (size_t i = 0; i < jobs.size(); ++i) {
        EXPECT_EQ(jobs[i].ok, i != wrong);
        EXPECT_EQ(copies[i].text, i == wrong ? Bytes(131) : Message(131));
      }
    }
  }
}

}  // namespace
}  // namespace sluice::crypto

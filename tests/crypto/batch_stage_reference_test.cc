// The stage against the oracle: batches of every size, messages of every length and cut, everything
// mixed and in random order.
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>
#include <random>
#include <unordered_map>

#include "crypto/digest.h"
#include "crypto/openssl/evp.h"
#include "crypto/reference/reference.h"
#include "tests/crypto/stage_testing.h"

namespace sluice::crypto {
namespace {

constexpr size_t kMegabyte = 1 << 20;

// The seven algorithms under one number.
constexpr size_t kSigning = std::size(kSigningAlgorithms);
constexpr size_t kAlgorithms = kSigning + std::size(kCiphers);
constexpr size_t kKeys = 3;

size_t KeyBytes(size_t algorithm) {
  return algorithm < kSigning ? 16 : CipherKeyBytes(kCiphers[algorithm - kSigning]);
}

Bytes KeyNumber(size_t algorithm, size_t number) {
  Bytes key(KeyBytes(algorithm));
  for (size_t i = 0; i < key.size(); ++i) {
    key[i] = static_cast<uint8_t>(i * 29 + number * 71 + algorithm * 13 + 5);
  }
  return key;
}

// The same text for every message, so that an expectation depends on few things and can be kept.
const Bytes& Pattern() {
  static const Bytes& pattern = *[] {
    auto* made = new Bytes(8 * kMegabyte + 64);
    std::mt19937_64 random(20260801);
    for (size_t i = 0; i + 8 <= made->size(); i += 8) {
      const uint64_t word = random();
      std::memcpy(made->data() + i, &word, 8);
    }
    return made;
  }();
  return pattern;
}

struct Expected {
  Bytes text;  // sealed; empty for signatures
  Bytes tag;
};

constexpr std::array<uint8_t, 12> kNonce = {9, 8, 7, 6, 5, 4, 3, 2, 1, 0xff, 0xfe, 0xfd};

Bytes AssociatedData() {
  Bytes data(32);
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * 7 + 1);
  return data;
}

// The reference takes seconds for the very large ones: of those only one length is its work, and
// its neighbours are OpenSSL's.
Expected ComputeByOpenssl(size_t algorithm, size_t key, absl::Span<const uint8_t> message) {
  static Evp& evp = *Evp::Create().release();
  const Bytes key_bytes = KeyNumber(algorithm, key);
  Bytes text(message.begin(), message.end());
  const absl::Span<uint8_t> segment = absl::MakeSpan(text);
  Evp::Tag tag{};
  if (algorithm >= kSigning) {
    evp.Seal(kCiphers[algorithm - kSigning], key_bytes.data(), kNonce.data(), AssociatedData(),
             {&segment, 1}, &tag);
    return {std::move(text), Copy(tag)};
  }
  switch (kSigningAlgorithms[algorithm]) {
    case SigningAlgorithm::kHmacSha256: {
      const std::array<uint8_t, kSha256Bytes> mac = HmacSha256(key_bytes, {message});
      std::copy_n(mac.begin(), tag.size(), tag.begin());
      break;
    }
    case SigningAlgorithm::kAes128Cmac:
      evp.Cmac(key_bytes.data(), {&segment, 1}, &tag);
      break;
    case SigningAlgorithm::kAes128Gmac:
      evp.Gmac(key_bytes.data(), kNonce.data(), {&segment, 1}, &tag);
      break;
  }
  return {{}, Copy(tag)};
}

Expected Compute(size_t algorithm, size_t key, absl::Span<const uint8_t> message) {
  if (message.size() > 2 * kMegabyte && message.size() != 8 * kMegabyte) {
    return ComputeByOpenssl(algorithm, key, message);
  }
  const Bytes key_bytes = KeyNumber(algorithm, key);
  if (algorithm < kSigning) {
    return {{}, reference::Sign(kSigningAlgorithms[algorithm], key_bytes, kNonce, message)};
  }
  reference::Sealed sealed =
      reference::Seal(kCiphers[algorithm - kSigning], key_bytes, kNonce, AssociatedData(), message);
  return {std::move(sealed.text), std::move(sealed.tag)};
}

// What Compute gives for a prefix of the pattern. Kept for all tests: the reference is slow.
const Expected& ExpectedFor(size_t algorithm, size_t key, size_t length) {
  static auto& kept = *new std::array<std::unordered_map<size_t, Expected>, kAlgorithms * kKeys>;
  const auto [at, missing] = kept[algorithm * kKeys + key].try_emplace(length);
  if (missing) {
    at->second = Compute(algorithm, key, absl::MakeConstSpan(Pattern()).subspan(0, length));
  }
  return at->second;
}

enum class Direction { kMake, kCheck, kCheckWrong };

class ReferenceTest : public StageTest {
 protected:
  void SetUp() override {
    StageTest::SetUp();
    if (IsSkipped()) return;
    for (size_t number = 0; number < kKeys; ++number) {
      for (size_t i = 0; i < kSigning; ++i) {
        signing_keys_.push_back(MakeKey(kSigningAlgorithms[i], KeyNumber(i, number)));
      }
      for (size_t i = kSigning; i < kAlgorithms; ++i) {
        cipher_keys_.push_back(MakeKey(kCiphers[i - kSigning], KeyNumber(i, number)));
      }
    }
  }

  // One job of either kind with all that it needs and the check of what came out.
  struct Case {
    size_t algorithm = 0;
    size_t key = 0;
    size_t length = 0;
    Direction direction = Direction::kMake;
    std::vector<size_t> cuts;
    Bytes buffer;
    SignJob sign;
    SealJob seal;
    int completed = 0;

    std::string Describe() const {
      std::string cut;
      for (size_t size : cuts) cut += " " + std::to_string(size);
      return "algorithm " + std::to_string(algorithm) + " length " + std::to_string(length) +
             " direction " + std::to_string(static_cast<int>(direction)) + " cuts" + cut;
    }
  };

  void Start(Case* c) {
    const Expected& expected = ExpectedFor(c->algorithm, c->key, c->length);
    const bool check = c->direction != Direction::kMake;
    const bool signing = c->algorithm < kSigning;
    if (check && !signing) {
      c->buffer = expected.text;
    } else {
      c->buffer.assign(Pattern().begin(), Pattern().begin() + c->length);
    }
    std::array<uint8_t, kSignatureBytes> tag{};
    if (check) tag = ToTag(expected.tag);
    if (c->direction == Direction::kCheckWrong) tag[c->length % kSignatureBytes] ^= 0x10;
    absl::Span<uint8_t> rest = absl::MakeSpan(c->buffer);
    const auto fill = [&](auto* job) {
      for (size_t cut : c->cuts) {
        const size_t size = std::min(cut, rest.size());
        job->segments[job->segment_count++] = rest.subspan(0, size);
        rest.remove_prefix(size);
      }
      job->segments[job->segment_count++] = rest;
      job->nonce = kNonce;
      job->context = c;
    };
    if (signing) {
      fill(&c->sign);
      c->sign.key = &signing_keys_[c->key * kSigning + c->algorithm];
      c->sign.verify = check;
      c->sign.signature = tag;
      c->sign.done = [](SignJob* job) { ++static_cast<Case*>(job->context)->completed; };
      stage_->Add(&c->sign);
    } else {
      fill(&c->seal);
      c->seal.key = &cipher_keys_[c->key * std::size(kCiphers) + c->algorithm - kSigning];
      c->seal.associated_data = associated_data_;
      c->seal.open = check;
      c->seal.tag = tag;
      c->seal.done = [](SealJob* job) { ++static_cast<Case*>(job->context)->completed; };
      stage_->Add(&c->seal);
    }
  }

  // Quiet while all is well: there are millions of these.
  void Finish(const Case& c) {
    const Expected& expected = ExpectedFor(c.algorithm, c.key, c.length);
    const bool signing = c.algorithm < kSigning;
    const bool ok = signing ? c.sign.ok : c.seal.ok;
    bool right = c.completed == 1 && ok == (c.direction != Direction::kCheckWrong);
    if (c.direction == Direction::kMake) {
      right = right && ToTag(expected.tag) == (signing ? c.sign.signature : c.seal.tag);
    }
    const auto is_pattern = [&c] {
      return std::equal(c.buffer.begin(), c.buffer.end(), Pattern().begin());
    };
    if (signing || c.direction == Direction::kCheck) {
      right = right && is_pattern();
    } else if (c.direction == Direction::kMake) {
      right = right && c.buffer == expected.text;
    } else {
      right = right &&
              std::all_of(c.buffer.begin(), c.buffer.end(), [](uint8_t byte) { return byte == 0; });
    }
    ASSERT_TRUE(right) << c.Describe();
  }

  void RunBatch(std::deque<Case>* cases, std::mt19937_64* random) {
    std::vector<Case*> order;
    for (Case& c : *cases) order.push_back(&c);
    if (random != nullptr) std::shuffle(order.begin(), order.end(), *random);
    for (Case* c : order) Start(c);
    stage_->Flush();
    for (const Case& c : *cases) ASSERT_NO_FATAL_FAILURE(Finish(c));
  }

  std::vector<SigningKey> signing_keys_;
  std::vector<CipherKey> cipher_keys_;
  const Bytes associated_data_ = AssociatedData();
};

SLUICE_STAGE_TEST_SUITE(ReferenceTest);

TEST_P(ReferenceTest, EveryLengthTo300AloneInEveryDirection) {
  for (size_t algorithm = 0; algorithm < kAlgorithms; ++algorithm) {
    for (size_t length = 0; length <= 300; ++length) {
      for (Direction direction : {Direction::kMake, Direction::kCheck, Direction::kCheckWrong}) {
        std::deque<Case> one(1);
        one[0].algorithm = algorithm;
        one[0].length = length;
        one[0].direction = direction;
        ASSERT_NO_FATAL_FAILURE(RunBatch(&one, nullptr));
      }
    }
  }
}

// Every batch size from 1 to 65 with every length from 0 to 300: all messages of a batch have the
// same length; algorithms, keys and directions go round.
TEST_P(ReferenceTest, EveryBatchSizeTo65WithEveryLengthTo300) {
  for (size_t size = 1; size <= 65; ++size) {
    for (size_t length = 0; length <= 300; ++length) {
      std::deque<Case> batch(size);
      for (size_t i = 0; i < size; ++i) {
        const size_t turn = i + size + length;
        batch[i].algorithm = turn % kAlgorithms;
        batch[i].key = turn / kAlgorithms % kKeys;
        batch[i].length = length;
        batch[i].direction = static_cast<Direction>(turn / 2 % 3);
      }
      ASSERT_NO_FATAL_FAILURE(RunBatch(&batch, nullptr));
    }
  }
}

// One algorithm fills all lanes, which take in new messages as others end; with one key, as the
// messages of one session have, and with several.
TEST_P(ReferenceTest, EveryBatchSizeTo65OfOneAlgorithmWithAllLengths) {
  for (size_t keys : {size_t{1}, kKeys}) {
    for (size_t algorithm = 0; algorithm < kAlgorithms; ++algorithm) {
      for (size_t size = 1; size <= 65; ++size) {
        std::deque<Case> batch(size);
        for (size_t i = 0; i < size; ++i) {
          batch[i].algorithm = algorithm;
          batch[i].key = i % keys;
          batch[i].length = (i * 37 + size * 5) % 301;
          batch[i].direction = static_cast<Direction>(i % 3);
        }
        ASSERT_NO_FATAL_FAILURE(RunBatch(&batch, nullptr));
      }
    }
  }
}

// The sizes at which something inside changes: a block, a hash block, the largest piece of a chain,
// the library's limit on a job, a power of two above it.
TEST_P(ReferenceTest, AroundEveryBoundary) {
  for (size_t boundary : {size_t{16}, size_t{64}, size_t{65520}, size_t{65534}, size_t{65535},
                          size_t{65536}, size_t{2 * 65520}, kMegabyte}) {
    for (size_t length = boundary - 1; length <= boundary + 1; ++length) {
      for (size_t algorithm = 0; algorithm < kAlgorithms; ++algorithm) {
        std::deque<Case> batch(5);
        for (size_t i = 0; i < batch.size(); ++i) {
          batch[i].algorithm = algorithm;
          batch[i].length = length;
          batch[i].direction = static_cast<Direction>(i % 3);
        }
        // Cut off a block boundary, inside the first piece and after the first byte.
        batch[3].cuts = {80};
        batch[4].cuts = {1, 65519, 17};
        ASSERT_NO_FATAL_FAILURE(RunBatch(&batch, nullptr));
      }
    }
  }
}

TEST_P(ReferenceTest, EightMegabytes) {
  for (size_t algorithm = 0; algorithm < kAlgorithms; ++algorithm) {
    for (size_t length = 8 * kMegabyte - 1; length <= 8 * kMegabyte + 1; ++length) {
      std::deque<Case> batch(3);
      for (size_t i = 0; i < batch.size(); ++i) {
        batch[i].algorithm = algorithm;
        batch[i].length = length;
        batch[i].direction = static_cast<Direction>(i);
      }
      batch[1].cuts = {4176};
      ASSERT_NO_FATAL_FAILURE(RunBatch(&batch, nullptr));
    }
  }
}

// Every way to cut a message of five blocks and a bit into three segments.
TEST_P(ReferenceTest, EveryCut) {
  constexpr size_t kLength = 85;
  for (size_t algorithm = 0; algorithm < kAlgorithms; ++algorithm) {
    for (size_t first = 0; first <= kLength; ++first) {
      std::deque<Case> batch;
      for (size_t second = 0; first + second <= kLength; second += 1 + second / 8) {
        Case& c = batch.emplace_back();
        c.algorithm = algorithm;
        c.length = kLength;
        c.cuts = {first, second};
        c.direction = static_cast<Direction>(second % 3);
      }
      ASSERT_NO_FATAL_FAILURE(RunBatch(&batch, nullptr));
    }
  }
}

TEST_P(ReferenceTest, MixedInRandomOrder) {
  const char* const given = std::getenv("SLUICE_TEST_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::cout << "SLUICE_TEST_SEED=" << seed << std::endl;
  std::mt19937_64 random(seed);
  const auto below = [&random](size_t limit) { return random() % limit; };
  for (int round = 0; round < 300; ++round) {
    std::deque<Case> batch(1 + below(65));
    for (Case& c : batch) {
      c.algorithm = below(kAlgorithms);
      c.key = below(kKeys);
      // From a set, so that the oracle's answers can be kept.
      c.length = below(40) == 0   ? 65500 + below(50)
                 : below(10) == 0 ? 4096 + below(90)
                                  : below(301);
      c.direction = static_cast<Direction>(below(3));
      for (size_t cuts = below(kMaxSegments); cuts > 0; --cuts) {
        c.cuts.push_back(below(3) == 0 ? below(20) : below(c.length + 2));
      }
    }
    ASSERT_NO_FATAL_FAILURE(RunBatch(&batch, &random)) << "SLUICE_TEST_SEED=" << seed;
  }
}

}  // namespace
}  // namespace sluice::crypto

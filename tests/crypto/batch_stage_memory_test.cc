// The stage reads and writes its buffers and nothing beside them: every buffer lies against a page
// that cannot be touched, before it or after it.
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/reference/reference.h"
#include "tests/crypto/stage_testing.h"

namespace sluice::crypto {
namespace {

constexpr size_t kPage = 4096;

// `size` bytes that end where an untouchable page begins, or begin where one ends.
class Guarded {
 public:
  enum class Side { kBefore, kAfter };

  Guarded(size_t size, Side side) : size_(size) {
    const size_t pages = (size + kPage - 1) / kPage + (size == 0 ? 1 : 0);
    mapped_ = (pages + 2) * kPage;
    base_ = static_cast<uint8_t*>(
        mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    EXPECT_NE(base_, MAP_FAILED);
    EXPECT_EQ(mprotect(base_ + kPage, pages * kPage, PROT_READ | PROT_WRITE), 0);
    data_ = side == Side::kBefore ? base_ + kPage : base_ + (1 + pages) * kPage - size;
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() { munmap(base_, mapped_); }

  absl::Span<uint8_t> span() { return {data_, size_}; }

 private:
  size_t size_;
  size_t mapped_;
  uint8_t* base_;
  uint8_t* data_;
};

class MemoryTest : public StageTest {
 protected:
  // All algorithms at once, so that lanes fill, on guarded buffers cut into `cuts`.
  void Run(size_t length, Guarded::Side side, size_t cut);

  static Bytes Key(size_t size) { return Bytes(size, 0x11); }
};

SLUICE_STAGE_TEST_SUITE(MemoryTest);

void MemoryTest::Run(size_t length, Guarded::Side side, size_t cut) {
  SCOPED_TRACE("length " + std::to_string(length) + " cut " + std::to_string(cut));
  const Bytes pattern(length, 0x5c);
  const Bytes nonce(12);
  cut = std::min(cut, length);
  // Each segment has guards of its own.
  std::vector<std::unique_ptr<Guarded>> buffers;
  Guarded associated_data(32, side);
  std::fill_n(associated_data.span().begin(), 32, 0x77);
  const auto fill = [&](auto* job) {
    for (size_t size : {cut, length - cut}) {
      if (size == 0 && length != 0) continue;
      buffers.push_back(std::make_unique<Guarded>(size, side));
      std::copy_n(pattern.begin(), size, buffers.back()->span().begin());
      job->segments[job->segment_count++] = buffers.back()->span();
      if (length == 0) break;
    }
    stage_->Add(job);
  };
  constexpr size_t kEach = 3;
  std::vector<SigningKey> signing_keys;
  std::vector<CipherKey> cipher_keys;
  for (SigningAlgorithm algorithm : kSigningAlgorithms) {
    signing_keys.push_back(MakeKey(algorithm, Key(16)));
  }
  for (Cipher cipher : kCiphers)
    cipher_keys.push_back(MakeKey(cipher, Key(CipherKeyBytes(cipher))));
  std::vector<SignJob> signs(signing_keys.size() * kEach);
  std::vector<SealJob> seals(cipher_keys.size() * kEach);
  for (size_t i = 0; i < signs.size(); ++i) {
    signs[i].key = &signing_keys[i % signing_keys.size()];
    fill(&signs[i]);
  }
  for (size_t i = 0; i < seals.size(); ++i) {
    seals[i].key = &cipher_keys[i % cipher_keys.size()];
    seals[i].associated_data = associated_data.span();
    fill(&seals[i]);
  }
  stage_->Flush();
  for (size_t i = 0; i < signing_keys.size(); ++i) {
    const Bytes expected = reference::Sign(kSigningAlgorithms[i], Key(16), nonce, pattern);
    for (size_t j = i; j < signs.size(); j += signing_keys.size()) {
      ASSERT_EQ(Copy(signs[j].signature), expected);
    }
  }
  for (SealJob& job : seals) {
    ASSERT_TRUE(job.ok);
    job.open = true;
    stage_->Add(&job);
  }
  stage_->Flush();
  for (const SealJob& job : seals) {
    ASSERT_TRUE(job.ok);
    for (size_t i = 0; i < job.segment_count; ++i) {
      ASSERT_TRUE(std::equal(job.segments[i].begin(), job.segments[i].end(), pattern.begin()));
    }
  }
}

TEST_P(MemoryTest, EveryLengthTo300EndsAtAGuard) {
  for (size_t length = 0; length <= 300; ++length) {
    ASSERT_NO_FATAL_FAILURE(Run(length, Guarded::Side::kAfter, 0));
  }
}

TEST_P(MemoryTest, EveryLengthTo300BeginsAtAGuard) {
  for (size_t length = 0; length <= 300; ++length) {
    ASSERT_NO_FATAL_FAILURE(Run(length, Guarded::Side::kBefore, 0));
  }
}

TEST_P(MemoryTest, EveryCutOfASmallMessageLiesBetweenGuards) {
  for (size_t length : {15, 16, 33, 85, 100}) {
    for (size_t cut = 1; cut < length; ++cut) {
      ASSERT_NO_FATAL_FAILURE(Run(length, Guarded::Side::kAfter, cut));
      ASSERT_NO_FATAL_FAILURE(Run(length, Guarded::Side::kBefore, cut));
    }
  }
}

TEST_P(MemoryTest, LongMessagesLieBetweenGuards) {
  for (size_t length : {size_t{4096}, size_t{4097}, size_t{65519}, size_t{65520}, size_t{65521},
                        size_t{65535}, size_t{65537}, size_t{131041}}) {
    for (Guarded::Side side : {Guarded::Side::kBefore, Guarded::Side::kAfter}) {
      ASSERT_NO_FATAL_FAILURE(Run(length, side, 0));
      ASSERT_NO_FATAL_FAILURE(Run(length, side, 80));
    }
  }
}

}  // namespace
}  // namespace sluice::crypto

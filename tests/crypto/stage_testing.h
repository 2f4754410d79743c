// What the crypto stage's tests share: each runs on every processor that the machine has.
#ifndef SLUICE_TESTS_CRYPTO_STAGE_TESTING_H_
#define SLUICE_TESTS_CRYPTO_STAGE_TESTING_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <string>
#include <vector>

#include "crypto/batch_stage.h"
#include "tests/crypto/hex.h"

namespace sluice::crypto {

inline constexpr Processor kProcessors[] = {Processor::kAvx512, Processor::kAvx2, Processor::kSse,
                                            Processor::kNoAesni};
inline constexpr SigningAlgorithm kSigningAlgorithms[] = {
    SigningAlgorithm::kHmacSha256, SigningAlgorithm::kAes128Cmac, SigningAlgorithm::kAes128Gmac};
inline constexpr Cipher kCiphers[] = {Cipher::kAes128Ccm, Cipher::kAes128Gcm, Cipher::kAes256Ccm,
                                      Cipher::kAes256Gcm};

// Skips where this machine lacks the processor.
class StageTest : public testing::TestWithParam<Processor> {
 protected:
  void SetUp() override {
    if (!ProcessorAvailable(GetParam())) {
      GTEST_SKIP() << "this machine has no " << Name(GetParam());
    }
    stage_ = BatchStage::Create(GetParam());
    ASSERT_NE(stage_, nullptr);
  }

  SigningKey MakeKey(SigningAlgorithm algorithm, const Bytes& key) {
    return SigningKey(algorithm, key, GetParam());
  }
  CipherKey MakeKey(Cipher cipher, const Bytes& key) { return CipherKey(cipher, key, GetParam()); }

  std::unique_ptr<BatchStage> stage_;
};

inline std::string ProcessorTestName(const testing::TestParamInfo<Processor>& info) {
  std::string name(Name(info.param));
  name.erase(std::remove_if(name.begin(), name.end(), [](char c) { return !std::isalnum(c); }),
             name.end());
  return name;
}

#define SLUICE_STAGE_TEST_SUITE(Suite) \
  INSTANTIATE_TEST_SUITE_P(Processors, Suite, testing::ValuesIn(kProcessors), ProcessorTestName)

// Gives a job its segments: `cuts` are the sizes of all but the last.
template <typename Job>
void SetSegments(Job* job, absl::Span<uint8_t> message, std::initializer_list<size_t> cuts = {}) {
  job->segment_count = 0;
  for (size_t cut : cuts) {
    const size_t size = std::min(cut, message.size());
    job->segments[job->segment_count++] = message.subspan(0, size);
    message.remove_prefix(size);
  }
  job->segments[job->segment_count++] = message;
}

inline void SetNonce(std::array<uint8_t, 12>* to, absl::Span<const uint8_t> nonce) {
  to->fill(0);
  std::copy_n(nonce.begin(), std::min<size_t>(12, nonce.size()), to->begin());
}

inline std::array<uint8_t, kSignatureBytes> ToTag(const Bytes& bytes) {
  std::array<uint8_t, kSignatureBytes> tag{};
  std::copy_n(bytes.begin(), std::min<size_t>(kSignatureBytes, bytes.size()), tag.begin());
  return tag;
}

}  // namespace sluice::crypto

#endif  // SLUICE_TESTS_CRYPTO_STAGE_TESTING_H_

#include "crypto/batch_stage.h"

#include <thread>

#include "tests/crypto/stage_testing.h"

namespace sluice::crypto {
namespace {

class BatchStageTest : public StageTest {};
SLUICE_STAGE_TEST_SUITE(BatchStageTest);

const Bytes kKey = Hex("2b7e151628aed2a6abf7158809cf4f3c");
const Bytes kWideKey = Hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");

const Bytes& KeyFor(Cipher cipher) { return CipherKeyBytes(cipher) == 16 ? kKey : kWideKey; }

TEST(ProcessorTest, NamesAreWhatTheStageReports) {
  EXPECT_EQ(Name(Processor::kAvx512), "AVX512");
  EXPECT_EQ(Name(Processor::kAvx2), "AVX2");
  EXPECT_EQ(Name(Processor::kSse), "SSE");
  EXPECT_EQ(Name(Processor::kNoAesni), "no AES-NI");
  EXPECT_EQ(Name(Processor::kAuto), Name(DetectProcessor()));
  EXPECT_TRUE(ProcessorAvailable(Processor::kAuto));
  EXPECT_TRUE(ProcessorAvailable(Processor::kNoAesni));
  const std::unique_ptr<BatchStage> stage = BatchStage::Create();
  ASSERT_NE(stage, nullptr);
  EXPECT_EQ(stage->processor_name(), Name(DetectProcessor()));
}

TEST(ProcessorTest, AStageOfAProcessorThatIsMissingIsNull) {
  for (Processor processor : kProcessors) {
    EXPECT_EQ(BatchStage::Create(processor) != nullptr, ProcessorAvailable(processor));
  }
}

TEST(AlgorithmsTest, NamesParseBack) {
  for (SigningAlgorithm algorithm : kSigningAlgorithms) {
    SigningAlgorithm parsed;
    ASSERT_TRUE(ParseSigningAlgorithm(Name(algorithm), &parsed));
    EXPECT_EQ(parsed, algorithm);
  }
  for (Cipher cipher : kCiphers) {
    Cipher parsed;
    ASSERT_TRUE(ParseCipher(Name(cipher), &parsed));
    EXPECT_EQ(parsed, cipher);
  }
  SigningAlgorithm algorithm;
  EXPECT_FALSE(ParseSigningAlgorithm("aes-128-cmac", &algorithm));
  Cipher cipher;
  EXPECT_FALSE(ParseCipher("", &cipher));
}

TEST(KeysTest, AKeyOfTheWrongLengthIsNoKey) {
  EXPECT_FALSE(SigningKey().valid());
  EXPECT_FALSE(SigningKey(SigningAlgorithm::kAes128Cmac, Bytes(15)).valid());
  EXPECT_FALSE(SigningKey(SigningAlgorithm::kAes128Gmac, Bytes(32)).valid());
  EXPECT_FALSE(SigningKey(SigningAlgorithm::kHmacSha256, {}).valid());
  EXPECT_FALSE(CipherKey().valid());
  EXPECT_FALSE(CipherKey(Cipher::kNone, {}).valid());
  EXPECT_FALSE(CipherKey(Cipher::kAes128Gcm, Bytes(32)).valid());
  EXPECT_FALSE(CipherKey(Cipher::kAes256Ccm, Bytes(16)).valid());
  EXPECT_TRUE(SigningKey(SigningAlgorithm::kAes128Gmac, Bytes(16)).valid());
  EXPECT_TRUE(CipherKey(Cipher::kAes256Gcm, Bytes(32)).valid());
}

TEST(KeysTest, MovingLeavesNoKeyBehind) {
  SigningKey from(SigningAlgorithm::kAes128Cmac, kKey);
  const SigningKey to = std::move(from);
  EXPECT_TRUE(to.valid());
  EXPECT_FALSE(from.valid());  // NOLINT(bugprone-use-after-move)
}

TEST_P(BatchStageTest, NothingRunsBeforeFlush) {
  const SigningKey key = MakeKey(SigningAlgorithm::kAes128Cmac, kKey);
  Bytes message(100);
  int completed = 0;
  SignJob job;
  job.key = &key;
  SetSegments(&job, absl::MakeSpan(message));
  job.context = &completed;
  job.done = [](SignJob* done) { ++*static_cast<int*>(done->context); };
  EXPECT_TRUE(stage_->empty());
  stage_->Add(&job);
  EXPECT_FALSE(stage_->empty());
  EXPECT_EQ(completed, 0);
  stage_->Flush();
  EXPECT_EQ(completed, 1);
  EXPECT_TRUE(stage_->empty());
  stage_->Flush();
  EXPECT_EQ(completed, 1);
}

// A verified request's completion may queue the next job: it must run in the same flush.
TEST_P(BatchStageTest, JobsThatACompletionAddsRunInTheSameFlush) {
  struct Chain {
    BatchStage* stage;
    const SigningKey* key;
    Bytes message = Bytes(64);
    SignJob jobs[3];
    int completed = 0;
  } chain;
  const SigningKey key = MakeKey(SigningAlgorithm::kAes128Cmac, kKey);
  chain.stage = stage_.get();
  for (SignJob& job : chain.jobs) {
    job.key = &key;
    SetSegments(&job, absl::MakeSpan(chain.message));
    job.context = &chain;
    job.done = [](SignJob* done) {
      Chain* const self = static_cast<Chain*>(done->context);
      if (++self->completed < 3) self->stage->Add(&self->jobs[self->completed]);
    };
  }
  stage_->Add(&chain.jobs[0]);
  stage_->Flush();
  EXPECT_EQ(chain.completed, 3);
  EXPECT_TRUE(stage_->empty());
  EXPECT_EQ(chain.jobs[0].signature, chain.jobs[2].signature);
  EXPECT_EQ(stage_->counters().flushes, 1u);
  EXPECT_EQ(stage_->counters().jobs, 3u);
}

TEST_P(BatchStageTest, ACompletionMayFreeItsJob) {
  const SigningKey signing_key = MakeKey(SigningAlgorithm::kHmacSha256, kKey);
  const CipherKey cipher_key = MakeKey(Cipher::kAes128Ccm, kKey);
  Bytes message(1000);
  for (int i = 0; i < 20; ++i) {
    auto* sign = new SignJob;
    sign->key = &signing_key;
    SetSegments(sign, absl::MakeSpan(message));
    sign->done = [](SignJob* job) { delete job; };
    stage_->Add(sign);
    auto* seal = new SealJob;
    seal->key = &cipher_key;
    SetSegments(seal, absl::MakeSpan(message).subspan(50 * i, 50));
    seal->done = [](SealJob* job) { delete job; };
    stage_->Add(seal);
  }
  stage_->Flush();
  EXPECT_EQ(stage_->counters().jobs, 40u);
}

TEST_P(BatchStageTest, AJobWithoutAKeyFails) {
  Bytes message(10, 5);
  SignJob sign;
  SetSegments(&sign, absl::MakeSpan(message));
  sign.ok = true;
  const SigningKey none;
  SignJob sign_with_none = sign;
  sign_with_none.key = &none;
  stage_->Add(&sign);
  stage_->Add(&sign_with_none);
  stage_->Flush();
  EXPECT_FALSE(sign.ok);
  EXPECT_FALSE(sign_with_none.ok);
  SealJob seal;
  SetSegments(&seal, absl::MakeSpan(message));
  seal.ok = true;
  stage_->Add(&seal);
  stage_->Flush();
  EXPECT_FALSE(seal.ok);
  // What was not sealed must not leave either.
  EXPECT_EQ(message, Bytes(10));
  EXPECT_EQ(stage_->counters().failures, 3u);
}

// The layout of a schedule depends on the processor.
TEST_P(BatchStageTest, AKeyOfAnotherProcessorFails) {
  for (Processor other : kProcessors) {
    if (other == GetParam() || !ProcessorAvailable(other)) continue;
    const SigningKey key(SigningAlgorithm::kAes128Gmac, kKey, other);
    Bytes message(10);
    SignJob job;
    job.key = &key;
    SetSegments(&job, absl::MakeSpan(message));
    stage_->Add(&job);
    stage_->Flush();
    EXPECT_FALSE(job.ok);
  }
}

TEST_P(BatchStageTest, TooMuchAssociatedDataFails) {
  const CipherKey key = MakeKey(Cipher::kAes128Ccm, kKey);
  const Bytes data(kMaxAssociatedDataBytes + 1);
  Bytes message(10);
  SealJob job;
  job.key = &key;
  SetSegments(&job, absl::MakeSpan(message));
  job.associated_data = data;
  stage_->Add(&job);
  stage_->Flush();
  EXPECT_FALSE(job.ok);
  job.associated_data = absl::MakeConstSpan(data).subspan(1);
  stage_->Add(&job);
  stage_->Flush();
  EXPECT_TRUE(job.ok);
}

TEST_P(BatchStageTest, CountersCount) {
  const SigningKey cmac = MakeKey(SigningAlgorithm::kAes128Cmac, kKey);
  const CipherKey gcm = MakeKey(Cipher::kAes128Gcm, kKey);
  std::vector<Bytes> messages(5, Bytes(100));
  std::vector<SignJob> jobs(5);
  for (size_t i = 0; i < jobs.size(); ++i) {
    jobs[i].key = &cmac;
    SetSegments(&jobs[i], absl::MakeSpan(messages[i]), {10});
    jobs[i].verify = i == 0;
    stage_->Add(&jobs[i]);
  }
  SealJob seal;
  Bytes text(7);
  seal.key = &gcm;
  SetSegments(&seal, absl::MakeSpan(text));
  stage_->Add(&seal);
  stage_->Flush();
  const StageCounters& counters = stage_->counters();
  EXPECT_EQ(counters.flushes, 1u);
  EXPECT_EQ(counters.jobs, 6u);
  EXPECT_EQ(counters.bytes, 507u);
  EXPECT_EQ(counters.failures, 1u);
  // A lone job fills no lanes; neither does the stage without lanes.
  const uint64_t filled = GetParam() == Processor::kNoAesni ? 0 : 5;
  EXPECT_EQ(counters.lanes_filled, filled);
  stage_->Add(&jobs[1]);
  stage_->Flush();
  EXPECT_EQ(counters.flushes, 2u);
  EXPECT_EQ(counters.lanes_filled, filled);
}

// Messages of CCM share lanes with each other, whichever engine runs them.
TEST_P(BatchStageTest, CountersCountLanesOfCcm) {
  for (Cipher cipher : {Cipher::kAes128Ccm, Cipher::kAes256Ccm}) {
    const CipherKey key = MakeKey(cipher, KeyFor(cipher));
    for (size_t count : {1, 2, 3, 17}) {
      const uint64_t before = stage_->counters().lanes_filled;
      std::vector<Bytes> messages(count, Bytes(3000));
      std::vector<SealJob> jobs(count);
      for (size_t i = 0; i < count; ++i) {
        jobs[i].key = &key;
        SetSegments(&jobs[i], absl::MakeSpan(messages[i]));
        stage_->Add(&jobs[i]);
      }
      stage_->Flush();
      const bool lanes = GetParam() != Processor::kNoAesni && count > 1;
      EXPECT_EQ(stage_->counters().lanes_filled - before, lanes ? count : 0) << count;
    }
  }
}

// One key may serve the stages of several loops at once.
TEST_P(BatchStageTest, StagesOnSeveralThreadsShareKeys) {
  const SigningKey signing_key = MakeKey(SigningAlgorithm::kAes128Cmac, kKey);
  std::vector<CipherKey> cipher_keys;
  for (Cipher cipher : kCiphers) cipher_keys.push_back(MakeKey(cipher, KeyFor(cipher)));
  std::array<uint8_t, kSignatureBytes> signatures[4];
  std::vector<std::thread> threads;
  for (auto& signature : signatures) {
    threads.emplace_back([&] {
      const std::unique_ptr<BatchStage> stage = BatchStage::Create(GetParam());
      Bytes message(70000, 3);
      const SigningKey own(SigningAlgorithm::kAes128Gmac, kKey, GetParam());
      SignJob sign;
      sign.key = &signing_key;
      SetSegments(&sign, absl::MakeSpan(message));
      SignJob with_own = sign;
      with_own.key = &own;
      stage->Add(&sign);
      stage->Add(&with_own);
      stage->Flush();
      signature = sign.signature;
      for (const CipherKey& key : cipher_keys) {
        SealJob seal;
        seal.key = &key;
        SetSegments(&seal, absl::MakeSpan(message));
        stage->Add(&seal);
        stage->Flush();
        EXPECT_TRUE(seal.ok);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& signature : signatures) EXPECT_EQ(signature, signatures[0]);
}

}  // namespace
}  // namespace sluice::crypto

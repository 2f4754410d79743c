#include "crypto/openssl/portable_stage.h"

#include <cstring>
#include <utility>
#include <vector>

#include "crypto/constant_time.h"
#include "crypto/hmac_schedule.h"
#include "crypto/openssl/evp.h"
#include "crypto/schedules.h"

namespace sluice::crypto {
namespace {

class PortableStage : public BatchStage {
 public:
  explicit PortableStage(std::unique_ptr<Evp> evp)
      : BatchStage(Processor::kNoAesni), evp_(std::move(evp)) {}

  void Flush() override {
    if (empty()) return;
    ++counters_.flushes;
    while (!empty()) {
      sign_running_.swap(sign_jobs_);
      for (SignJob* job : sign_running_) Run(job);
      sign_running_.clear();
      seal_running_.swap(seal_jobs_);
      for (SealJob* job : seal_running_) Run(job);
      seal_running_.clear();
    }
  }

 private:
  void Run(SignJob* job) {
    std::array<uint8_t, kSignatureBytes> made{};
    const bool computed = Sign(*job, &made);
    bool ok = computed;
    if (job->verify) {
      ok = computed && ConstantTimeEqual(made, job->signature);
    } else {
      job->signature = made;
    }
    Wipe(made.data(), made.size());
    Complete(job, ok);
  }

  bool Sign(const SignJob& job, std::array<uint8_t, kSignatureBytes>* made) {
    if (!Usable(job)) return false;
    const Evp::Segments segments(job.segments.data(), job.segment_count);
    const SecretBuffer& schedule = job.key->schedule();
    switch (job.key->algorithm()) {
      case SigningAlgorithm::kHmacSha256:
        HmacOneAtATime(ScheduleAs<HmacSchedule>(schedule), segments, made);
        return true;
      case SigningAlgorithm::kAes128Cmac:
        return evp_->Cmac(ScheduleAs<RawSchedule>(schedule).key, segments, made);
      case SigningAlgorithm::kAes128Gmac:
        return evp_->Gmac(ScheduleAs<RawSchedule>(schedule).key, job.nonce.data(), segments, made);
    }
    return false;
  }

  void Run(SealJob* job) {
    bool ok = false;
    if (Usable(*job) && job->associated_data.size() <= kMaxAssociatedDataBytes) {
      const Evp::Segments segments(job->segments.data(), job->segment_count);
      const uint8_t* const key = ScheduleAs<RawSchedule>(job->key->schedule()).key;
      const Cipher cipher = job->key->cipher();
      ok = job->open ? evp_->Open(cipher, key, job->nonce.data(), job->associated_data, segments,
                                  job->tag)
                     : evp_->Seal(cipher, key, job->nonce.data(), job->associated_data, segments,
                                  &job->tag);
    }
    Complete(job, ok);
  }

  std::unique_ptr<Evp> evp_;
  std::vector<SignJob*> sign_running_;
  std::vector<SealJob*> seal_running_;
};

}  // namespace

std::unique_ptr<BatchStage> CreatePortableStage() {
  std::unique_ptr<Evp> evp = Evp::Create();
  if (evp == nullptr) return nullptr;
  return std::make_unique<PortableStage>(std::move(evp));
}

}  // namespace sluice::crypto

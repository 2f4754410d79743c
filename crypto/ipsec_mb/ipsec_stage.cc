#include "crypto/ipsec_mb/ipsec_stage.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "crypto/constant_time.h"
#include "crypto/ipsec_mb/gcm.h"
#include "crypto/ipsec_mb/hmac_lanes.h"
#include "crypto/ipsec_mb/mac_lanes.h"
#include "crypto/ipsec_mb/manager.h"
#include "crypto/openssl/evp.h"
#include "crypto/schedules.h"
#include "crypto/vaes/ccm_lanes.h"

namespace sluice::crypto {
namespace {

using Tag = std::array<uint8_t, kSignatureBytes>;

// CCM's kernel runs the MAC and the counter in one pass, the library's MAC jobs in two. In GB/s,
// sixteen in flight, AES-128 and AES-256, on a Xeon (Sapphire Rapids) while the core was shared:
//     4 KiB + 80   kernel 3.9 3.1   jobs 3.4 2.6
//    64 KiB + 80   kernel 4.2 3.4   jobs 5.1 3.9
//     1 MiB + 80   kernel 4.2 3.3   jobs 4.0 3.2
// So the jobs have the messages that are long but still in the second cache for the second pass.
// With the core to itself both reach 6 and more at 64 KiB.
constexpr size_t kCcmKernelMessagesMin = 3;
constexpr size_t kCcmJobsBytesMin = 32 << 10;
constexpr size_t kCcmJobsBytesMax = 512 << 10;
// From here on a lone message is faster by OpenSSL, which runs both halves of CCM in one pass.
constexpr size_t kLoneCcmOpensslBytesMin = 2048;

template <typename Job>
size_t SizeOf(const Job& job) {
  size_t size = 0;
  for (size_t i = 0; i < std::min(job.segment_count, kMaxSegments); ++i) {
    size += job.segments[i].size();
  }
  return size;
}

class IpsecStage final : public BatchStage {
 public:
  IpsecStage(Processor processor, std::unique_ptr<Manager> manager)
      : processor_(processor),
        manager_(std::move(manager)),
        macs_(manager_->get()),
        hmacs_(manager_->get()),
        gcm_(manager_->get()),
        evp_(Evp::Create()) {
    if (processor == Processor::kAvx512 && CcmLanes::Available()) {
      ccm_ = std::make_unique<CcmLanes>();
    }
  }

  void Add(SignJob* job) override { sign_jobs_.push_back(job); }
  void Add(SealJob* job) override { seal_jobs_.push_back(job); }

  void Flush() override {
    if (empty()) return;
    ++counters_.flushes;
    while (!empty()) {
      // By index: `done` may add jobs, which then run in this round or the next.
      for (size_t i = 0; i < sign_jobs_.size(); ++i) Start(sign_jobs_[i]);
      sign_jobs_.clear();
      for (size_t i = 0; i < seal_jobs_.size(); ++i) Start(seal_jobs_[i]);
      seal_jobs_.clear();
      gcm_.Clear();
      RunCcm(&ccm128_);
      RunCcm(&ccm256_);
      if (macs_.size() > 0) RunLanes(&macs_);
      if (hmacs_.size() > 0) RunLanes(&hmacs_);
    }
  }

  bool empty() const override { return sign_jobs_.empty() && seal_jobs_.empty(); }
  const StageCounters& counters() const override { return counters_; }
  absl::string_view processor_name() const override { return Name(processor_); }

 private:
  template <typename Job>
  bool Usable(const Job& job) const {
    return job.key != nullptr && job.key->valid() && job.key->processor() == processor_ &&
           job.segment_count <= kMaxSegments;
  }

  // Hands the job to its lanes, or does it at once where there are none.
  void Start(SignJob* job) {
    job->ok = false;
    if (!Usable(*job)) {
      Complete(job);
      return;
    }
    switch (job->key->algorithm()) {
      case SigningAlgorithm::kHmacSha256:
        hmacs_.Add(job);
        return;
      case SigningAlgorithm::kAes128Cmac:
        macs_.Add(job);
        return;
      case SigningAlgorithm::kAes128Gmac: {
        Tag made;
        gcm_.Sign(*job, &made);
        Finish(job, made);
        return;
      }
    }
  }

  void Start(SealJob* job) {
    job->ok = false;
    if (!Usable(*job) || job->associated_data.size() > kMaxAssociatedDataBytes) {
      Complete(job);
      return;
    }
    switch (job->key->cipher()) {
      case Cipher::kAes128Ccm:
        AddCcm(job, &ccm128_);
        return;
      case Cipher::kAes256Ccm:
        AddCcm(job, &ccm256_);
        return;
      case Cipher::kNone:  // no valid key has it
      case Cipher::kAes128Gcm:
      case Cipher::kAes256Gcm: {
        Tag made;
        gcm_.Crypt(*job, &made);
        Finish(job, made);
        return;
      }
    }
  }

  static void AddCcm(SealJob* job, std::vector<CcmLanes::Message>* messages) {
    CcmLanes::Message& message = messages->emplace_back();
    message.job = job;
    message.size = SizeOf(*job);
  }

  template <typename Lanes>
  void RunLanes(Lanes* lanes) {
    if (lanes->size() > 1) counters_.lanes_filled += lanes->size();
    lanes->Run();
    lanes->ForEachResult([this](auto* job, Tag& made) { Finish(job, made); });
    lanes->Clear();
  }

  // Few messages of CCM do not fill the kernel's lanes, some lengths suit it less, and processors
  // without 512-bit AES instructions have no kernel: there they run as the library's MAC jobs, or a
  // lone one by OpenSSL.
  void RunCcm(std::vector<CcmLanes::Message>* messages) {
    if (!messages->empty()) RunSomeCcm(messages);
  }

  void RunSomeCcm(std::vector<CcmLanes::Message>* messages) {
    const auto longer = [](const CcmLanes::Message& a, const CcmLanes::Message& b) {
      return a.size > b.size;
    };
    if (!std::is_sorted(messages->begin(), messages->end(), longer)) {
      std::sort(messages->begin(), messages->end(), longer);
    }
    if (SuitsKernel(*messages)) {
      counters_.lanes_filled += messages->size();
      ccm_->Run(absl::MakeSpan(*messages));
      ccm_->Clear();
      for (CcmLanes::Message& message : *messages) Finish(message.job, message.tag);
    } else if (messages->size() == 1 && SuitsOpenssl(messages->front())) {
      RunByOpenssl(messages->front().job);
    } else {
      for (const CcmLanes::Message& message : *messages) macs_.Add(message.job);
    }
    messages->clear();
  }

  // REQUIRES: the longest first.
  bool SuitsKernel(const std::vector<CcmLanes::Message>& messages) const {
    const size_t longest = messages.front().size;
    return ccm_ != nullptr && messages.size() >= kCcmKernelMessagesMin &&
           (longest < kCcmJobsBytesMin || longest >= kCcmJobsBytesMax);
  }

  bool SuitsOpenssl(const CcmLanes::Message& message) const {
    return evp_ != nullptr && message.job->segment_count == 1 &&
           message.size >= kLoneCcmOpensslBytesMin;
  }

  void RunByOpenssl(SealJob* job) {
    // The schedule begins with the key itself [FIPS 197] 5.2.
    const uint8_t* const key = ScheduleAs<CcmSchedule>(job->key->schedule()).round_keys;
    const Evp::Segments segments(job->segments.data(), 1);
    job->ok = job->open ? evp_->Open(job->key->cipher(), key, job->nonce.data(),
                                     job->associated_data, segments, job->tag)
                        : evp_->Seal(job->key->cipher(), key, job->nonce.data(),
                                     job->associated_data, segments, &job->tag);
    Complete(job);
  }

  // Gives out what was made or compares it. A tag that was made to compare must not survive: it is
  // the one that an attacker is looking for.
  void Finish(SignJob* job, Tag& made) {
    if (job->verify) {
      job->ok = ConstantTimeEqual(made, job->signature);
      Wipe(made.data(), made.size());
    } else {
      job->signature = made;
      job->ok = true;
    }
    Complete(job);
  }

  void Finish(SealJob* job, Tag& made) {
    if (job->open) {
      job->ok = ConstantTimeEqual(made, job->tag);
      Wipe(made.data(), made.size());
    } else {
      job->tag = made;
      job->ok = true;
    }
    Complete(job);
  }

  void Complete(SignJob* job) {
    Count(*job);
    if (job->done != nullptr) job->done(job);
  }

  void Complete(SealJob* job) {
    Count(*job);
    if (!job->ok) {
      // Nothing may leave: neither unchecked plain text nor a message that was not sealed.
      for (size_t i = 0; i < std::min(job->segment_count, kMaxSegments); ++i) {
        Wipe(job->segments[i].data(), job->segments[i].size());
      }
    }
    if (job->done != nullptr) job->done(job);
  }

  template <typename Job>
  void Count(const Job& job) {
    ++counters_.jobs;
    counters_.bytes += SizeOf(job);
    if (!job.ok) ++counters_.failures;
  }

  const Processor processor_;
  const std::unique_ptr<Manager> manager_;
  MacLanes macs_;
  HmacLanes hmacs_;
  Gcm gcm_;
  const std::unique_ptr<Evp> evp_;
  std::unique_ptr<CcmLanes> ccm_;  // null where the processor lacks the instructions
  std::vector<CcmLanes::Message> ccm128_;
  std::vector<CcmLanes::Message> ccm256_;
  std::vector<SignJob*> sign_jobs_;
  std::vector<SealJob*> seal_jobs_;
  StageCounters counters_;
};

}  // namespace

std::unique_ptr<BatchStage> CreateIpsecStage(Processor processor) {
  std::unique_ptr<Manager> manager = Manager::Create(processor);
  if (manager == nullptr) return nullptr;
  return std::make_unique<IpsecStage>(processor, std::move(manager));
}

}  // namespace sluice::crypto

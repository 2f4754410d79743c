#include "crypto/ipsec_mb/ipsec_stage.h"

#include <utility>
#include <vector>

#include "crypto/constant_time.h"
#include "crypto/ipsec_mb/gcm.h"
#include "crypto/ipsec_mb/hmac_lanes.h"
#include "crypto/ipsec_mb/mac_lanes.h"
#include "crypto/ipsec_mb/manager.h"

namespace sluice::crypto {
namespace {

using Tag = std::array<uint8_t, kSignatureBytes>;

class IpsecStage : public BatchStage {
 public:
  IpsecStage(Processor processor, std::unique_ptr<Manager> manager)
      : processor_(processor),
        manager_(std::move(manager)),
        macs_(manager_->get()),
        hmacs_(manager_->get()),
        gcm_(manager_->get()) {}

  void Add(SignJob* job) override { sign_jobs_.push_back(job); }
  void Add(SealJob* job) override { seal_jobs_.push_back(job); }

  void Flush() override {
    while (!empty()) {
      ++counters_.flushes;
      sign_running_.swap(sign_jobs_);
      seal_running_.swap(seal_jobs_);
      for (SignJob* job : sign_running_) Start(job);
      for (SealJob* job : seal_running_) Start(job);
      RunLanes();
      gcm_.Clear();
      // What `done` adds goes into the other pair of vectors and runs in the next round.
      for (SignJob* job : sign_running_) Complete(job);
      for (SealJob* job : seal_running_) Complete(job);
      sign_running_.clear();
      seal_running_.clear();
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

  void Start(SignJob* job) {
    job->ok = false;
    if (!Usable(*job)) return;
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
        Settle(job, made);
        return;
      }
    }
  }

  void Start(SealJob* job) {
    job->ok = false;
    if (!Usable(*job) || job->associated_data.size() > kMaxAssociatedDataBytes) return;
    switch (job->key->cipher()) {
      case Cipher::kNone:
        return;
      case Cipher::kAes128Ccm:
      case Cipher::kAes256Ccm:
        macs_.Add(job);
        return;
      case Cipher::kAes128Gcm:
      case Cipher::kAes256Gcm: {
        Tag made;
        gcm_.Crypt(*job, &made);
        Settle(job, made);
        return;
      }
    }
  }

  void RunLanes() {
    const auto settle = [this](auto* job, Tag& made) { Settle(job, made); };
    if (macs_.size() > 0) {
      if (macs_.size() > 1) counters_.lanes_filled += macs_.size();
      macs_.Run();
      macs_.ForEachResult(settle, settle);
      macs_.Clear();
    }
    if (hmacs_.size() > 0) {
      if (hmacs_.size() > 1) counters_.lanes_filled += hmacs_.size();
      hmacs_.Run();
      hmacs_.ForEachResult(settle);
      hmacs_.Clear();
    }
  }

  // Takes what was made into the job: gives it out or compares it. A tag that was made while
  // checking must not survive: it is the one that an attacker is looking for.
  void Settle(SignJob* job, Tag& made) {
    if (job->verify) {
      job->ok = ConstantTimeEqual(made, job->signature);
      Wipe(made.data(), made.size());
    } else {
      job->signature = made;
      job->ok = true;
    }
  }

  void Settle(SealJob* job, Tag& made) {
    if (job->open) {
      job->ok = ConstantTimeEqual(made, job->tag);
      Wipe(made.data(), made.size());
    } else {
      job->tag = made;
      job->ok = true;
    }
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
    for (size_t i = 0; i < std::min(job.segment_count, kMaxSegments); ++i) {
      counters_.bytes += job.segments[i].size();
    }
    if (!job.ok) ++counters_.failures;
  }

  const Processor processor_;
  const std::unique_ptr<Manager> manager_;
  MacLanes macs_;
  HmacLanes hmacs_;
  Gcm gcm_;
  std::vector<SignJob*> sign_jobs_, sign_running_;
  std::vector<SealJob*> seal_jobs_, seal_running_;
  StageCounters counters_;
};

}  // namespace

std::unique_ptr<BatchStage> CreateIpsecStage(Processor processor) {
  std::unique_ptr<Manager> manager = Manager::Create(processor);
  if (manager == nullptr) return nullptr;
  return std::make_unique<IpsecStage>(processor, std::move(manager));
}

}  // namespace sluice::crypto

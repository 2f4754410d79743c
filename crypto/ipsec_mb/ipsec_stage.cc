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
#include "crypto/vaes/vaes_lanes.h"

namespace sluice::crypto {
namespace {

using Tag = std::array<uint8_t, kSignatureBytes>;

// From here on a lone CCM is faster by OpenSSL than as the library's MAC job, whose halves go over
// the message twice. VaesLanes are faster still.
constexpr size_t kLoneCcmOpensslBytesMin = 2048;

class IpsecStage final : public BatchStage {
 public:
  IpsecStage(Processor processor, std::unique_ptr<Manager> manager)
      : BatchStage(processor),
        manager_(std::move(manager)),
        macs_(manager_->get()),
        hmacs_(manager_->get()),
        gcm_(manager_->get()),
        evp_(Evp::Create()) {
    if (processor == Processor::kAvx512 && VaesLanes::Available()) {
      vaes_ = std::make_unique<VaesLanes>();
    }
  }

  void Flush() override {
    if (empty()) return;
    ++counters_.flushes;
    do {
      // By index: `done` may add jobs, which then run in this round or the next.
      for (size_t i = 0; i < sign_jobs_.size(); ++i) Start(sign_jobs_[i]);
      sign_jobs_.clear();
      for (size_t i = 0; i < seal_jobs_.size(); ++i) Start(seal_jobs_[i]);
      seal_jobs_.clear();
      if (in_lanes_) RunAllLanes();
    } while (!empty());
    gcm_.Clear();
  }

 private:
  // Hands the job to its lanes, or does it at once where there are none.
  void Start(SignJob* job) {
    if (!Usable(*job)) {
      Complete(job, false);
      return;
    }
    switch (job->key->algorithm()) {
      case SigningAlgorithm::kHmacSha256:
        hmacs_.Add(job);
        in_lanes_ = true;
        return;
      case SigningAlgorithm::kAes128Cmac:
        if (vaes_ != nullptr) {
          cmac_.emplace_back(job);
        } else {
          macs_.Add(job);
        }
        in_lanes_ = true;
        return;
      case SigningAlgorithm::kAes128Gmac:
        if (job->verify) {
          Tag made;
          gcm_.Sign(*job, &made);
          Finish(job, made);
        } else {  // without a copy, which shows in small messages
          gcm_.Sign(*job, &job->signature);
          Complete(job, true);
        }
        return;
    }
  }

  void Start(SealJob* job) {
    if (!Usable(*job) || job->associated_data.size() > kMaxAssociatedDataBytes) {
      Complete(job, false);
      return;
    }
    switch (job->key->cipher()) {
      case Cipher::kAes128Ccm:
        ccm128_.emplace_back(job);
        in_lanes_ = true;
        return;
      case Cipher::kAes256Ccm:
        ccm256_.emplace_back(job);
        in_lanes_ = true;
        return;
      case Cipher::kNone:  // no valid key has it
      case Cipher::kAes128Gcm:
      case Cipher::kAes256Gcm:
        if (job->open) {
          Tag made;
          gcm_.Crypt(*job, &made);
          Finish(job, made);
        } else {
          gcm_.Crypt(*job, &job->tag);
          Complete(job, true);
        }
        return;
    }
  }

  // Apart from Flush(), which GMAC and GCM pass quickly.
  __attribute__((noinline)) void RunAllLanes() {
    in_lanes_ = false;
    if (!cmac_.empty()) RunVaes(&cmac_);
    if (!ccm128_.empty()) RunCcm(&ccm128_);
    if (!ccm256_.empty()) RunCcm(&ccm256_);
    if (macs_.size() > 0) RunLanes(&macs_);
    if (hmacs_.size() > 0) RunLanes(&hmacs_);
  }

  template <typename Lanes>
  void RunLanes(Lanes* lanes) {
    if (lanes->size() > 1) counters_.lanes_filled += lanes->size();
    lanes->Run();
    lanes->ForEachResult([this](auto* job, Tag& made) { Finish(job, made); });
    lanes->Clear();
  }

  void RunVaes(std::vector<VaesLanes::Message>* messages) {
    counters_.lanes_filled += messages->size() > 1 ? messages->size() : 0;
    vaes_->Run(absl::MakeSpan(*messages));
    for (VaesLanes::Message& message : *messages) {
      message.sign != nullptr ? Finish(message.sign, message.tag)
                              : Finish(message.seal, message.tag);
    }
    messages->clear();
  }

  // Processors without 512-bit AES instructions have no VaesLanes: there CCM runs as the library's
  // MAC jobs, or a lone one by OpenSSL.
  void RunCcm(std::vector<VaesLanes::Message>* messages) {
    if (vaes_ != nullptr) {
      RunVaes(messages);
      return;
    }
    if (messages->size() == 1 && SuitsOpenssl(messages->front())) {
      RunByOpenssl(messages->front().seal);
    } else {
      for (const VaesLanes::Message& message : *messages) macs_.Add(message.seal);
    }
    messages->clear();
  }

  bool SuitsOpenssl(const VaesLanes::Message& message) const {
    return evp_ != nullptr && message.seal->segment_count == 1 &&
           message.size >= kLoneCcmOpensslBytesMin;
  }

  void RunByOpenssl(SealJob* job) {
    // The schedule begins with the key itself [FIPS 197] 5.2.
    const uint8_t* const key = ScheduleAs<CcmSchedule>(job->key->schedule()).round_keys;
    const Evp::Segments segments(job->segments.data(), 1);
    Complete(job, job->open ? evp_->Open(job->key->cipher(), key, job->nonce.data(),
                                         job->associated_data, segments, job->tag)
                            : evp_->Seal(job->key->cipher(), key, job->nonce.data(),
                                         job->associated_data, segments, &job->tag));
  }

  // Gives out what was made or compares it. A tag that was made to compare must not survive: it is
  // the one that an attacker is looking for.
  void Finish(SignJob* job, Tag& made) {
    Complete(job, job->verify ? Matches(made, job->signature) : Give(made, &job->signature));
  }
  void Finish(SealJob* job, Tag& made) {
    Complete(job, job->open ? Matches(made, job->tag) : Give(made, &job->tag));
  }
  static bool Matches(Tag& made, const Tag& received) {
    const bool equal = ConstantTimeEqual(made, received);
    Wipe(made.data(), made.size());
    return equal;
  }
  static bool Give(const Tag& made, Tag* to) {
    *to = made;
    return true;
  }

  const std::unique_ptr<Manager> manager_;
  MacLanes macs_;
  HmacLanes hmacs_;
  Gcm gcm_;
  const std::unique_ptr<Evp> evp_;
  std::unique_ptr<VaesLanes> vaes_;  // null where the processor lacks the instructions
  std::vector<VaesLanes::Message> cmac_;
  std::vector<VaesLanes::Message> ccm128_;
  std::vector<VaesLanes::Message> ccm256_;
  bool in_lanes_ = false;  // a job waits in one of the above
};

}  // namespace

std::unique_ptr<BatchStage> CreateIpsecStage(Processor processor) {
  std::unique_ptr<Manager> manager = Manager::Create(processor);
  if (manager == nullptr) return nullptr;
  return std::make_unique<IpsecStage>(processor, std::move(manager));
}

}  // namespace sluice::crypto

// The crypto stage: signatures and ciphers of many messages at once.
//
// One stage belongs to one event loop and is used on that thread only. Jobs collect during a turn
// and all of them run in Flush(); the order of completion is free. The stage's own memory is
// bounded by the jobs in flight; it keeps no copy of a message.
#ifndef SLUICE_CRYPTO_BATCH_STAGE_H_
#define SLUICE_CRYPTO_BATCH_STAGE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/algorithms.h"
#include "crypto/keys.h"
#include "crypto/processor.h"

namespace sluice::crypto {

// A message in at most this many pieces (header, data, padding).
inline constexpr size_t kMaxSegments = 4;
// SMB has 32 bytes.
inline constexpr size_t kMaxAssociatedDataBytes = 64;

// A signature to make or to check. The caller owns the job, its key and the segments until
// completion.
struct SignJob {
  const SigningKey* key = nullptr;
  // The message with its signature field zero, in order. While the job runs the stage may change
  // bytes of it; they are as before when `done` runs. Nobody else reads or writes them meanwhile.
  std::array<absl::Span<uint8_t>, kMaxSegments> segments;
  size_t segment_count = 0;
  std::array<uint8_t, 12> nonce{};  // AES-GMAC only
  bool verify = false;
  // Verify: what the peer sent. Sign: the result.
  std::array<uint8_t, kSignatureBytes> signature{};
  // Set before `done` runs: the signature was made, or is the right one (constant-time).
  bool ok = false;
  void (*done)(SignJob* job) = nullptr;
  void* context = nullptr;
};

// A message to seal or to open, in place. The caller owns the job, its key and the segments until
// completion.
struct SealJob {
  const CipherKey* key = nullptr;
  std::array<absl::Span<uint8_t>, kMaxSegments> segments;
  size_t segment_count = 0;
  // The transform header from its nonce on, 32 bytes; at most kMaxAssociatedDataBytes.
  absl::Span<const uint8_t> associated_data;
  std::array<uint8_t, 12> nonce{};  // the first 11 for CCM
  bool open = false;
  // Open: what the peer sent. Seal: the result.
  std::array<uint8_t, kSignatureBytes> tag{};
  // Set before `done` runs. An open that failed leaves no plain text: the segments are zeroed.
  bool ok = false;
  void (*done)(SealJob* job) = nullptr;
  void* context = nullptr;
};

struct StageCounters {
  uint64_t flushes = 0;
  uint64_t jobs = 0;
  uint64_t bytes = 0;
  uint64_t failures = 0;  // wrong signatures and tags
  // CMAC, HMAC and CCM jobs that shared a batch with at least one other. GMAC and GCM run at full
  // speed alone and are not counted.
  uint64_t lanes_filled = 0;
};

// The bytes of all its segments.
template <typename Job>
size_t SizeOf(const Job& job) {
  if (job.segment_count == 1) return job.segments[0].size();  // nearly always
  size_t size = 0;
  for (size_t i = 0; i < job.segment_count && i < kMaxSegments; ++i) size += job.segments[i].size();
  return size;
}

class BatchStage {
 public:
  // Null where the processor lacks what `processor` names.
  static std::unique_ptr<BatchStage> Create(Processor processor = Processor::kAuto);
  virtual ~BatchStage() = default;

  void Add(SignJob* job) { sign_jobs_.push_back(job); }
  void Add(SealJob* job) { seal_jobs_.push_back(job); }
  // Runs every job added so far and calls each one's `done`. Jobs that `done` adds run too. `done`
  // may free its job; it may not call Flush() or destroy the stage.
  virtual void Flush() = 0;
  bool empty() const { return sign_jobs_.empty() && seal_jobs_.empty(); }
  const StageCounters& counters() const { return counters_; }
  // "AVX512", "AVX2", "SSE", "no AES-NI": what is in use.
  absl::string_view processor_name() const { return Name(processor_); }

 protected:
  explicit BatchStage(Processor processor) : processor_(processor) {}

  // Whether the job's key is one of this stage's, and its segments are no more than may be.
  template <typename Job>
  bool Usable(const Job& job) const {
    return job.key != nullptr && job.key->valid() && job.key->processor() == processor_ &&
           job.segment_count <= kMaxSegments;
  }

  // Counts the job and calls its `done`. A job to seal or to open that failed leaves nothing:
  // neither unchecked plain text nor a message that was not sealed.
  void Complete(SignJob* job, bool ok) { Count(job, ok); }
  void Complete(SealJob* job, bool ok) {
    if (!ok) WipeSegments(job);
    Count(job, ok);
  }

  std::vector<SignJob*> sign_jobs_;
  std::vector<SealJob*> seal_jobs_;
  StageCounters counters_;

 private:
  template <typename Job>
  void Count(Job* job, bool ok) {
    ++counters_.jobs;
    counters_.bytes += SizeOf(*job);
    if (!ok) ++counters_.failures;
    job->ok = ok;
    if (job->done != nullptr) job->done(job);
  }
  static void WipeSegments(SealJob* job);

  const Processor processor_;
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_BATCH_STAGE_H_

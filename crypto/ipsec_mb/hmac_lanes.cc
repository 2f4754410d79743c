#include "crypto/ipsec_mb/hmac_lanes.h"

#include <algorithm>

#include "crypto/hmac_schedule.h"

namespace sluice::crypto {

// What the lanes and their alternative cost, in nanoseconds, on the machines that were measured.
// Only the ratios matter for the choice. The alternative is pairs with SHA instructions and OpenSSL
// without them.
struct HmacLanes::Costs {
  size_t lanes;           // 1: the library has no lanes, its jobs are the pairs
  double lanes_start;     // once: the lanes run until the longest message is done
  double lanes_message;   // each message
  double lanes_byte;      // each byte of the longest message
  double others_message;  // each message
  double others_byte;     // each byte of each message
};

namespace {

constexpr size_t kJobBytesMax = 65534;

// In GB/s of one core, jobs of 4,176 bytes, {1, 2, 8, 10, 16} in flight:
//   Xeon (Sapphire Rapids, 2.0 GHz)  lanes 0.16 0.31 1.18 1.47 2.33 pairs 1.06 1.32 1.39 1.35 1.33
//                                    OpenSSL with SHA 1.1, without SHA 0.30 at any number
//   without SHA: AVX-512 lanes as above, AVX2 lanes 0.12 0.24 0.97 0.60 0.96 (eight),
//                SSE lanes 0.12 0.24 0.45 0.40 0.48 (four)
//   EPYC (Zen 4)  lanes 0.2 alone, 3.4 with sixteen; OpenSSL with SHA 1.8 to 3.0
// So sixteen lanes win from about nine messages of 512 bytes on with an Intel processor's SHA
// instructions (128-byte messages: from sixteen), with an AMD processor's from about fifteen, and
// from three or four without.
constexpr double kLanesStartNs = 950;
constexpr double kLanesMessageNs = 67;
constexpr double kPairsMessageNs = 105;
constexpr double kOpensslMessageNs = 450;

constexpr double kAvx512LaneByteNs = 6.1;
constexpr double kIntelPairsByteNs = 0.72;
constexpr double kAmdLaneByteNs = 4.7;
constexpr double kAmdPairsByteNs = 0.33;
constexpr double kNarrowLaneByteNs = 7.8;
constexpr double kOpensslWithoutShaByteNs = 3.1;

bool HasShaInstructions(const IMB_MGR* manager) {
  return (manager->features & IMB_FEATURE_SHANI) != 0;
}

bool HasLanes(const IMB_MGR* manager) {
  return manager->used_arch == IMB_ARCH_AVX512 || !HasShaInstructions(manager);
}

}  // namespace

const HmacLanes::Costs& HmacLanes::ChooseCosts(const IMB_MGR* manager) {
  static constexpr Costs kPairsOnly = {1, 0, 0, 0, 0, 0};
  static constexpr Costs kIntel = {
      16, kLanesStartNs, kLanesMessageNs, kAvx512LaneByteNs, kPairsMessageNs, kIntelPairsByteNs};
  static constexpr Costs kAmd = {
      16, kLanesStartNs, kLanesMessageNs, kAmdLaneByteNs, kPairsMessageNs, kAmdPairsByteNs};
  static constexpr Costs kAvx512WithoutSha = {16,
                                              kLanesStartNs,
                                              kLanesMessageNs,
                                              kAvx512LaneByteNs,
                                              kOpensslMessageNs,
                                              kOpensslWithoutShaByteNs};
  static constexpr Costs kAvx2WithoutSha = {8,
                                            kLanesStartNs,
                                            kLanesMessageNs,
                                            kNarrowLaneByteNs,
                                            kOpensslMessageNs,
                                            kOpensslWithoutShaByteNs};
  static constexpr Costs kSseWithoutSha = {4,
                                           kLanesStartNs,
                                           kLanesMessageNs,
                                           kNarrowLaneByteNs,
                                           kOpensslMessageNs,
                                           kOpensslWithoutShaByteNs};
  if (!HasLanes(manager)) return kPairsOnly;
  if (HasShaInstructions(manager)) return __builtin_cpu_is("amd") ? kAmd : kIntel;
  if (manager->used_arch == IMB_ARCH_AVX512) return kAvx512WithoutSha;
  return manager->used_arch == IMB_ARCH_AVX2 ? kAvx2WithoutSha : kSseWithoutSha;
}

HmacLanes::HmacLanes(IMB_MGR* manager) : lanes_(manager), costs_(ChooseCosts(manager)) {
  if (HasLanes(manager) && HasShaInstructions(manager)) pairs_ = Manager::Create(Processor::kSse);
}

void HmacLanes::Run() {
  eligible_.clear();
  for_lanes_.clear();
  for_pairs_.clear();
  for (Entry& entry : entries_) {
    const SignJob& job = *entry.job;
    if (job.segment_count == 1 && job.segments[0].size() <= kJobBytesMax &&
        !job.segments[0].empty()) {
      eligible_.push_back(&entry);
    } else {
      OneAtATime(entry);
    }
  }
  Split();
  if (!for_lanes_.empty()) Burst(lanes_, for_lanes_);
  if (for_pairs_.empty()) return;
  if (pairs_ != nullptr) {
    Burst(pairs_->get(), for_pairs_);
  } else {
    for (Entry* entry : for_pairs_) OneAtATime(*entry);
  }
}

// Fills the lanes with messages of like length, the longest first, as long as that is the cheaper
// way for the sixteen (eight, four) at hand.
void HmacLanes::Split() {
  if (costs_.lanes == 1) {
    for_lanes_ = eligible_;
    return;
  }
  const auto size = [](const Entry* entry) { return entry->job->segments[0].size(); };
  const auto longer = [&size](const Entry* a, const Entry* b) { return size(a) > size(b); };
  // Most often they are of one length.
  if (!std::is_sorted(eligible_.begin(), eligible_.end(), longer)) {
    std::sort(eligible_.begin(), eligible_.end(), longer);
  }
  for (size_t at = 0; at < eligible_.size(); at += costs_.lanes) {
    const size_t count = std::min(costs_.lanes, eligible_.size() - at);
    const auto begin = eligible_.begin() + at;
    size_t bytes = 0;
    for (size_t i = 0; i < count; ++i) bytes += size(begin[i]);
    const double in_lanes = costs_.lanes_start + costs_.lanes_message * count +
                            costs_.lanes_byte * static_cast<double>(size(*begin));
    const double otherwise =
        costs_.others_message * count + costs_.others_byte * static_cast<double>(bytes);
    std::vector<Entry*>& where = in_lanes < otherwise ? for_lanes_ : for_pairs_;
    where.insert(where.end(), begin, begin + count);
  }
}

void HmacLanes::Burst(IMB_MGR* manager, const std::vector<Entry*>& entries) {
  while (jobs_.size() < entries.size()) {
    IMB_JOB& job = jobs_.emplace_back();
    job.cipher_mode = IMB_CIPHER_NULL;
    job.cipher_direction = IMB_DIR_ENCRYPT;
    job.chain_order = IMB_ORDER_HASH_CIPHER;
    job.hash_alg = IMB_AUTH_HMAC_SHA_256;
    job.hash_start_src_offset_in_bytes = 0;
    job.auth_tag_output_len_in_bytes = kSignatureBytes;
  }
  for (size_t i = 0; i < entries.size(); ++i) {
    const SignJob& sign = *entries[i]->job;
    const HmacSchedule& schedule = ScheduleAs<HmacSchedule>(sign.key->schedule());
    IMB_JOB& job = jobs_[i];
    job.src = sign.segments[0].data();
    job.msg_len_to_hash_in_bytes = sign.segments[0].size();
    job.auth_tag_output = entries[i]->made.data();
    job.u.HMAC._hashed_auth_key_xor_ipad = reinterpret_cast<const uint8_t*>(schedule.inner);
    job.u.HMAC._hashed_auth_key_xor_opad = reinterpret_cast<const uint8_t*>(schedule.outer);
  }
  IMB_SUBMIT_HASH_BURST_NOCHECK(manager, jobs_.data(), static_cast<uint32_t>(entries.size()),
                                IMB_AUTH_HMAC_SHA_256);
}

void HmacLanes::OneAtATime(Entry& entry) {
  const SignJob& job = *entry.job;
  HmacOneAtATime(ScheduleAs<HmacSchedule>(job.key->schedule()),
                 {job.segments.data(), job.segment_count}, &entry.made);
}

}  // namespace sluice::crypto

// HMAC-SHA256, by what is fastest for the messages that are there: one at a time or in pairs with
// the processor's SHA instructions, or in sixteen vector lanes.
//
// The library's jobs take one contiguous message of at most 65,534 bytes, and long or segmented
// messages cannot be chained as CMACs can, because each job pads its own length. Those run one at a
// time by OpenSSL, without a copy. The cost is the lanes: of sixteen such messages in flight each
// takes about twice as long as its contiguous neighbour.
#ifndef SLUICE_CRYPTO_IPSEC_MB_HMAC_LANES_H_
#define SLUICE_CRYPTO_IPSEC_MB_HMAC_LANES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "crypto/batch_stage.h"
#include "crypto/ipsec_mb/manager.h"

namespace sluice::crypto {

class HmacLanes {
 public:
  // `manager` outlives this; its queue of jobs is not used.
  explicit HmacLanes(IMB_MGR* manager);
  HmacLanes(const HmacLanes&) = delete;
  HmacLanes& operator=(const HmacLanes&) = delete;

  void Add(SignJob* job) { entries_.emplace_back().job = job; }
  size_t size() const { return entries_.size(); }
  void Run();
  // Calls take(job, made) for each job; `take` wipes what may not survive.
  template <typename Take>
  void ForEachResult(Take take) {
    for (Entry& entry : entries_) take(entry.job, entry.made);
  }
  void Clear() { entries_.clear(); }

 private:
  struct Entry {
    SignJob* job = nullptr;
    std::array<uint8_t, kSignatureBytes> made{};
  };
  // A way to compute several at once and what it costs, see the .cc file.
  struct Costs;

  static const Costs& ChooseCosts(const IMB_MGR* manager);
  void Split();
  void OneAtATime(Entry& entry);
  void Burst(IMB_MGR* manager, const std::vector<Entry*>& entries);

  IMB_MGR* const lanes_;
  const Costs& costs_;
  // Two messages at a time with the SHA instructions; null where the processor has none or where
  // that is how `lanes_` works itself.
  std::unique_ptr<Manager> pairs_;
  std::vector<Entry> entries_;
  std::vector<Entry*> eligible_;  // contiguous and not too long for a job
  std::vector<Entry*> for_lanes_;
  std::vector<Entry*> for_pairs_;
  std::vector<IMB_JOB> jobs_;  // what all jobs have in common is set
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_IPSEC_MB_HMAC_LANES_H_

#include "crypto/ipsec_mb/hmac_lanes.h"

#include <algorithm>

#include "crypto/hmac_schedule.h"

namespace sluice::crypto {
namespace {

constexpr size_t kJobBytesMax = 65534;

bool HasShaInstructions(const IMB_MGR* manager) {
  return (manager->features & IMB_FEATURE_SHANI) != 0;
}

}  // namespace

HmacLanes::HmacLanes(IMB_MGR* manager)
    : lanes_(manager),
      lanes_use_sha_instructions_(manager->used_arch != IMB_ARCH_AVX512 &&
                                  HasShaInstructions(manager)) {
  if (manager->used_arch == IMB_ARCH_AVX512 && HasShaInstructions(manager)) {
    pairs_ = Manager::Create(Processor::kSse);
  }
}

void HmacLanes::Run() {
  for (Entry& entry : entries_) OneAtATime(entry);
}

void HmacLanes::OneAtATime(Entry& entry) {
  const SignJob& job = *entry.job;
  HmacOneAtATime(ScheduleAs<HmacSchedule>(job.key->schedule()),
                 {job.segments.data(), job.segment_count}, &entry.made);
}

void HmacLanes::Clear() {
  for (Entry& entry : entries_) Wipe(entry.made.data(), entry.made.size());
  entries_.clear();
}

}  // namespace sluice::crypto

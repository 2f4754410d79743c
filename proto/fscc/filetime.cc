#include "proto/fscc/filetime.h"

namespace sluice::proto {
namespace {

constexpr int64_t kNanosPerTick = 100;

}  // namespace

TimeChange ClassifyFileTime(uint64_t filetime) {
  if (filetime == kFileTimeKeep) return TimeChange::kKeep;
  if (filetime == kFileTimeFreeze) return TimeChange::kFreeze;
  if (filetime == kFileTimeThaw) return TimeChange::kThaw;
  // The specification's field is signed.
  return filetime > INT64_MAX ? TimeChange::kInvalid : TimeChange::kSet;
}

uint64_t FileTimeFromUnixNanos(int64_t nanos) {
  int64_t ticks = nanos / kNanosPerTick;
  if (nanos % kNanosPerTick < 0) --ticks;
  return kFileTimeUnixEpoch + static_cast<uint64_t>(ticks);
}

int64_t UnixNanosFromFileTime(uint64_t filetime) {
  constexpr uint64_t kTicksMax = INT64_MAX / kNanosPerTick;
  if (filetime >= kFileTimeUnixEpoch) {
    const uint64_t ticks = filetime - kFileTimeUnixEpoch;
    return ticks > kTicksMax ? INT64_MAX : static_cast<int64_t>(ticks) * kNanosPerTick;
  }
  const uint64_t ticks = kFileTimeUnixEpoch - filetime;
  return ticks > kTicksMax ? INT64_MIN : -static_cast<int64_t>(ticks) * kNanosPerTick;
}

}  // namespace sluice::proto

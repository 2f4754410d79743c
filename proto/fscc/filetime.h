// FILETIME: 100-nanosecond intervals since 1601-01-01 00:00:00 UTC. [MS-DTYP] 2.3.3; the special
// values in requests are [MS-FSCC] 2.4.7.
#ifndef SLUICE_PROTO_FSCC_FILETIME_H_
#define SLUICE_PROTO_FSCC_FILETIME_H_

#include <cstdint>

namespace sluice::proto {

// In a request to set times these mean: leave it as it is; from now on do not let operations on
// this handle change it; let them change it again.
inline constexpr uint64_t kFileTimeKeep = 0;
inline constexpr uint64_t kFileTimeFreeze = 0xFFFF'FFFF'FFFF'FFFF;
inline constexpr uint64_t kFileTimeThaw = 0xFFFF'FFFF'FFFF'FFFE;

// 1970-01-01 00:00:00 UTC.
inline constexpr uint64_t kFileTimeUnixEpoch = 116'444'736'000'000'000;

enum class TimeChange { kKeep, kFreeze, kThaw, kSet, kInvalid };

// What a time in a set request asks for. Below -2 a value is not a time: kInvalid.
TimeChange ClassifyFileTime(uint64_t filetime);

// Nanoseconds since 1970 UTC, rounded down to 100 ns. Every int64_t is later than 1601.
uint64_t FileTimeFromUnixNanos(int64_t nanos);

// The other way; what int64_t nanoseconds cannot hold (before 1677, after 2262) becomes the nearest
// value that they can.
int64_t UnixNanosFromFileTime(uint64_t filetime);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_FILETIME_H_

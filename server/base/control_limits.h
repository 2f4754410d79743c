// What administrators and monitoring may take of the gateway.
#ifndef SLUICE_SERVER_BASE_CONTROL_LIMITS_H_
#define SLUICE_SERVER_BASE_CONTROL_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "server/base/limits.h"

namespace sluice::limits {

// Of limits::control_connections_max those that only uid 0 may take.
inline constexpr size_t kControlPlacesForRoot = 4;
static_assert(kControlPlacesForRoot < control_connections_max);
// A whole request must arrive, and a whole answer be read, within so long of its first byte.
inline constexpr uint64_t kControlRequestNanos = 10'000'000'000;
inline constexpr uint64_t kControlAnswerNanos = 30'000'000'000;
// Threads that execute the requests that change something: these may wait for a disk.
inline constexpr size_t kControlWorkers = 4;

// How long storage, or the file system that holds the configuration, may take to answer an
// administrator.
inline constexpr uint64_t kStorageAnswerMillis = 5'000;
// Threads that may wait for storage that does not answer; with so many, others are refused at once.
inline constexpr size_t kAbandonedCallsMax = 16;
static_assert(kControlWorkers < kAbandonedCallsMax);

// Connections to the metrics endpoint are served by as many threads; each must send its request
// within so long.
inline constexpr size_t kMetricsWorkers = 32;
inline constexpr uint64_t kMetricsRequestMillis = 1'000;

}  // namespace sluice::limits

#endif  // SLUICE_SERVER_BASE_CONTROL_LIMITS_H_

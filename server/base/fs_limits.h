// Limits on byte-range locks and on answers about a file's contents: apart from limits.h because
// few files need them.
#ifndef SLUICE_SERVER_BASE_FS_LIMITS_H_
#define SLUICE_SERVER_BASE_FS_LIMITS_H_

#include <cstddef>

#include "server/base/limits.h"

namespace sluice::limits {

// Byte-range locks; limits.h has those of an open. A user who holds many cannot take the last
// of them: the reserve is for users that hold fewer than locks_from_reserve_max.
inline constexpr size_t locks_per_session_max = 65536;
inline constexpr size_t kLocksPerUserMax = 262144;
inline constexpr size_t locks_per_file_max = 262144;
inline constexpr size_t locks_max = 524288;
inline constexpr size_t locks_reserved = 65536;
inline constexpr size_t locks_from_reserve_max = 1024;
inline constexpr size_t lock_waits_per_file_max = 4096;
// What a LOCK or CLOSE takes or releases before the loop's other work goes on.
inline constexpr size_t locks_per_turn_max = 64;

// Ranges in one answer to FSCTL_QUERY_ALLOCATED_RANGES, whatever room the client gives: each costs
// two system calls. A client asks again from where an answer ends.
inline constexpr size_t allocated_ranges_per_query_max = 16384;

static_assert(locks_per_open_max <= locks_per_session_max);
static_assert(locks_per_session_max <= locks_per_file_max);
static_assert(kLocksPerUserMax <= locks_max - locks_reserved);
static_assert(locks_per_file_max <= locks_max - locks_reserved);
static_assert(locks_from_reserve_max <= locks_per_open_max);

}  // namespace sluice::limits

#endif  // SLUICE_SERVER_BASE_FS_LIMITS_H_

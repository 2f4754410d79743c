// Limits on what connections hold of a loop's buffers, and on what their clients hold of what the
// process has: apart from limits.h because few files need them. Shares are of the pool's bytes_max; server/ring/buffer_account.h says how they work.
#ifndef SLUICE_SERVER_BASE_NET_LIMITS_H_
#define SLUICE_SERVER_BASE_NET_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "server/base/limits.h"

namespace sluice::limits {

// The part of a pool for those who have proved nothing, as a divisor. Half of it is only for those
// of them who hold little, as a log-on does.
inline constexpr size_t untrusted_share_divisor = 16;
inline constexpr size_t untrusted_small_bytes_max = 24u << 10;
inline constexpr size_t untrusted_connection_bytes_max = 512u << 10;

// The part of a pool that only accounts which hold little may use, as a divisor, and what "little"
// is.
inline constexpr size_t reserve_divisor = 8;
inline constexpr size_t small_account_bytes_max = 256u << 10;
inline constexpr size_t small_account_divisor = 64;

// Of one connection: above the first it is not read from, until it is below the second; the third
// is the end of all it can have.
inline constexpr size_t connection_bytes_pause = 44u << 20;
inline constexpr size_t connection_bytes_resume = 24u << 20;
inline constexpr size_t connection_bytes_max = 64u << 20;

// What the largest error answer and the answer of a command without data need: always to be had,
// from a part of the pool that nothing else uses, as a divisor.
inline constexpr size_t answer_bytes_max = 8192;
inline constexpr size_t answers_divisor = 16;

// While memory is short, a peer that holds some of it must move this much in each interval.
inline constexpr uint64_t shortage_interval_ms = 2'000;
inline constexpr size_t shortage_progress_bytes = 32u << 10;
inline constexpr size_t shortage_intervals_max = 2;
inline constexpr size_t shortage_exempt_bytes = 64u << 10;

// Of the whole process, besides what RLIMIT_NOFILE allows; a user may hold so many times what is
// free. Watches and byte-range locks belong to opens.
inline constexpr size_t opens_max = 1u << 20;
inline constexpr size_t opens_of_user_factor = 3;
inline constexpr size_t named_pipe_bytes_max = 64u << 20;
// Descriptors for rings, files of the gateway's own, listeners and the administration.
inline constexpr size_t descriptors_reserved = 256;

static_assert(untrusted_small_bytes_max <= untrusted_connection_bytes_max);
static_assert(opens_max >= opens_per_session_max);
static_assert(unauthenticated_frame_bytes_max * 3 <= untrusted_connection_bytes_max);
static_assert(1.0 / untrusted_share_divisor < 1.0 / reserve_divisor);
static_assert(connection_bytes_resume < connection_bytes_pause);
static_assert(connection_bytes_pause + 2 * frame_bytes_max <= connection_bytes_max);
static_assert(2 * frame_bytes_max < connection_bytes_resume,
              "a frame that has begun and the one behind it must not keep a connection paused");

}  // namespace sluice::limits

#endif  // SLUICE_SERVER_BASE_NET_LIMITS_H_

// Limits on users, groups and what is remembered of clients that were refused: apart from limits.h
// because few files need them.
#ifndef SLUICE_SERVER_BASE_AUTH_LIMITS_H_
#define SLUICE_SERVER_BASE_AUTH_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "server/base/limits.h"

namespace sluice::limits {

inline constexpr size_t groups_max = 4096;
inline constexpr size_t group_members_max = 4096;
inline constexpr size_t refusals_max = 1000;
inline constexpr size_t kRefusalsPerAddressMax = 100;
// Lines of log and audit about an address, for what costs it no log-on.
inline constexpr uint32_t kRefusalLinesPerSecondMax = 20;

// What the throttle of log-ons remembers (server/auth/logon_throttle.h): addresses with failures;
// the users whose failures each has, and fewer once half of all are taken; users that have logged
// on, from how many addresses, with how many clients there.
inline constexpr size_t throttle_addresses_max = 32768;
inline constexpr size_t throttle_users_max = 131072;
inline constexpr size_t throttle_users_per_address_max = 256;
inline constexpr size_t throttle_users_per_address_min = 2;
inline constexpr size_t throttle_known_users_max = 16384;
inline constexpr size_t throttle_places_per_user_max = 16;
inline constexpr size_t throttle_clients_per_place_max = 4;
inline constexpr uint64_t throttle_judged_interval_ms_min = 1000;

static_assert(throttle_users_max / 2 + throttle_users_per_address_max +
                  throttle_addresses_max * throttle_users_per_address_min <=
              throttle_users_max + throttle_users_per_address_max);

// Log-ons that are not finished (server/smb/unfinished_logons.h), and what a client's tokens make
// one of them keep: NTLM's first message and SPNEGO's list of mechanisms, for the proofs at its
// end.
inline constexpr size_t unfinished_logons_max = 16384;
inline constexpr size_t unfinished_logons_per_address_max = 256;
inline constexpr size_t unfinished_logons_per_connection_max = 32;
inline constexpr size_t ntlm_negotiate_bytes_max = 2048;
inline constexpr size_t mech_types_bytes_max = 1024;

static_assert(unfinished_logons_per_connection_max <= sessions_per_connection_max);
static_assert(unfinished_logons_per_connection_max <= unfinished_logons_per_address_max);
static_assert(unfinished_logons_per_address_max <= unfinished_logons_max / 16);
static_assert((unfinished_logons_max + connections_max) *
                      (ntlm_negotiate_bytes_max + mech_types_bytes_max) <=
                  128u << 20,
              "what nobody has proved anything for must not fill the memory");

}  // namespace sluice::limits

#endif  // SLUICE_SERVER_BASE_AUTH_LIMITS_H_

// Limits on users, groups and what is remembered of clients that were refused: apart from limits.h
// because few files need them.
#ifndef SLUICE_SERVER_BASE_AUTH_LIMITS_H_
#define SLUICE_SERVER_BASE_AUTH_LIMITS_H_

#include <cstddef>

namespace sluice::limits {

inline constexpr size_t groups_max = 4096;
inline constexpr size_t group_members_max = 4096;
inline constexpr size_t refusals_max = 1000;
inline constexpr size_t throttle_entries_max = 65536;

}  // namespace sluice::limits

#endif  // SLUICE_SERVER_BASE_AUTH_LIMITS_H_

// How the name of a session's user is compared with the names that an administrator has written.
#ifndef SLUICE_SERVER_BASE_NAME_MATCH_H_
#define SLUICE_SERVER_BASE_NAME_MATCH_H_

#include <cstdint>

namespace sluice::base {

enum class NameMatch : uint8_t {
  kFolded,     // by Unicode case: the user is one of a store in which no two names are that alike
  kAsciiCase,  // a Kerberos principal's name, with auth.kerberos_ignore_case
  kExact,      // a Kerberos principal's name: a KDC may have "admin" and "ADMIN" for two people
};

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_NAME_MATCH_H_

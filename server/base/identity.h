// Whose rights a file operation runs with.
#ifndef SLUICE_SERVER_BASE_IDENTITY_H_
#define SLUICE_SERVER_BASE_IDENTITY_H_

#include <cstdint>
#include <vector>

namespace sluice::base {

// The Unix credentials of a session's user. Immutable once a session holds it.
struct Identity {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::vector<uint32_t> groups;  // supplementary
  // The io_uring personality registered for these credentials, by loop index; 0 is the process's
  // own. Empty where the gateway does not run as root: then everything runs as the process.
  std::vector<uint16_t> personalities;
};

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_IDENTITY_H_

// Whether what a configuration names on this machine is there: `sluiced --check-config`.
#ifndef SLUICE_SERVER_CONFIG_CHECK_PATHS_H_
#define SLUICE_SERVER_CONFIG_CHECK_PATHS_H_

#include "absl/status/status.h"
#include "server/config/config_file.h"

namespace sluice::config {

// Of what a gateway would open at its start, with the rights of this process; the directories of
// shares are the parser's. Opens and makes nothing. The error has all, a line each, as
// ParseConfiguration's.
absl::Status CheckPaths(const Configuration& configuration);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CHECK_PATHS_H_

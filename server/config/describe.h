// The effective configuration as text: `sluiced --check-config`.
#ifndef SLUICE_SERVER_CONFIG_DESCRIBE_H_
#define SLUICE_SERVER_CONFIG_DESCRIBE_H_

#include <string>

#include "server/config/live_configuration.h"

namespace sluice::config {

// TOML that a gateway could be started with; behind each value where it comes from: "default",
// "FILE:LINE" or "set at run time", and what the file says where that does not hold. The lines of
// what does not hold at all come first, as comments.
std::string Describe(const LiveConfiguration& configuration);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_DESCRIBE_H_

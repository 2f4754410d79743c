// Reading the configuration file again while the gateway runs: `reload` and SIGHUP.
#ifndef SLUICE_SERVER_CONTROL_RELOAD_H_
#define SLUICE_SERVER_CONTROL_RELOAD_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/live_configuration.h"
#include "server/control/command.h"

namespace sluice::control {

// Serves shares on `gateway`; the handles of one that goes or changes stay open until the clients
// close them, or with `close` are closed.
config::ServeShare ServeOn(Gateway& gateway, bool close);

// Reads the file that the gateway was started with. A mistake in it changes nothing; the error has
// them all, a line each.
absl::StatusOr<config::ReloadReport> Reload(const ControlContext& context);

// For logs, a line each.
std::vector<std::string> Lines(const config::ReloadReport& report);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_RELOAD_H_

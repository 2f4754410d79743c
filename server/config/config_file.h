// The configuration file: TOML in, validated options out, every mistake named with its place.
#ifndef SLUICE_SERVER_CONFIG_CONFIG_FILE_H_
#define SLUICE_SERVER_CONFIG_CONFIG_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/gateway_options.h"

namespace sluice::config {

struct Configuration {
  GatewayOptions gateway;
  std::string control_socket = "/run/sluice/control.sock";
};

// `file` is for messages only. The error holds every mistake, a line each, as
// "FILE:LINE:COLUMN: what is wrong; what would be right".
absl::StatusOr<Configuration> ParseConfiguration(absl::string_view text, absl::string_view file);

// Reads and parses `path`.
absl::StatusOr<Configuration> LoadConfiguration(const std::string& path);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CONFIG_FILE_H_

// The configuration file: TOML in, validated options out, every mistake named with its place.
#ifndef SLUICE_SERVER_CONFIG_CONFIG_FILE_H_
#define SLUICE_SERVER_CONFIG_CONFIG_FILE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/gateway_options.h"

namespace sluice::config {

// Counted from 1.
struct Place {
  uint32_t line = 0;
  uint32_t column = 0;
};

struct Configuration {
  GatewayOptions gateway;
  std::string control_socket = "/run/sluice/control.sock";
  // The group whose members may use the control socket, which is nearly as much as to be root (see
  // server/control/caller_rights.h); "": its owner only.
  std::string control_group;
  // They may also do what caller_rights.h refuses.
  bool control_unrestricted = false;
  std::string log_file;        // "": standard error
  std::string metrics_listen;  // "": no endpoint for Prometheus
  std::string file;            // as it was named
  // Where the file says what, by name: "server.listen", "signing.required", "share.files.path".
  std::map<std::string, Place> places;
};

// `file` is for messages only. The error holds every mistake, a line each, as
// "FILE:LINE:COLUMN: what is wrong; what would be right".
absl::StatusOr<Configuration> ParseConfiguration(absl::string_view text, absl::string_view file);

// Reads and parses `path`.
absl::StatusOr<Configuration> LoadConfiguration(const std::string& path);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_CONFIG_FILE_H_

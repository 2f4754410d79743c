// A client of the control socket: one request, one response.
#ifndef SLUICE_TOOLS_SLUICECTL_CLIENT_H_
#define SLUICE_TOOLS_SLUICECTL_CLIENT_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sluice::sluicectl {

// Sends `command` with `params` to the gateway behind `socket_path` and gives the result; an error
// of the gateway's comes back with its code and message, UNAVAILABLE where no gateway answers.
// Blocks, 30 seconds at most.
absl::StatusOr<nlohmann::json> Call(const std::string& socket_path, const std::string& command,
                                    const nlohmann::json& params);

// The code of an error for programs: the protocol's, or "unreachable", "timeout", "failed".
absl::string_view CodeName(const absl::Status& status);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_CLIENT_H_

// The control socket's commands, as rows of a table: a new command is a new row.
//
// A request is one line of JSON, {"id": 1, "command": "user.add", "params": {...}}; its response is
// one line, {"id": 1, "result": ...} or {"id": 1, "error": {"code": "...", "message": "..."}}.
#ifndef SLUICE_SERVER_CONTROL_COMMANDS_H_
#define SLUICE_SERVER_CONTROL_COMMANDS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/auth/user_store.h"
#include "server/gateway_options.h"
#include "server/session/session_table.h"

namespace sluice::control {

inline constexpr int kProtocolVersion = 1;

// What `status` shows of the gateway.
struct StatusReport {
  std::string version;
  std::vector<std::string> listen;
  std::vector<std::string> shares;
  size_t loops = 0;
  uint64_t uptime_seconds = 0;
  uint64_t connections = 0;
  std::string crypto_processor;  // the code path that ipsec-mb chose
  std::vector<std::pair<std::string, uint64_t>> counters;
};

// What commands act on; outlives the server. `status` runs on the control thread and may wait.
struct ControlContext {
  auth::UserStore& users;
  LivePreferences& preferences;
  const session::SessionTable& sessions;
  std::function<StatusReport()> status;
};

struct Parameter {
  enum class Type : uint8_t { kString, kStringMap };
  absl::string_view name;
  Type type = Type::kString;
  bool required = true;
  absl::string_view help;
};

struct CommandRow {
  absl::string_view name;
  absl::string_view help;
  absl::Span<const Parameter> parameters;
  bool mutates = false;
  // `params` holds what `parameters` says, checked.
  absl::StatusOr<nlohmann::json> (*handler)(const ControlContext& context,
                                            const nlohmann::json& params);
};

absl::Span<const CommandRow> CommandTable();

// Executes one request line (without its newline) and gives the response line (without one). Any
// bytes get an answer; on the control thread only.
std::string Execute(const ControlContext& context, absl::string_view line);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_COMMANDS_H_

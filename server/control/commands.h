// The control socket's protocol: requests in, responses out.
//
// A request is one line of JSON, {"id": 1, "command": "user.add", "params": {...}}; its response is
// one line, {"id": 1, "result": ...} or {"id": 1, "error": {"code": "...", "message": "..."}}.
// docs/control-socket.md describes it for those who write programs for it.
#ifndef SLUICE_SERVER_CONTROL_COMMANDS_H_
#define SLUICE_SERVER_CONTROL_COMMANDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/control/command.h"

namespace sluice::control {

// Grows when a program that was right before could be wrong after; new commands, parameters and
// members of results do not count. A request may name it as "protocol" and is refused if it is
// another one.
inline constexpr int kProtocolVersion = 1;

// All groups.
absl::Span<const CommandRow> CommandTable();

// Executes one request line (without its newline) and gives the response line (without one). Any
// bytes get an answer; on the control thread only. What changes something is logged with the
// caller, without secrets.
std::string Execute(const ControlContext& context, const Caller& caller, absl::string_view line);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_COMMANDS_H_

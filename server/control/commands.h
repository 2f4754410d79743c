// The control socket's protocol: requests in, responses out.
//
// A request is one line of JSON, {"id": 1, "command": "user.add", "params": {...}}; its response is
// one line, {"id": 1, "result": ...} or {"id": 1, "error": {"code": "...", "message": "..."}}.
// docs/control-socket.md describes it for those who write programs for it.
#ifndef SLUICE_SERVER_CONTROL_COMMANDS_H_
#define SLUICE_SERVER_CONTROL_COMMANDS_H_

#include <memory>
#include <nlohmann/json_fwd.hpp>
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

// One request that was read. What it held of passwords is wiped at its end.
class Request {
 public:
  // Of a line without its newline; any bytes are a request that gets an answer.
  explicit Request(absl::string_view line);
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // Whether executing it may wait for a disk, for storage or for the machine's directory service.
  bool MayWait() const;
  const nlohmann::json& document() const { return *document_; }

 private:
  const std::unique_ptr<nlohmann::json> document_;
};

// Executes the request and gives the response line, without a newline. Thread-safe. What changes
// something is logged with the caller, without secrets.
std::string Execute(const ControlContext& context, const Caller& caller, const Request& request);
std::string Execute(const ControlContext& context, const Caller& caller, absl::string_view line);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_COMMANDS_H_

// What a command of the control socket is: a row of a table. `help`, docs/control-socket.md and the
// manual pages are made from the rows.
#ifndef SLUICE_SERVER_CONTROL_COMMAND_H_
#define SLUICE_SERVER_CONTROL_COMMAND_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/config/live_configuration.h"
#include "server/gateway.h"

namespace sluice::control {

// Who asks, as the kernel says (SO_PEERCRED).
struct Caller {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

// What commands act on; outlives the server.
struct ControlContext {
  Gateway& gateway;
  config::LiveConfiguration& configuration;
};

struct Parameter {
  enum class Type : uint8_t {
    kString,
    kBool,
    kInteger,  // from min to max
    kChoice,   // one of `choices`, a string
    kStrings,  // a list of strings, not empty
    kMap,  // an object, not empty; each value a string, a boolean, a number or a list of strings
  };
  absl::string_view name;
  Type type = Type::kString;
  bool required = true;
  // Never in a log.
  bool secret = false;
  int64_t min = 0;
  int64_t max = 0;
  absl::Span<const absl::string_view> choices;
  absl::string_view help;
};

// One request.
struct Call {
  const ControlContext& context;
  Caller caller;
  // Holds what the row's parameters say, checked.
  const nlohmann::json& params;
};

struct CommandRow {
  absl::string_view name;  // "group.verb" or a lone word
  absl::string_view help;
  absl::Span<const Parameter> parameters;
  bool mutates = false;
  // Thread-safe. May wait, where the row mutates, but never without end: for storage by
  // server/base/deadline_call.h. The status of an error becomes the response's code
  // (error_codes.h); its message says what to do.
  absl::StatusOr<nlohmann::json> (*handler)(const Call& call);
};

// The groups; CommandTable joins them.
absl::Span<const CommandRow> GeneralCommands();     // commands_general.cc
absl::Span<const CommandRow> SeeCommands();         // commands_see.cc
absl::Span<const CommandRow> InspectCommands();     // commands_inspect.cc
absl::Span<const CommandRow> PreferenceCommands();  // commands_prefs.cc
absl::Span<const CommandRow> ShareCommands();       // commands_shares.cc
absl::Span<const CommandRow> UserCommands();        // commands_users.cc
absl::Span<const CommandRow> ClientCommands();      // commands_clients.cc

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_COMMAND_H_

// The command table for people and programs.
#ifndef SLUICE_SERVER_CONTROL_COMMAND_HELP_H_
#define SLUICE_SERVER_CONTROL_COMMAND_HELP_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/types/span.h"
#include "server/control/command.h"

namespace sluice::control {

// "string", "integer from 1 to 5", "one of a, b" and so on.
std::string TypeText(const Parameter& parameter);

// The commands and the error codes as Markdown: the generated part of docs/control-socket.md.
std::string CommandReference();

// All preferences as Markdown: docs/preferences.md.
std::string PreferenceReference();

// The answer to `help`.
nlohmann::json HelpOf(absl::Span<const CommandRow> rows);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_COMMAND_HELP_H_

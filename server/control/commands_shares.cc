// The shares.
#include <nlohmann/json.hpp>

#include "server/control/command.h"

namespace sluice::control {

absl::Span<const CommandRow> ShareCommands() { return {}; }

}  // namespace sluice::control

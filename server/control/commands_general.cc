// help: what there is.
#include <nlohmann/json.hpp>

#include "server/control/command_help.h"
#include "server/control/commands.h"

namespace sluice::control {
namespace {

using nlohmann::json;

absl::StatusOr<json> Help(const Call&) { return HelpOf(CommandTable()); }

constexpr CommandRow kRows[] = {
    {.name = "help", .help = "the commands and their parameters", .handler = &Help},
};

}  // namespace

absl::Span<const CommandRow> GeneralCommands() { return kRows; }

}  // namespace sluice::control

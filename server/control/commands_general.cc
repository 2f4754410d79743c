// help, reload.
#include <nlohmann/json.hpp>

#include "server/control/command_help.h"
#include "server/control/commands.h"
#include "server/control/preference_json.h"
#include "server/control/reload.h"

namespace sluice::control {
namespace {

using nlohmann::json;

absl::StatusOr<json> ReloadFile(const Call& call) {
  const absl::StatusOr<config::ReloadReport> report = Reload(call.context);
  if (!report.ok()) return report.status();
  json changed = json::array();
  for (const config::PreferenceChange& change : report->changed) {
    changed.push_back({{"name", change.key.name()},
                       {"before", ToJson(*change.key.row, change.before)},
                       {"after", ToJson(*change.key.row, change.after)},
                       {"applies", std::string(config::Name(change.key.row->applies))}});
  }
  return json{{"changed", changed},
              {"shares_added", report->shares_added},
              {"shares_changed", report->shares_changed},
              {"shares_removed", report->shares_removed},
              {"needs_restart", report->needs_restart},
              {"failed", report->failed},
              {"overridden", report->overridden}};
}

absl::StatusOr<json> Help(const Call&) { return HelpOf(CommandTable()); }

constexpr CommandRow kRows[] = {
    {.name = "help", .help = "the commands and their parameters", .handler = &Help},
    {.name = "reload",
     .help = "reads the configuration file again, applies what can be applied and lists what needs "
             "a restart; what was set at run time stays; SIGHUP does the same",
     .mutates = true,
     .handler = &ReloadFile},
};

}  // namespace

absl::Span<const CommandRow> GeneralCommands() { return kRows; }

}  // namespace sluice::control

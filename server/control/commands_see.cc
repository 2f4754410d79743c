// What goes on: status, capabilities, stats.
#include <nlohmann/json.hpp>

#include "server/base/version.h"
#include "server/config/preferences.h"
#include "server/control/commands.h"
#include "server/control/stats_json.h"

namespace sluice::control {
namespace {

using nlohmann::json;

absl::StatusOr<json> Status(const Call& call) {
  const Gateway& gateway = call.context.gateway;
  const GatewayStatus status = gateway.Status();
  json counters = json::object();
  for (const auto& [name, value] : status.counters) counters[name] = value;
  return json{{"version", base::kVersion},
              {"protocol", kProtocolVersion},
              {"listen", gateway.listen_addresses()},
              {"shares", status.shares},
              {"loops", status.loops},
              {"uptime_seconds", status.uptime_seconds},
              {"connections", status.connections},
              {"sessions", gateway.sessions().size()},
              {"crypto_processor", status.crypto_processor},
              {"counters", counters}};
}

absl::StatusOr<json> Stats(const Call& call) { return StatsJson(call.context.gateway.Observe()); }

// The first choices are the preferences' that choose among protocol versions and algorithms.
absl::StatusOr<json> Capabilities(const Call&) {
  json groups = json::object();
  for (const auto& [group, name] :
       {std::pair("dialects", "dialect.max"), std::pair("signing", "signing.algorithms"),
        std::pair("ciphers", "encryption.ciphers")}) {
    json names = json::array();
    for (const config::PreferenceRow& row : config::PreferenceTable()) {
      if (row.of_share || row.name != name) continue;
      for (const absl::string_view choice : row.choices) names.push_back(std::string(choice));
    }
    groups[group] = std::move(names);
  }
  for (const auto& [group, names] : Gateway::Capabilities()) groups[group] = names;
  return groups;
}

constexpr CommandRow kRows[] = {
    {.name = "status", .help = "the gateway's state and counters", .handler = &Status},
    {.name = "capabilities",
     .help = "what this program can do, by the tables that do it",
     .handler = &Capabilities},
    {.name = "stats",
     .help = "everything that is counted: by command, share, loop and status; latencies",
     .handler = &Stats},
};

}  // namespace

absl::Span<const CommandRow> SeeCommands() { return kRows; }

}  // namespace sluice::control

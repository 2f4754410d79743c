// What goes on: status, sessions.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "proto/smb2/negotiate.h"
#include "server/base/version.h"
#include "server/control/commands.h"

namespace sluice::control {
namespace {

using nlohmann::json;

std::string Text(absl::string_view view) { return std::string(view); }

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

absl::StatusOr<json> Sessions(const Call& call) {
  json rows = json::array();
  for (const session::SessionInfo& info : call.context.gateway.sessions().List()) {
    rows.push_back({{"id", absl::StrCat(absl::Hex(info.id, absl::kZeroPad16))},
                    {"user", info.user},
                    {"domain", info.domain},
                    {"client", info.client_address},
                    {"dialect", Text(proto::Name(info.dialect))},
                    {"signing", Text(crypto::Name(info.signing_algorithm))},
                    {"signing_required", info.signing_required},
                    {"cipher", Text(crypto::Name(info.cipher))},
                    {"encrypted", info.encrypted},
                    {"guest", info.guest},
                    {"opens", info.opens == nullptr ? 0 : info.opens->load()},
                    {"since", info.started_wall_nanos / 1'000'000'000},
                    {"loop", info.loop_index}});
  }
  return rows;
}

constexpr CommandRow kRows[] = {
    {.name = "status", .help = "the gateway's state and counters", .handler = &Status},
    {.name = "sessions",
     .help = "who is logged on, from where, and how it is protected",
     .handler = &Sessions},
};

}  // namespace

absl::Span<const CommandRow> SeeCommands() { return kRows; }

}  // namespace sluice::control

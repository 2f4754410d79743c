// Who was refused, and why, and how to let them in.
#include <nlohmann/json.hpp>

#include "server/auth/logon_throttle.h"
#include "server/base/client_address.h"
#include "server/base/refusal_log.h"
#include "server/control/command.h"

namespace sluice::control {
namespace {

using nlohmann::json;

constexpr int64_t kNanosPerSecond = 1'000'000'000;

absl::StatusOr<json> Refused(const Call& call) {
  const base::RefusalLog& log = call.context.gateway.refusals();
  const std::string client = call.params.value("client", "");
  json rows = json::array();
  for (const base::Refusal& refusal : log.List()) {
    if (!client.empty() && refusal.client != client) continue;
    rows.push_back({{"kind", std::string(base::Name(refusal.kind))},
                    {"client", refusal.client},
                    {"user", refusal.user},
                    {"why", refusal.why},
                    {"count", refusal.count},
                    {"first", refusal.first_wall_nanos / kNanosPerSecond},
                    {"last", refusal.last_wall_nanos / kNanosPerSecond}});
  }
  json counts = json::object();
  for (size_t i = 0; i < base::kRefusalKinds; ++i) {
    const auto kind = static_cast<base::RefusalKind>(i);
    counts[std::string(base::Name(kind))] = log.Count(kind);
  }
  return json{{"counts", counts}, {"refused", rows}};
}

absl::StatusOr<json> Forgive(const Call& call) {
  const std::string address = call.params.at("address");
  return json{{"address", base::ClientAddress(address)},
              {"failures", call.context.gateway.throttle().Forgive(address)}};
}

constexpr Parameter kForgiveParameters[] = {
    {.name = "address", .help = "an IPv4 or IPv6 address; of the latter its /64 is meant"}};
constexpr Parameter kRefusedParameters[] = {
    {.name = "client", .required = false, .help = "only those from this address"}};

constexpr CommandRow kRows[] = {
    {.name = "clients.refused",
     .help = "who was refused, when and why, the latest first, and how often since the start",
     .parameters = kRefusedParameters,
     .handler = &Refused},
    {.name = "clients.forgive",
     .help = "forgets the failed log-ons from an address, of whichever users, so that none of them "
             "locks anybody out or delays a log-on any more; \"failures\" is how many there were",
     .parameters = kForgiveParameters,
     .mutates = true,
     .handler = &Forgive},
};

}  // namespace

absl::Span<const CommandRow> ClientCommands() { return kRows; }

}  // namespace sluice::control

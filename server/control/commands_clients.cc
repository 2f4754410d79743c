// Who was refused, and why.
#include <nlohmann/json.hpp>

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

constexpr Parameter kRefusedParameters[] = {
    {.name = "client", .required = false, .help = "only those from this address"}};

constexpr CommandRow kRows[] = {
    {.name = "clients.refused",
     .help = "who was refused, when and why, the latest first, and how often since the start",
     .parameters = kRefusedParameters,
     .handler = &Refused},
};

}  // namespace

absl::Span<const CommandRow> ClientCommands() { return kRows; }

}  // namespace sluice::control

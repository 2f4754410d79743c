// clients refused, forgive.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/table.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

std::string LocalTime(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm parts{};
  char text[32];
  localtime_r(&time, &parts);
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

std::string RenderRefused(const json& result) {
  static constexpr Column kColumns[] = {{"last", "LAST"}, {"count", "TIMES"}, {"why", "WHY"}};
  json rows = result.at("refused");
  for (json& row : rows) row["last"] = LocalTime(row.at("last").get<int64_t>());
  std::string out = RenderTable(rows, kColumns, "nobody was refused");
  std::string counts;
  for (const auto& [kind, count] : result.at("counts").items()) {
    if (count == 0) continue;
    absl::StrAppend(&counts, counts.empty() ? "" : ", ", kind, " ", count.get<uint64_t>());
  }
  if (!counts.empty()) absl::StrAppend(&out, "since the start: ", counts, "\n");
  return out;
}

}  // namespace

void AddClientCommands(CLI::App& app, Context& context) {
  CLI::App* clients = app.add_subcommand("clients", "Clients")->require_subcommand(1);
  const auto address = std::make_shared<std::string>();
  CLI::App* refused =
      clients->add_subcommand("refused", "Who was refused, when and why, the latest first");
  refused->add_option("ADDRESS", *address, "Only those from this address");
  refused->callback([address, &context] {
    const json params = address->empty() ? json::object() : json{{"client", *address}};
    Run(context, "clients.refused", params, RenderRefused);
  });
  const auto forgiven = std::make_shared<std::string>();
  CLI::App* forgive = clients->add_subcommand(
      "forgive", "Forget the failed log-ons from an address, so that they delay nobody any more");
  forgive->add_option("ADDRESS", *forgiven, "An IPv4 address, or an IPv6 address for its /64")
      ->required();
  forgive->callback([forgiven, &context] {
    Run(context, "clients.forgive", {{"address", *forgiven}}, [](const json& result) {
      return absl::StrCat("failed log-ons from ", result.value("address", ""),
                          " forgotten: ", result.value("failures", uint64_t{0}), "\n");
    });
  });
}

}  // namespace sluice::sluicectl

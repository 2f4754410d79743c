// status, capabilities, stats.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/pages.h"

namespace sluice::sluicectl {

using nlohmann::json;

namespace {

// A group's name, and its members below it, each on a line of its own.
std::string RenderGroups(const json& groups) {
  std::string text;
  for (const auto& [group, names] : groups.items()) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", group, "\n");
    for (const json& name : names) absl::StrAppend(&text, "  ", name.get<std::string>(), "\n");
  }
  return text;
}

}  // namespace

void AddSeeCommands(CLI::App& app, Context& context) {
  app.add_subcommand("status", "What the gateway serves, and what has gone wrong")
      ->callback([&context] { Run(context, "status", json::object(), RenderStatus); });
  app.add_subcommand("capabilities", "What this gateway can do, by the tables that do it")
      ->callback([&context] { Run(context, "capabilities", json::object(), RenderGroups); });
  app.add_subcommand("stats", "Everything that was counted since the start")->callback([&context] {
    Run(context, "stats", json::object(), RenderStats);
  });
}

}  // namespace sluice::sluicectl

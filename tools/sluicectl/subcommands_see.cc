// status, sessions.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/table.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

std::string RenderSessions(const json& rows) {
  static constexpr Column kColumns[] = {{"user", "USER"},       {"client", "CLIENT"},
                                        {"dialect", "DIALECT"}, {"signing", "SIGNING"},
                                        {"cipher", "CIPHER"},   {"encrypted", "ENCRYPTED"}};
  return RenderTable(rows, kColumns, "no sessions");
}

}  // namespace

void AddSeeCommands(CLI::App& app, Context& context) {
  app.add_subcommand("status", "The gateway's state and counters")->callback([&context] {
    Run(context, "status", json::object(), RenderFields);
  });
  app.add_subcommand("sessions", "Who is logged on, from where, and how it is protected")
      ->callback([&context] { Run(context, "sessions", json::object(), RenderSessions); });
}

}  // namespace sluice::sluicectl

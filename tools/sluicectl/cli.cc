#include "tools/sluicectl/cli.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/printable.h"
#include "server/config/nearest.h"
#include "tools/sluicectl/client.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

void Tell(const Context& context, absl::string_view code, const std::string& message) {
  if (context.json) {
    const json error = {{"error", {{"code", std::string(code)}, {"message", message}}}};
    std::cout << JsonText(error);
  } else {
    std::cerr << "sluicectl: " << base::Printable(message, "\n") << "\n";
  }
}

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

}  // namespace

std::string JsonText(const json& value) {
  return base::Printable(value.dump(2, ' ', false, json::error_handler_t::replace), "\n") + "\n";
}

void Fail(Context& context, const absl::Status& status) {
  Tell(context, CodeName(status), std::string(status.message()));
  context.exit_code = absl::IsUnavailable(status) ? kUnreachable : kRefused;
}

void Run(Context& context, const std::string& command, const json& params, const Render& render) {
  const absl::StatusOr<json> result = Call(context.socket, command, params);
  if (!result.ok()) return Fail(context, result.status());
  try {
    std::cout << (context.json ? JsonText(*result) : base::Printable(render(*result), "\n"));
  } catch (const json::exception&) {
    Fail(context, absl::InternalError("the gateway's answer lacks what belongs there; are sluiced "
                                      "and sluicectl of one version?"));
  }
}

void Usage(Context& context, const std::string& message) {
  Tell(context, "usage", message);
  context.exit_code = kUsage;
}

const CLI::App* FindCommand(const CLI::App& app, absl::string_view name) {
  for (const CLI::App* const command : CommandsOf(app)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

void NoSuchCommand(Context& context, const CLI::App& app, absl::string_view name) {
  std::vector<std::string> names;
  for (const CLI::App* const command : CommandsOf(app)) names.push_back(command->get_name());
  const std::string nearest =
      config::Nearest(name, std::vector<absl::string_view>(names.begin(), names.end()));
  Usage(context, absl::StrCat("there is no command \"", name, "\"; ",
                              nearest.empty() ? "`sluicectl help` lists them"
                                              : absl::StrCat("did you mean \"", nearest, "\"?")));
}

}  // namespace sluice::sluicectl

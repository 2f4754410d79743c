// All of sluicectl's command line: for the program and for what describes it.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "server/base/version.h"
#include "tools/sluicectl/cli.h"

namespace sluice::sluicectl {
namespace {

void AddHelpCommand(CLI::App& app, Context& context) {
  const auto words = std::make_shared<std::vector<std::string>>();
  CLI::App* help = app.add_subcommand("help", "Show how a command is used");
  help->add_option("COMMAND", *words, "A command, such as: prefs set (default: all of them)");
  help->callback([words, &app, &context] {
    const CLI::App* of = &app;
    std::string before;
    for (const std::string& word : *words) {
      const CLI::App* const command = FindCommand(*of, word);
      if (command == nullptr) return NoSuchCommand(context, *of, word);
      before += (before.empty() ? "" : " ") + of->get_name();
      of = command;
    }
    std::cout << of->help(before);
  });
}

}  // namespace

void DescribeProgram(CLI::App& app, Context& context) {
  app.name("sluicectl");
  app.description("Administers a running sluiced over its control socket.");
  app.set_version_flag("--version", std::string("sluicectl ") + base::kVersion);
  app.add_option("--socket", context.socket, "The gateway's control socket")->capture_default_str();
  app.add_flag("--json", context.json, "Print the answer as JSON");
  app.footer("Exit code: 0 done, 1 refused or failed, 2 wrong usage, 3 no gateway reached.");
  app.require_subcommand(1);
  app.fallthrough();
  AddSeeCommands(app, context);
  AddInspectCommands(app, context);
  AddTopCommand(app, context);
  AddShareCommands(app, context);
  AddUserCommands(app, context);
  AddGroupCommands(app, context);
  AddClientCommands(app, context);
  AddImportCommands(app, context);
  AddPreferenceCommands(app, context);
  AddGeneralCommands(app, context);
  AddHelpCommand(app, context);
}

}  // namespace sluice::sluicectl

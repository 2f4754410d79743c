// All of sluicectl's command line: for the program and for what describes it.
#include <CLI/CLI.hpp>
#include <string>

#include "server/base/version.h"
#include "tools/sluicectl/cli.h"

namespace sluice::sluicectl {

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
}

}  // namespace sluice::sluicectl

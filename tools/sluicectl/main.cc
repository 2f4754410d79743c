// sluicectl: administration of a running gateway over its control socket.

#include <CLI/CLI.hpp>
#include <string>

#include "server/base/version.h"
#include "tools/sluicectl/cli.h"

namespace sluice::sluicectl {
namespace {

int Main(int argc, char** argv) {
  Context context;
  CLI::App app("Administers a running sluiced over its control socket.", "sluicectl");
  app.set_version_flag("--version", std::string("sluicectl ") + base::kVersion);
  app.add_option("--socket", context.socket, "The gateway's control socket")->capture_default_str();
  app.add_flag("--json", context.json, "Print the answer as JSON");
  app.footer("Exit code: 0 done, 1 refused or failed, 2 wrong usage, 3 no gateway reached.");
  app.require_subcommand(1);
  app.fallthrough();
  AddSeeCommands(app, context);
  AddShareCommands(app, context);
  AddUserCommands(app, context);
  AddPreferenceCommands(app, context);
  AddGeneralCommands(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kUsage;
  }
  return context.exit_code;
}

}  // namespace
}  // namespace sluice::sluicectl

int main(int argc, char** argv) { return sluice::sluicectl::Main(argc, argv); }

#include "server/program_options.h"

#include <CLI/CLI.hpp>

#include "server/base/version.h"

namespace sluice {

void DescribeProgram(CLI::App& app, ProgramOptions& options) {
  app.name("sluiced");
  app.description("Serves directories over SMB 2 and 3.");
  app.set_version_flag("--version", std::string("sluiced ") + base::kVersion);
  app.add_option("--config", options.config, "The configuration file")->capture_default_str();
  app.add_flag("--check-config", options.check,
               "Print what would be obeyed and why, or every mistake, and end");
}

}  // namespace sluice

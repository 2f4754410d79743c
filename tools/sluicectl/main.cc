// sluicectl: administration of a running gateway over its control socket.

#include <CLI/CLI.hpp>

#include "tools/sluicectl/cli.h"

namespace sluice::sluicectl {
namespace {

int Main(int argc, char** argv) {
  Context context;
  CLI::App app;
  DescribeProgram(app, context);
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

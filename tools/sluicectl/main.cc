// sluicectl: administration of a running gateway over its control socket.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>

#include "tools/sluicectl/cli.h"

namespace sluice::sluicectl {
namespace {

// The parser reports a mistyped command as one that is missing. True if that was it: the first word
// that names none where one belongs is told of.
bool ToldOfMistypedCommand(Context& context, const CLI::App& app, int argc, char** argv) {
  const CLI::App* at = &app;
  for (int i = 1; i < argc && at->get_require_subcommand_min() != 0; ++i) {
    const std::string word = argv[i];
    if (word == "--socket") ++i;  // its value follows
    if (word.empty() || word[0] == '-') continue;
    const CLI::App* const command = FindCommand(*at, word);
    if (command == nullptr) {
      NoSuchCommand(context, *at, word);
      return true;
    }
    at = command;
  }
  return false;
}

int Main(int argc, char** argv) {
  Context context;
  CLI::App app;
  DescribeProgram(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    context.json = std::any_of(argv + 1, argv + argc,
                               [](const std::string& word) { return word == "--json"; });
    if (!ToldOfMistypedCommand(context, app, argc, argv)) {
      Usage(context, std::string(error.what()) + "; sluicectl help says how it is used");
    }
  }
  return context.exit_code;
}

}  // namespace
}  // namespace sluice::sluicectl

int main(int argc, char** argv) { return sluice::sluicectl::Main(argc, argv); }

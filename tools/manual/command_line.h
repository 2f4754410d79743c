// A program's command line, read from its parser: what manual pages and completions are made from.
#ifndef SLUICE_TOOLS_MANUAL_COMMAND_LINE_H_
#define SLUICE_TOOLS_MANUAL_COMMAND_LINE_H_

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace sluice::manual {

struct Option {
  std::string name;  // "--socket"; of a positional its placeholder, "NAME"
  std::string help;
  std::string default_value;
  std::string placeholder;  // "" for a flag
  bool positional = false;
  bool required = false;
  bool repeated = false;
};

struct CommandLine {
  std::string name;
  std::string help;
  std::string footer;
  std::vector<Option> options;
  std::vector<CommandLine> commands;
};

CommandLine ReadCommandLine(const CLI::App& app);

}  // namespace sluice::manual

#endif  // SLUICE_TOOLS_MANUAL_COMMAND_LINE_H_

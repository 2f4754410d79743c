// manual DIRECTORY: writes the manual pages and the shells' completions there, made from the tables
// and command lines that the programs themselves use.
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>

#include "server/program_options.h"
#include "tools/manual/command_line.h"
#include "tools/manual/completion.h"
#include "tools/manual/man_page.h"
#include "tools/sluicectl/cli.h"

namespace sluice::manual {
namespace {

int Main(const std::string& directory) {
  ProgramOptions program_options;
  CLI::App daemon;
  DescribeProgram(daemon, program_options);
  sluicectl::Context context;
  CLI::App control;
  sluicectl::DescribeProgram(control, context);
  const CommandLine line = ReadCommandLine(control);
  const std::pair<const char*, std::string> files[] = {
      {"sluiced.8", DaemonPage(ReadCommandLine(daemon))},
      {"sluicectl.1", ControlPage(line)},
      {"sluice.toml.5", ConfigurationPage()},
      {"sluicectl.bash", BashCompletion(line)},
      {"_sluicectl", ZshCompletion(line)},
      {"sluicectl.fish", FishCompletion(line)},
  };
  for (const auto& [name, text] : files) {
    const std::string path = directory + "/" + name;
    std::ofstream out(path, std::ios::binary);
    if (!(out << text << std::flush)) {
      std::cerr << "manual: cannot write " << path << "\n";
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace sluice::manual

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: manual DIRECTORY\n";
    return 2;
  }
  return sluice::manual::Main(argv[1]);
}

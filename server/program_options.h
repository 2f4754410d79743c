// The command line of sluiced.
#ifndef SLUICE_SERVER_PROGRAM_OPTIONS_H_
#define SLUICE_SERVER_PROGRAM_OPTIONS_H_

#include <string>

namespace CLI {
class App;
}

namespace sluice {

struct ProgramOptions {
  std::string config = "/etc/sluice/sluice.toml";
  bool check = false;
};

// `options` outlives `app`.
void DescribeProgram(CLI::App& app, ProgramOptions& options);

}  // namespace sluice

#endif  // SLUICE_SERVER_PROGRAM_OPTIONS_H_

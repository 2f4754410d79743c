// What shells complete a program's command line with.
#ifndef SLUICE_TOOLS_MANUAL_COMPLETION_H_
#define SLUICE_TOOLS_MANUAL_COMPLETION_H_

#include <string>

#include "tools/manual/command_line.h"

namespace sluice::manual {

// Commands and options; where the value of an option or a positional is due, file names.
std::string BashCompletion(const CommandLine& program);
std::string ZshCompletion(const CommandLine& program);
std::string FishCompletion(const CommandLine& program);

}  // namespace sluice::manual

#endif  // SLUICE_TOOLS_MANUAL_COMPLETION_H_

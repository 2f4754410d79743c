// Manual pages in the man(7) macros.
#ifndef SLUICE_TOOLS_MANUAL_MAN_PAGE_H_
#define SLUICE_TOOLS_MANUAL_MAN_PAGE_H_

#include <string>

#include "tools/manual/command_line.h"

namespace sluice::manual {

// sluiced(8), from its command line.
std::string DaemonPage(const CommandLine& program);
// sluicectl(1), from its command line.
std::string ControlPage(const CommandLine& program);
// sluice.toml(5), from the tables of keys and preferences.
std::string ConfigurationPage();

}  // namespace sluice::manual

#endif  // SLUICE_TOOLS_MANUAL_MAN_PAGE_H_

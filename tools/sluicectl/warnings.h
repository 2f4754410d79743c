// What the gateway did as it was told, and thinks may not be meant.
#ifndef SLUICE_TOOLS_SLUICECTL_WARNINGS_H_
#define SLUICE_TOOLS_SLUICECTL_WARNINGS_H_

#include "tools/sluicectl/cli.h"

namespace sluice::sluicectl {

// Renders as `render` and writes the result's warnings to standard error.
Render WithWarnings(Render render);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_WARNINGS_H_

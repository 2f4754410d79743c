// Passwords from a terminal or standard input, never from the command line.
#ifndef SLUICE_TOOLS_SLUICECTL_PASSWORD_H_
#define SLUICE_TOOLS_SLUICECTL_PASSWORD_H_

#include <string>

#include "absl/status/statusor.h"

namespace sluice::sluicectl {

// Asks twice on the terminal without showing it, or, `from_stdin`, takes the first line of standard
// input, without a carriage return at its end. An error where it is not UTF-8.
absl::StatusOr<std::string> ReadPassword(bool from_stdin);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_PASSWORD_H_

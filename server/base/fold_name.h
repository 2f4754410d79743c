// Names that differ in case only are one: of shares, and of what is said of them.
#ifndef SLUICE_SERVER_BASE_FOLD_NAME_H_
#define SLUICE_SERVER_BASE_FOLD_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace sluice::base {

// Each character of UTF-8 upper-cased by itself, as Windows does it; what is not UTF-8 stays.
std::string FoldName(absl::string_view name);

bool SameName(absl::string_view a, absl::string_view b);

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_FOLD_NAME_H_

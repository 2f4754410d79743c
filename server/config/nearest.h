// The known name that a mistyped one probably means.
#ifndef SLUICE_SERVER_CONFIG_NEAREST_H_
#define SLUICE_SERVER_CONFIG_NEAREST_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::config {

// The first of `known` with the fewest edits to `name`; empty if `known` is or all are far off.
std::string Nearest(absl::string_view name, absl::Span<const absl::string_view> known);

// "; did you mean \"X\"?", or, when nothing is near, "; known: a, b, c".
std::string DidYouMean(absl::string_view name, absl::Span<const absl::string_view> known);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_NEAREST_H_

// Strings and lists of them as one writes them in TOML.
#ifndef SLUICE_SERVER_CONFIG_TOML_STRING_H_
#define SLUICE_SERVER_CONFIG_TOML_STRING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::config {

// "quoted", and ["a", "b"].
std::string TomlString(absl::string_view text);
std::string TomlList(absl::Span<const std::string> texts);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_TOML_STRING_H_

// Preferences' values as one writes them in the configuration file.
#ifndef SLUICE_SERVER_CONFIG_TOML_TEXT_H_
#define SLUICE_SERVER_CONFIG_TOML_TEXT_H_

#include <string>

#include "server/config/preferences.h"

namespace sluice::config {

// A preference's value, from its text.
std::string TomlValue(const PreferenceRow& row, const std::string& text);

// ValidValues(row) for who writes the file: one of "a", "b"; a list such as ["a", "b"].
std::string TomlValidValues(const PreferenceRow& row);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_TOML_TEXT_H_

// Values of preferences between their text and JSON.
#ifndef SLUICE_SERVER_CONTROL_PREFERENCE_JSON_H_
#define SLUICE_SERVER_CONTROL_PREFERENCE_JSON_H_

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "server/config/preferences.h"

namespace sluice::control {

// A value's text as JSON of the row's type.
// REQUIRES: the text is valid for the row.
nlohmann::json ToJson(const config::PreferenceRow& row, const std::string& text);

// What a request says (a value of a Parameter::kMap), as text.
std::string ToText(const nlohmann::json& value);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_PREFERENCE_JSON_H_

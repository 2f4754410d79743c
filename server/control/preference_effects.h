// Whom a change of preferences affects, in words: for `prefs.set` and its dry run.
#ifndef SLUICE_SERVER_CONTROL_PREFERENCE_EFFECTS_H_
#define SLUICE_SERVER_CONTROL_PREFERENCE_EFFECTS_H_

#include <nlohmann/json_fwd.hpp>

#include "server/config/live_configuration.h"
#include "server/gateway.h"

namespace sluice::control {

// A list of {"session", "user", "client", "effect"}: for each session that there is now what the
// change means to it. Sessions that notice nothing are left out.
nlohmann::json EffectsOf(const Gateway& gateway, const config::ChangeResult& change);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_PREFERENCE_EFFECTS_H_

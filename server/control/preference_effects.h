// Whom a change of preferences affects, in words: for `prefs.set` and its dry run.
#ifndef SLUICE_SERVER_CONTROL_PREFERENCE_EFFECTS_H_
#define SLUICE_SERVER_CONTROL_PREFERENCE_EFFECTS_H_

#include <nlohmann/json_fwd.hpp>

#include "server/config/live_configuration.h"
#include "server/gateway.h"

namespace sluice::control {

// A list of {"session", "user", "client", "preference", "effect"}: what the change means to each
// session that there is now, by what the session has, and, for a preference of a share, to those
// that are connected to it. Sessions that notice nothing are left out. Blocks: may ask the loops,
// and NSS about groups.
nlohmann::json EffectsOf(Gateway& gateway, const config::ChangeResult& change);

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_PREFERENCE_EFFECTS_H_

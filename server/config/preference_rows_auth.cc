// [auth].
#include "server/config/preference_access.h"

namespace sluice::config {

absl::Span<const PreferenceRow> AuthRows() { return {}; }

}  // namespace sluice::config

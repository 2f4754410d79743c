// [auth].
#include "server/config/preference_access.h"

namespace sluice::config {
namespace {

constexpr PreferenceRow kRows[] = {
    {.name = "auth.ntlm",
     .type = PreferenceType::kBool,
     .applies = Applies::kNewSessions,
     .help = "log-ons by password; without them only Kerberos is left",
     .set = &SetBool<&AuthPreferences::ntlm>,
     .get = &GetBool<&AuthPreferences::ntlm>},
    {.name = "auth.kerberos_ignore_case",
     .type = PreferenceType::kBool,
     .applies = Applies::kNewSessions,
     .help =
         "Alice@REALM is the user alice too (letters of ASCII only); only for a KDC that has no "
         "two principals whose names differ in case alone",
     .set = &SetBool<&AuthPreferences::kerberos_ignore_case>,
     .get = &GetBool<&AuthPreferences::kerberos_ignore_case>},
    {.name = "auth.failure_delay",
     .type = PreferenceType::kInteger,
     .min = 0,
     .max = 10000,
     .unit = "ms",
     .applies = Applies::kAtOnce,
     .help = "how long the answer to a failed log-on is held back",
     .set = &SetInteger<&AuthPreferences::failure_delay>,
     .get = &GetInteger<&AuthPreferences::failure_delay>},
    {.name = "auth.address_delay",
     .type = PreferenceType::kInteger,
     .min = 0,
     .max = 10000,
     .unit = "ms",
     .applies = Applies::kAtOnce,
     .help = "how long a log-on waits at an address with too many failures, unless the user has "
             "logged on from there lately",
     .set = &SetInteger<&AuthPreferences::address_delay>,
     .get = &GetInteger<&AuthPreferences::address_delay>},
    {.name = "auth.failure_window",
     .type = PreferenceType::kInteger,
     .min = 1000,
     .max = 86400000,
     .unit = "ms",
     .applies = Applies::kAtOnce,
     .help = "how long failed log-ons count, from the first of them",
     .set = &SetInteger<&AuthPreferences::failure_window>,
     .get = &GetInteger<&AuthPreferences::failure_window>},
    {.name = "auth.failures_per_user_and_address",
     .type = PreferenceType::kInteger,
     .min = 0,
     .max = 1000000,
     .unit = "failures",
     .applies = Applies::kAtOnce,
     .help =
         "from so many on, a user is refused at that address until the window ends, unless he has "
         "logged on from there lately: then one attempt in each auth.address_delay is judged, and "
         "the clients he did it with have a count of their own; 0: no limit",
     .set = &SetInteger<&AuthPreferences::failures_per_user_and_address>,
     .get = &GetInteger<&AuthPreferences::failures_per_user_and_address>},
    {.name = "auth.failures_per_user",
     .type = PreferenceType::kInteger,
     .min = 0,
     .max = 1000000,
     .unit = "failures",
     .applies = Applies::kAtOnce,
     .help = "from so many on, a user is refused at addresses that he has not logged on from "
             "lately; 0: no limit",
     .set = &SetInteger<&AuthPreferences::failures_per_user>,
     .get = &GetInteger<&AuthPreferences::failures_per_user>},
    {.name = "auth.failures_per_address",
     .type = PreferenceType::kInteger,
     .min = 0,
     .max = 1000000,
     .unit = "failures",
     .applies = Applies::kAtOnce,
     .help = "from so many on, log-ons from the address wait for auth.address_delay; 0: no limit",
     .set = &SetInteger<&AuthPreferences::failures_per_address>,
     .get = &GetInteger<&AuthPreferences::failures_per_address>},
};

}  // namespace

absl::Span<const PreferenceRow> AuthRows() { return kRows; }

}  // namespace sluice::config

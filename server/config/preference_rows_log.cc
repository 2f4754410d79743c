// [log].
#include "server/config/preference_access.h"

namespace sluice::config {
namespace {

constexpr Choices<base::LogLevel, 4> kLevels = {{"debug", "info", "warning", "error"},
                                                {base::LogLevel::kDebug, base::LogLevel::kInfo,
                                                 base::LogLevel::kWarning, base::LogLevel::kError}};

constexpr PreferenceRow kRows[] = {
    {.name = "log.level",
     .type = PreferenceType::kChoice,
     .choices = kLevels.names,
     .applies = Applies::kAtOnce,
     .help = "what is less important is not logged",
     .set = &SetChoice<&LogPreferences::level, kLevels>,
     .get = &GetChoice<&LogPreferences::level, kLevels>},
};

}  // namespace

absl::Span<const PreferenceRow> LogRows() { return kRows; }

}  // namespace sluice::config

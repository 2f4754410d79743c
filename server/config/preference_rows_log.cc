// [log].
#include "server/config/preference_access.h"

namespace sluice::config {
namespace {

constexpr Choices<base::LogLevel, 4> kLevels = {{"debug", "info", "warning", "error"},
                                                {base::LogLevel::kDebug, base::LogLevel::kInfo,
                                                 base::LogLevel::kWarning, base::LogLevel::kError}};

constexpr Choices<base::LogFormat, 2> kFormats = {{"text", "json"},
                                                  {base::LogFormat::kText, base::LogFormat::kJson}};

constexpr PreferenceRow kRows[] = {
    {.name = "log.level",
     .type = PreferenceType::kChoice,
     .choices = kLevels.names,
     .applies = Applies::kAtOnce,
     .help = "what is less important is not logged",
     .set = &SetChoice<&LogPreferences::level, kLevels>,
     .get = &GetChoice<&LogPreferences::level, kLevels>},
    {.name = "log.format",
     .type = PreferenceType::kChoice,
     .choices = kFormats.names,
     .applies = Applies::kAtOnce,
     .help = "how a line of the log is written; json: an object a line",
     .set = &SetChoice<&LogPreferences::format, kFormats>,
     .get = &GetChoice<&LogPreferences::format, kFormats>},
};

}  // namespace

absl::Span<const PreferenceRow> LogRows() { return kRows; }

}  // namespace sluice::config

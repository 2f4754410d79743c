// What a [[share]] has beside its name, path, comment and storage.
#include "server/config/preference_access.h"

namespace sluice::config {
namespace {

constexpr Choices<CaseMode, 2> kCaseModes = {{"insensitive", "sensitive"},
                                             {CaseMode::kInsensitive, CaseMode::kSensitive}};

constexpr PreferenceRow kRows[] = {
    {.name = "read_only",
     .of_share = true,
     .type = PreferenceType::kBool,
     .applies = Applies::kAtOnce,
     .help = "nothing in the share can be changed; files that are open for writing stay so",
     .set = &SetBool<&SharePreferences::read_only>,
     .get = &GetBool<&SharePreferences::read_only>},
    {.name = "encryption",
     .of_share = true,
     .type = PreferenceType::kChoice,
     .choices = kEncryptionModes.names,
     .applies = Applies::kNewTrees,
     .help = "desired: for every client that can; required: other clients may not use the share",
     .set = &SetChoice<&SharePreferences::encryption, kEncryptionModes>,
     .get = &GetChoice<&SharePreferences::encryption, kEncryptionModes>},
};

}  // namespace

absl::Span<const PreferenceRow> ShareRows() { return kRows; }

}  // namespace sluice::config

// What a [[share]] has beside its name, path, comment and storage.
#include "server/config/preference_access.h"

namespace sluice::config {
namespace {

constexpr PreferenceRow kRows[] = {
    {.name = "read_only",
     .of_share = true,
     .type = PreferenceType::kBool,
     .applies = Applies::kAtOnce,
     .help = "nothing in the share can be changed; files that are open are no exception",
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
    {.name = "signing",
     .of_share = true,
     .type = PreferenceType::kList,
     .choices = kSigningAlgorithms.names,
     .applies = Applies::kNewTrees,
     .help = "sessions that sign with something else, and do not encrypt, may not use the share",
     .set = &SetList<&SharePreferences::signing, kSigningAlgorithms>,
     .get = &GetList<&SharePreferences::signing, kSigningAlgorithms>},
    {.name = "visible",
     .of_share = true,
     .type = PreferenceType::kBool,
     .applies = Applies::kAtOnce,
     .help = "clients see the share in the list of shares; hidden, it can be used all the same",
     .set = &SetBool<&SharePreferences::visible>,
     .get = &GetBool<&SharePreferences::visible>},
    {.name = "case_sensitive",
     .of_share = true,
     .type = PreferenceType::kBool,
     .applies = Applies::kAtOnce,
     .help = "names are found in their exact spelling only",
     .set = &SetBool<&SharePreferences::case_sensitive>,
     .get = &GetBool<&SharePreferences::case_sensitive>},
    {.name = "audit",
     .of_share = true,
     .type = PreferenceType::kBool,
     .applies = Applies::kNewTrees,
     .help = "who uses the share, and what is opened for change, renamed or deleted in it, is "
             "written to the audit log, where the file names one ([audit] file)",
     .set = &SetBool<&SharePreferences::audit>,
     .get = &GetBool<&SharePreferences::audit>},
};

}  // namespace

absl::Span<const PreferenceRow> ShareRows() { return kRows; }

}  // namespace sluice::config

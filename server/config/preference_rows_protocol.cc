// [signing], [encryption], [dialect].
#include "server/config/preference_access.h"

namespace sluice::config {
namespace {

constexpr Choices<crypto::Cipher, 4> kCiphers = {
    {"AES-128-GCM", "AES-128-CCM", "AES-256-GCM", "AES-256-CCM"},
    {crypto::Cipher::kAes128Gcm, crypto::Cipher::kAes128Ccm, crypto::Cipher::kAes256Gcm,
     crypto::Cipher::kAes256Ccm}};
constexpr Choices<proto::Dialect, 5> kDialects = {
    {"2.0.2", "2.1", "3.0", "3.0.2", "3.1.1"},
    {proto::Dialect::kSmb202, proto::Dialect::kSmb210, proto::Dialect::kSmb300,
     proto::Dialect::kSmb302, proto::Dialect::kSmb311}};

constexpr PreferenceRow kRows[] = {
    {.name = "signing.required",
     .type = PreferenceType::kBool,
     .applies = Applies::kNewConnections,
     .help = "refuse requests that are not signed",
     .set = &SetBool<&Preferences::signing_required>,
     .get = &GetBool<&Preferences::signing_required>},
    {.name = "signing.algorithms",
     .type = PreferenceType::kList,
     .choices = kSigningAlgorithms.names,
     .applies = Applies::kNewConnections,
     .help = "what SMB 3.1.1 may sign with; the first that the client offers is taken",
     .set = &SetList<&Preferences::signing_algorithms, kSigningAlgorithms>,
     .get = &GetList<&Preferences::signing_algorithms, kSigningAlgorithms>},
    {.name = "encryption.mode",
     .type = PreferenceType::kChoice,
     .choices = kEncryptionModes.names,
     .applies = Applies::kNewSessions,
     .help = "off: never; enabled: where client or share ask for it; desired: for every client "
             "that can; required: others are refused",
     .set = &SetChoice<&Preferences::encryption, kEncryptionModes>,
     .get = &GetChoice<&Preferences::encryption, kEncryptionModes>},
    {.name = "encryption.ciphers",
     .type = PreferenceType::kList,
     .choices = kCiphers.names,
     .applies = Applies::kNewConnections,
     .help = "what SMB 3.1.1 may seal with; the first that the client offers is taken",
     .set = &SetList<&Preferences::ciphers, kCiphers>,
     .get = &GetList<&Preferences::ciphers, kCiphers>},
    {.name = "dialect.min",
     .type = PreferenceType::kChoice,
     .choices = kDialects.names,
     .applies = Applies::kNewConnections,
     .help = "clients that speak nothing so new are refused",
     .set = &SetChoice<&Preferences::dialect_min, kDialects>,
     .get = &GetChoice<&Preferences::dialect_min, kDialects>},
    {.name = "dialect.max",
     .type = PreferenceType::kChoice,
     .choices = kDialects.names,
     .applies = Applies::kNewConnections,
     .help = "nothing newer is spoken",
     .set = &SetChoice<&Preferences::dialect_max, kDialects>,
     .get = &GetChoice<&Preferences::dialect_max, kDialects>},
};

}  // namespace

absl::Span<const PreferenceRow> ProtocolRows() { return kRows; }

}  // namespace sluice::config

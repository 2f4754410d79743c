// The preferences as a table: the configuration file, the control socket, sluicectl and the manual
// pages read the same rows, so what one can set, all can.
//
// A group of preferences is a file preference_rows_*.cc and a struct of server/preferences.h; a new
// preference is a member there and a row here. tests/server/control/preference_effect_test.cc wants
// a proof for each row that something obeys it.
#ifndef SLUICE_SERVER_CONFIG_PREFERENCES_H_
#define SLUICE_SERVER_CONFIG_PREFERENCES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/preferences.h"

namespace sluice::config {

// The text of a value: true or false; decimal digits; one of the choices; choices, or free texts,
// with commas between.
enum class PreferenceType : uint8_t { kBool, kInteger, kChoice, kList, kTexts };

// From when a new value holds.
enum class Applies : uint8_t { kAtOnce, kNewConnections, kNewSessions, kNewTrees };

// Where a value is kept. `share` is set for rows of shares only.
struct PreferenceTarget {
  Preferences& all;
  SharePreferences* share = nullptr;
};

struct PreferenceRow {
  // "section.key", as in the file; for a share the key of its [[share]] alone.
  absl::string_view name;
  bool of_share = false;
  PreferenceType type = PreferenceType::kBool;
  // kInteger: the smallest and the largest value, both valid, and what they count.
  uint64_t min = 0;
  uint64_t max = 0;
  absl::string_view unit;
  // kChoice, kList.
  absl::Span<const absl::string_view> choices;
  Applies applies = Applies::kAtOnce;
  absl::string_view help;
  // A value that is refused changes nothing; the error says what is valid.
  absl::Status (*set)(const PreferenceRow& row, const PreferenceTarget& target,
                      absl::string_view value);
  std::string (*get)(const PreferenceTarget& target);
};

// All rows: those of the gateway in order of section, then those of a share.
absl::Span<const PreferenceRow> PreferenceTable();

// "true|false", "1 to 8192 credits", "one of off, enabled, ..." and so on.
std::string ValidValues(const PreferenceRow& row);
// "at once", "new connections", "new sessions", "new tree connects".
absl::string_view Name(Applies applies);
// "boolean", "integer", "choice", "list", "texts".
absl::string_view Name(PreferenceType type);

// A row, and for those of a share, which: "share.NAME.key". NAME may hold dots.
struct PreferenceKey {
  const PreferenceRow* row = nullptr;
  std::string share;  // as configured, whatever the case that was asked with

  std::string name() const;
};

// NOT_FOUND with the nearest name where there is no such preference or share.
absl::StatusOr<PreferenceKey> FindPreference(const Preferences& preferences,
                                             absl::string_view name);
// Every preference that there is, those of each share included.
std::vector<PreferenceKey> AllPreferences(const Preferences& preferences);

// REQUIRES: `key` is one of `preferences`.
std::string GetPreference(const Preferences& preferences, const PreferenceKey& key);
// INVALID_ARGUMENT names the preference and what is valid; then nothing has changed.
absl::Status SetPreference(Preferences& preferences, const PreferenceKey& key,
                           absl::string_view value);
absl::Status SetPreference(Preferences& preferences, absl::string_view name,
                           absl::string_view value);

// What must hold between preferences, such as dialect.min not above dialect.max.
absl::Status CheckTogether(const Preferences& preferences);

// "off", "enabled", "desired", "required".
absl::string_view Name(EncryptionMode mode);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_PREFERENCES_H_

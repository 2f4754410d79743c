// The preferences as a table: the configuration file, the control socket and its help read the same
// rows, so what one can set, all can.
#ifndef SLUICE_SERVER_CONFIG_PREFERENCES_H_
#define SLUICE_SERVER_CONFIG_PREFERENCES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/gateway_options.h"

namespace sluice::config {

struct PreferenceRow {
  absl::string_view name;  // "section.key", as in the file
  absl::string_view type;  // for help: "true|false", "list of ..."
  absl::string_view applies;
  absl::string_view help;
  // Lists are comma-separated. A value that is refused changes nothing; the error says what is
  // valid.
  absl::Status (*set)(Preferences& preferences, absl::string_view value);
  std::string (*get)(const Preferences& preferences);
};

absl::Span<const PreferenceRow> PreferenceTable();

// Null if there is no such row.
const PreferenceRow* FindPreference(absl::string_view name);

// Finds the row and sets it; NOT_FOUND with the nearest name if there is none.
absl::Status SetPreference(Preferences& preferences, absl::string_view name,
                           absl::string_view value);

// "off", "enabled", "desired", "required".
absl::Status ParseEncryptionMode(absl::string_view value, EncryptionMode* mode);
absl::string_view Name(EncryptionMode mode);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_PREFERENCES_H_

// What the configuration file knows beside preferences: for the manual page.
#ifndef SLUICE_SERVER_CONFIG_FILE_KEYS_H_
#define SLUICE_SERVER_CONFIG_FILE_KEYS_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace sluice::config {

struct FileKey {
  absl::string_view section;  // "server"; "share" stands for each [[share]]
  absl::string_view key;
  absl::string_view type;
  absl::string_view default_value;  // "": there is none
  absl::string_view help;
};

// In the order of sections.
absl::Span<const FileKey> FileKeys();

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_FILE_KEYS_H_

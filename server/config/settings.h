// What the file says beside preferences and shares: it holds from the start to the end of a
// gateway. Reading is config_file.cc's; this is for showing and comparing.
#ifndef SLUICE_SERVER_CONFIG_SETTINGS_H_
#define SLUICE_SERVER_CONFIG_SETTINGS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/processor.h"
#include "server/config/config_file.h"

namespace sluice::config {

struct SettingRow {
  absl::string_view name;  // "section.key"
  absl::string_view type;  // for people: "text", "list of host:port", ...
  absl::string_view help;
  // As TOML: "quoted", ["a", "b"], 1, true.
  std::string (*get)(const Configuration& configuration);
};

absl::Span<const SettingRow> SettingTable();

// All that [server] processor can be, and the words for them.
inline constexpr crypto::Processor kProcessors[] = {
    crypto::Processor::kAuto, crypto::Processor::kAvx512, crypto::Processor::kAvx2,
    crypto::Processor::kSse, crypto::Processor::kNoAesni};
absl::string_view ProcessorWord(crypto::Processor processor);

// A TOML string and a list of them.
std::string TomlString(absl::string_view text);
std::string TomlList(absl::Span<const std::string> texts);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_SETTINGS_H_

// What the configuration file knows beside preferences: for the manual page, for showing what holds
// and for telling what has changed. Reading is config_file.cc's.
#ifndef SLUICE_SERVER_CONFIG_FILE_KEYS_H_
#define SLUICE_SERVER_CONFIG_FILE_KEYS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "crypto/processor.h"
#include "server/config/config_file.h"

namespace sluice::config {

struct FileKey {
  absl::string_view section;  // "server"; "share" stands for each [[share]]
  absl::string_view key;
  absl::string_view type;
  absl::string_view default_value;  // "": there is none
  absl::string_view help;
  // As TOML: "quoted", ["a", "b"], 1, true. Null for those of a share: the others hold from the
  // start to the end of a gateway.
  std::string (*get)(const Configuration& configuration) = nullptr;

  // "server.listen".
  std::string name() const;
};

// In the order of sections.
absl::Span<const FileKey> FileKeys();

// All that [server] processor can be, and the words for them.
inline constexpr crypto::Processor kProcessors[] = {
    crypto::Processor::kAuto, crypto::Processor::kAvx512, crypto::Processor::kAvx2,
    crypto::Processor::kSse, crypto::Processor::kNoAesni};
absl::string_view ProcessorWord(crypto::Processor processor);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_FILE_KEYS_H_

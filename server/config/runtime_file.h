// state_dir/runtime.json: what was set while the gateway ran.
#ifndef SLUICE_SERVER_CONFIG_RUNTIME_FILE_H_
#define SLUICE_SERVER_CONFIG_RUNTIME_FILE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/fold_name.h"
#include "server/gateway_options.h"

namespace sluice::config {

// Shares are found without regard to case, and so is what is said of them.
struct NameLess {
  bool operator()(absl::string_view a, absl::string_view b) const {
    return base::FoldName(a) < base::FoldName(b);
  }
};

struct Runtime {
  // By PreferenceKey::name().
  std::map<std::string, std::string, NameLess> preferences;
  // Added, or instead of the file's of the same name. Their preferences are among those above.
  std::vector<ShareOptions> shares;
  // Shares of the file that are not served. One of `shares` with such a name is another share,
  // which has nothing of the file's.
  std::vector<std::string> removed_shares;
};

// Empty where there is no such file. A damaged one is an error that says what to do.
absl::StatusOr<Runtime> LoadRuntime(const std::string& path);
// Replaces the file as a whole; see server/base/replace_file.h. Blocks.
absl::Status SaveRuntime(const std::string& path, const Runtime& runtime);

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_RUNTIME_FILE_H_

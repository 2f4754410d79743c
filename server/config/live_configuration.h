// What the gateway obeys now: the defaults, the operator's file over them, and over both what was
// set at run time, which is kept in state_dir/runtime.json and survives a restart. The operator's
// file is read only.
#ifndef SLUICE_SERVER_CONFIG_LIVE_CONFIGURATION_H_
#define SLUICE_SERVER_CONFIG_LIVE_CONFIGURATION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/config/config_file.h"
#include "server/config/preferences.h"
#include "server/gateway_options.h"

namespace sluice::config {

enum class Source : uint8_t { kDefault, kFile, kRuntime };
// "default", "file", "runtime".
absl::string_view Name(Source source);

struct PreferenceView {
  PreferenceKey key;
  std::string value;
  Source source = Source::kDefault;
  std::string default_value;
  // What it would be without what was set at run time.
  std::string configured_value;
};

struct PreferenceChange {
  PreferenceKey key;
  std::string before;
  std::string after;
};

// What a change does, or with dry_run would do. `changed` holds what gets another value.
struct ChangeResult {
  Preferences before;
  Preferences after;
  std::vector<PreferenceChange> changed;
};

// All methods are thread-safe; changes run one after the other, each seeing the one before.
class LiveConfiguration {
 public:
  // Reads runtime.json, if there is one, from the file's state_dir, which is made where it is
  // missing. A damaged one is an error that says what to do; a value in it that is not valid (any
  // more), or whose share is not there, is logged and does not hold.
  static absl::StatusOr<std::unique_ptr<LiveConfiguration>> Open(Configuration file);

  // What to start the gateway with.
  GatewayOptions InitialOptions() const;
  // From now on changes are published there. `live` outlives this.
  void Attach(LivePreferences& live);

  // In the table's order; share names as configured.
  std::vector<PreferenceView> List() const;

  // All of `values` (name -> text) hold, on disk first, when it returns OK; else nothing has
  // changed. With dry_run nothing changes at all.
  absl::StatusOr<ChangeResult> Set(const std::map<std::string, std::string>& values, bool dry_run);
  // Back to the file's values, or the defaults: of these preferences, or of all.
  absl::StatusOr<ChangeResult> Reset(const std::vector<std::string>& names, bool dry_run);

 private:
  // What was set at run time. Names are those of PreferenceKey::name().
  struct Runtime {
    std::map<std::string, std::string> preferences;
  };

  LiveConfiguration(Configuration file, Runtime runtime);
  static absl::StatusOr<Runtime> Load(const std::string& path);
  absl::Status Save(const Runtime& runtime) const;
  // The file's preferences with `runtime`'s over them; what cannot hold is named in `ignored`.
  Preferences Effective(const Runtime& runtime, std::vector<std::string>* ignored) const;
  absl::StatusOr<ChangeResult> Commit(Runtime next, bool dry_run);

  const std::string path_;
  mutable std::mutex mutex_;  // all below
  Configuration file_;
  Runtime runtime_;
  Preferences effective_;
  LivePreferences* live_ = nullptr;
};

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_LIVE_CONFIGURATION_H_

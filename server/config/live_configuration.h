// What the gateway obeys now: the defaults, the operator's file over them, and over both what was
// set at run time, which is kept in state_dir/runtime.json and survives a restart. The operator's
// file is read only.
#ifndef SLUICE_SERVER_CONFIG_LIVE_CONFIGURATION_H_
#define SLUICE_SERVER_CONFIG_LIVE_CONFIGURATION_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/config/config_file.h"
#include "server/config/preferences.h"
#include "server/config/runtime_file.h"
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

struct ShareView {
  ShareOptions options;  // with the preferences that hold
  Source source = Source::kFile;
};

struct ReloadReport {
  std::vector<PreferenceChange> changed;
  std::vector<std::string> shares_added;
  std::vector<std::string> shares_changed;
  std::vector<std::string> shares_removed;
  // What the file says now and only a restart can bring: "server.loops: 2, the file says 4".
  std::vector<std::string> needs_restart;
  // Shares that cannot be served as the file says, and what becomes of them.
  std::vector<std::string> failed;
  // "files: the file's path is overridden at run time".
  std::vector<std::string> overridden;
};

// Prepares to serve the share as `options` say, instead of one of that name if there is one; null:
// to serve none of that name any more. What it gives does so and cannot fail; until it is called
// nothing has changed. May wait for storage, with a deadline.
using ServeShare = std::function<absl::StatusOr<std::function<void()>>(
    const std::string& name, const ShareOptions* options)>;

// All methods are thread-safe; changes run one after the other, each seeing the one before. What
// only looks never waits for a change that waits for a disk.
class LiveConfiguration {
 public:
  // Reads runtime.json from the file's state_dir, if both are there. A damaged one is an error that
  // says what to do; a value in it that is not valid (any more), or whose share is not there, does
  // not hold and is listed in ignored().
  static absl::StatusOr<std::unique_ptr<LiveConfiguration>> Open(Configuration file);

  // What to start the gateway with.
  GatewayOptions InitialOptions() const;
  // From now on changes are published there. `live` outlives this.
  void Attach(LivePreferences& live);

  const std::string& path() const { return path_; }
  // The file as it was at the start.
  const Configuration& started() const { return started_; }
  // What of runtime.json does not hold, and why.
  std::vector<std::string> ignored() const;
  // The file as last loaded, but for shares that could not be served as it says.
  Configuration file() const;
  // In the table's order; share names as configured.
  std::vector<PreferenceView> List() const;
  std::vector<ShareView> Shares() const;

  // All of `values` (name -> text) hold, on disk first, when it returns OK; else nothing has
  // changed. With dry_run nothing changes at all.
  absl::StatusOr<ChangeResult> Set(const std::map<std::string, std::string>& values, bool dry_run);
  // Back to the file's values, or the defaults: of these preferences, or of all.
  absl::StatusOr<ChangeResult> Reset(const std::vector<std::string>& names, bool dry_run);

  // Adds a share that is not there, or changes one that is; `share.preferences` says nothing,
  // `preferences` (key -> text) does. ALREADY_EXISTS or NOT_FOUND otherwise. A directory's path is
  // as ResolveSharePath gives it.
  absl::Status AddShare(ShareOptions share, const std::map<std::string, std::string>& preferences,
                        const ServeShare& serve);
  // Absent members stay; one at least is there.
  absl::Status ChangeShare(absl::string_view name, std::optional<std::string> path,
                           std::optional<std::string> comment, const ServeShare& serve);
  // One that the file has stays removed after a restart, until it is added again.
  absl::Status RemoveShare(absl::string_view name, const ServeShare& serve);

  // A share of the file is again as the file says; its preferences stay. NOT_FOUND if the file has
  // none of that name.
  absl::Status ResetShare(absl::string_view name, const ServeShare& serve);

  // Reads the file that was opened again and takes it over; one after the other, so that the last
  // to begin leaves what the file says last. The error has every mistake of the file, a line each.
  absl::StatusOr<ReloadReport> ReloadFile(const ServeShare& serve);
  // Takes over another version of the file. An error has changed nothing. A share that cannot be
  // served as it says stays what it was, here too, until the next version.
  absl::StatusOr<ReloadReport> Reload(Configuration file, const ServeShare& serve);

 private:
  LiveConfiguration(Configuration file, Runtime runtime);
  // What holds, with these two.
  struct Effective {
    Preferences preferences;
    std::vector<ShareView> shares;  // their `options.preferences` is filled
    std::vector<std::string> ignored;
  };
  static Effective Combine(const Configuration& file, const Runtime& runtime);
  const ShareView* FindShare(absl::string_view name) const;
  absl::StatusOr<ChangeResult> CommitPreferences(Runtime next, bool dry_run);
  // Keeps `next`, then serves the one share that differs in it as it says.
  absl::Status CommitShare(Runtime next, const std::string& name, const ServeShare& serve);
  void Keep(Runtime runtime);
  void Publish(Effective effective);

  const std::string path_;
  const Configuration started_;
  std::mutex reloading_;      // taken before changing_: the file is read under it
  std::mutex changing_;       // taken before mutex_; held while storage and disk are waited for
  mutable std::mutex mutex_;  // never held over anything that waits
  // Written under changing_ and mutex_, read under either.
  Configuration file_;
  Runtime runtime_;
  Effective effective_;
  LivePreferences* live_ = nullptr;
};

}  // namespace sluice::config

#endif  // SLUICE_SERVER_CONFIG_LIVE_CONFIGURATION_H_

#include "server/config/live_configuration.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/control_limits.h"
#include "server/base/deadline_call.h"
#include "server/base/fold_name.h"
#include "server/config/file_keys.h"
#include "server/config/share_rules.h"

namespace sluice::config {
namespace {

template <typename List, typename NameOf>
auto FindNamed(List& list, absl::string_view name, NameOf name_of) {
  return std::find_if(list.begin(), list.end(),
                      [&](const auto& item) { return base::SameName(name_of(item), name); });
}
auto FindOption(std::vector<ShareOptions>& shares, absl::string_view name) {
  return FindNamed(shares, name, [](const ShareOptions& share) { return share.name; });
}

// False if it was not there.
bool EraseName(absl::string_view name, std::vector<std::string>* names) {
  const auto end = std::remove_if(names->begin(), names->end(), [&](const std::string& one) {
    return base::SameName(one, name);
  });
  const bool found = end != names->end();
  names->erase(end, names->end());
  return found;
}

bool IsRemoved(const Runtime& runtime, absl::string_view share) {
  const auto& removed = runtime.removed_shares;
  return FindNamed(removed, share, [](const std::string& name) { return name; }) != removed.end();
}

std::vector<PreferenceChange> Differences(const Preferences& before, const Preferences& after) {
  std::vector<PreferenceChange> changes;
  for (PreferenceKey& key : AllPreferences(after)) {
    if (key.row->of_share && before.shares.count(key.share) == 0) continue;
    std::string old_value = GetPreference(before, key);
    std::string new_value = GetPreference(after, key);
    if (old_value != new_value) {
      changes.push_back({std::move(key), std::move(old_value), std::move(new_value)});
    }
  }
  return changes;
}

// Whether what serves the one serves the other. Names count as they are spelled: what holds for a
// share is looked up by the name that it was served with.
bool SameService(const ShareOptions& a, const ShareOptions& b) {
  return a.name == b.name && a.path == b.path && a.comment == b.comment && a.storage == b.storage;
}

// Makes `file` say of a share's storage what `served`, which goes on being served, says; null: that
// there is no such share.
void PutBack(const std::string& name, const ShareOptions* served, Configuration* file) {
  GatewayOptions& gateway = file->gateway;
  const auto share = FindOption(gateway.shares, name);
  if (share == gateway.shares.end()) return;
  gateway.preferences.shares.erase(share->name);
  if (served == nullptr) {
    gateway.shares.erase(share);
    return;
  }
  share->name = served->name;
  share->path = served->path;
  share->comment = served->comment;
  share->storage = served->storage;
  gateway.preferences.shares[share->name] = share->preferences;
}

// What of the file's shares does not hold for what was done at run time.
std::vector<std::string> Overridden(const Configuration& file, Runtime runtime) {
  std::vector<std::string> lines;
  for (const ShareOptions& share : file.gateway.shares) {
    const auto add = [&](absl::string_view what) {
      lines.push_back(absl::StrCat(share.name, ": ", what, " at run time"));
    };
    const auto instead = FindOption(runtime.shares, share.name);
    const bool there = instead != runtime.shares.end();
    if (IsRemoved(runtime, share.name)) {
      add(there ? "another share of the name is served instead, which was added"
                : "the file's share was removed");
    } else if (there) {
      if (instead->path != share.path) add("the file's path is overridden");
      if (instead->comment != share.comment) add("the file's comment is overridden");
      if (instead->storage != share.storage) add("the file's storage is overridden");
    }
  }
  return lines;
}

absl::Status NoPathInMemory() {
  return absl::InvalidArgumentError("a share in memory has no path");
}

std::vector<std::string> NeedingRestart(const Configuration& running, const Configuration& file) {
  std::vector<std::string> needs;
  for (const FileKey& key : FileKeys()) {
    if (key.get == nullptr) continue;
    const std::string now = key.get(running);
    const std::string wanted = key.get(file);
    if (now == wanted) continue;
    needs.push_back(absl::StrCat(key.name(), ": ", now, ", the file says ", wanted));
  }
  return needs;
}

}  // namespace

absl::string_view Name(Source source) {
  static constexpr absl::string_view kNames[] = {"default", "file", "runtime"};
  return kNames[static_cast<size_t>(source)];
}

LiveConfiguration::LiveConfiguration(Configuration file, Runtime runtime)
    : path_(file.gateway.state_dir + "/runtime.json"),
      started_(file),
      file_(std::move(file)),
      runtime_(std::move(runtime)),
      effective_(Combine(file_, runtime_)) {}

absl::StatusOr<std::unique_ptr<LiveConfiguration>> LiveConfiguration::Open(Configuration file) {
  if (file.gateway.state_dir.empty()) return absl::InvalidArgumentError("state_dir is not set");
  absl::StatusOr<Runtime> runtime = LoadRuntime(file.gateway.state_dir + "/runtime.json");
  if (!runtime.ok()) return runtime.status();
  return std::unique_ptr<LiveConfiguration>(
      new LiveConfiguration(std::move(file), *std::move(runtime)));
}

LiveConfiguration::Effective LiveConfiguration::Combine(const Configuration& file,
                                                        const Runtime& runtime) {
  Effective effective;
  effective.preferences = file.gateway.preferences;
  effective.preferences.shares.clear();
  std::vector<ShareOptions> put = runtime.shares;
  const auto add = [&effective](ShareOptions share, Source source) {
    effective.preferences.shares[share.name] = share.preferences;
    effective.shares.push_back({std::move(share), source});
  };
  for (const ShareOptions& share : file.gateway.shares) {
    if (IsRemoved(runtime, share.name)) continue;
    const auto instead = FindOption(put, share.name);
    if (instead == put.end()) {
      add(share, Source::kFile);
      continue;
    }
    instead->name = share.name;
    instead->preferences = share.preferences;
    add(*instead, Source::kRuntime);
    put.erase(instead);
  }
  for (ShareOptions& share : put) add(std::move(share), Source::kRuntime);
  for (const auto& [name, value] : runtime.preferences) {
    const absl::Status status = SetPreference(effective.preferences, name, value);
    if (status.ok()) continue;
    effective.ignored.push_back(
        absl::StrCat("set at run time, but does not hold: ", status.message()));
  }
  for (ShareView& share : effective.shares) {
    share.options.preferences = effective.preferences.shares.at(share.options.name);
    share.options.optional |= share.source == Source::kRuntime;
  }
  return effective;
}

GatewayOptions LiveConfiguration::InitialOptions() const {
  std::lock_guard<std::mutex> lock(mutex_);
  GatewayOptions options = file_.gateway;
  options.preferences = effective_.preferences;
  options.shares.clear();
  for (const ShareView& share : effective_.shares) options.shares.push_back(share.options);
  return options;
}

void LiveConfiguration::Attach(LivePreferences& live) {
  std::lock_guard<std::mutex> lock(mutex_);
  live_ = &live;
}

std::vector<std::string> LiveConfiguration::ignored() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return effective_.ignored;
}

Configuration LiveConfiguration::file() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return file_;
}

std::vector<ShareView> LiveConfiguration::Shares() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return effective_.shares;
}

std::vector<PreferenceView> LiveConfiguration::List() const {
  std::lock_guard<std::mutex> lock(mutex_);
  Preferences defaults;
  Preferences configured = file_.gateway.preferences;
  for (const auto& [name, ignored] : effective_.preferences.shares) {
    defaults.shares[name];
    if (IsRemoved(runtime_, name)) configured.shares.erase(name);
    configured.shares[name];  // a default where the file has no such share
  }
  std::vector<PreferenceView> views;
  for (PreferenceKey& key : AllPreferences(effective_.preferences)) {
    PreferenceView view;
    view.value = GetPreference(effective_.preferences, key);
    view.default_value = GetPreference(defaults, key);
    view.configured_value = GetPreference(configured, key);
    const std::string name = key.name();
    if (runtime_.preferences.count(name) != 0) {
      view.source = Source::kRuntime;
    } else if (file_.places.count(name) != 0 && !IsRemoved(runtime_, key.share)) {
      view.source = Source::kFile;
    }
    view.key = std::move(key);
    views.push_back(std::move(view));
  }
  return views;
}

// With changing_ held, as all below but the public ones.
void LiveConfiguration::Publish(Effective effective) {
  LivePreferences* live = nullptr;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    effective_ = std::move(effective);
    live = live_;
  }
  if (live != nullptr) live->Set(effective_.preferences);
}

void LiveConfiguration::Keep(Runtime runtime) {
  std::lock_guard<std::mutex> lock(mutex_);
  runtime_ = std::move(runtime);
}

absl::StatusOr<ChangeResult> LiveConfiguration::CommitPreferences(Runtime next, bool dry_run) {
  Effective effective = Combine(file_, next);
  absl::Status status = CheckTogether(effective.preferences);
  if (!status.ok()) return status;
  ChangeResult result;
  result.before = effective_.preferences;
  result.after = effective.preferences;
  result.changed = Differences(result.before, result.after);
  if (dry_run) return result;
  status = SaveRuntime(path_, next);
  if (!status.ok()) return status;
  Keep(std::move(next));
  Publish(std::move(effective));
  return result;
}

absl::StatusOr<ChangeResult> LiveConfiguration::Set(
    const std::map<std::string, std::string>& values, bool dry_run) {
  std::lock_guard<std::mutex> lock(changing_);
  Runtime next = runtime_;
  Preferences scratch = effective_.preferences;
  for (const auto& [name, value] : values) {
    const absl::StatusOr<PreferenceKey> key = FindPreference(scratch, name);
    if (!key.ok()) return key.status();
    absl::Status status = SetPreference(scratch, *key, value);
    if (!status.ok()) return status;
    next.preferences[key->name()] = GetPreference(scratch, *key);
  }
  return CommitPreferences(std::move(next), dry_run);
}

absl::StatusOr<ChangeResult> LiveConfiguration::Reset(const std::vector<std::string>& names,
                                                      bool dry_run) {
  std::lock_guard<std::mutex> lock(changing_);
  Runtime next = runtime_;
  if (names.empty()) next.preferences.clear();
  for (const std::string& name : names) {
    const absl::StatusOr<PreferenceKey> key = FindPreference(effective_.preferences, name);
    if (!key.ok()) return key.status();
    next.preferences.erase(key->name());
  }
  return CommitPreferences(std::move(next), dry_run);
}

const ShareView* LiveConfiguration::FindShare(absl::string_view name) const {
  const auto found =
      FindNamed(effective_.shares, name, [](const ShareView& share) { return share.options.name; });
  return found == effective_.shares.end() ? nullptr : &*found;
}

// What can fail comes first: the storage is opened, the change is on disk. A share's preferences
// hold before its first client connects.
absl::Status LiveConfiguration::CommitShare(Runtime next, const std::string& name,
                                            const ServeShare& serve) {
  Effective effective = Combine(file_, next);
  absl::Status status = CheckTogether(effective.preferences);
  if (!status.ok()) return status;
  const auto found =
      FindNamed(effective.shares, name, [](const ShareView& share) { return share.options.name; });
  const bool served = found != effective.shares.end();
  const absl::StatusOr<std::function<void()>> take_effect =
      serve(name, served ? &found->options : nullptr);
  if (!take_effect.ok()) return take_effect.status();
  status = SaveRuntime(path_, next);
  if (!status.ok()) return status;
  Keep(std::move(next));
  if (!served) (*take_effect)();
  Publish(std::move(effective));
  if (served) (*take_effect)();
  return status;
}

absl::Status LiveConfiguration::AddShare(ShareOptions share,
                                         const std::map<std::string, std::string>& preferences,
                                         const ServeShare& serve) {
  absl::Status status = CheckShareName(share.name);
  if (!status.ok()) return status;
  if (share.storage != StorageKind::kPosix && !share.path.empty()) return NoPathInMemory();
  std::lock_guard<std::mutex> lock(changing_);
  if (FindShare(share.name) != nullptr) {
    return absl::AlreadyExistsError(absl::StrCat("there is a share ", share.name, " already"));
  }
  // One of the file that was removed stays so: its preferences are not the new one's.
  Runtime next = runtime_;
  Preferences scratch = effective_.preferences;
  scratch.shares[share.name];
  // Nor are those of one that was taken out of the file.
  std::erase_if(next.preferences, [&](const auto& entry) {
    const absl::StatusOr<PreferenceKey> key = FindPreference(scratch, entry.first);
    return key.ok() && key->share == share.name;
  });
  for (const auto& [key, value] : preferences) {
    const std::string name = absl::StrCat("share.", share.name, ".", key);
    status = SetPreference(scratch, name, value);
    if (!status.ok()) return status;
    next.preferences[name] = value;
  }
  const std::string name = share.name;
  next.shares.push_back(std::move(share));
  return CommitShare(std::move(next), name, serve);
}

absl::Status LiveConfiguration::ChangeShare(absl::string_view name, std::optional<std::string> path,
                                            std::optional<std::string> comment,
                                            const ServeShare& serve) {
  std::lock_guard<std::mutex> lock(changing_);
  const ShareView* found = FindShare(name);
  if (found == nullptr) return absl::NotFoundError(absl::StrCat("there is no share ", name));
  ShareOptions changed = found->options;
  // Those in effect, which next.preferences has: nothing that a reset should go back to.
  changed.preferences = SharePreferences();
  if (!path.has_value() && !comment.has_value()) {
    return absl::InvalidArgumentError(
        "there is nothing to change: give a path or a comment (sluicectl: --path, --comment); a "
        "share's preferences are changed with prefs set share.NAME.KEY VALUE");
  }
  if (path.has_value() && changed.storage != StorageKind::kPosix) return NoPathInMemory();
  if (path.has_value()) changed.path = *std::move(path);
  if (comment.has_value()) changed.comment = *std::move(comment);
  Runtime next = runtime_;
  const auto instead = FindOption(next.shares, name);
  if (instead == next.shares.end()) {
    next.shares.push_back(changed);
  } else {
    *instead = changed;
  }
  return CommitShare(std::move(next), changed.name, serve);
}

absl::Status LiveConfiguration::RemoveShare(absl::string_view name, const ServeShare& serve) {
  std::lock_guard<std::mutex> lock(changing_);
  const ShareView* found = FindShare(name);
  if (found == nullptr) return absl::NotFoundError(absl::StrCat("there is no share ", name));
  const std::string real = found->options.name;
  Runtime next = runtime_;
  const auto put = FindOption(next.shares, real);
  if (put != next.shares.end()) next.shares.erase(put);
  EraseName(real, &next.removed_shares);
  if (FindOption(file_.gateway.shares, real) != file_.gateway.shares.end()) {
    next.removed_shares.push_back(real);
  }
  // Another share of that name must not inherit them.
  for (const PreferenceKey& key : AllPreferences(effective_.preferences)) {
    if (key.share == real) next.preferences.erase(key.name());
  }
  return CommitShare(std::move(next), real, serve);
}

absl::Status LiveConfiguration::ResetShare(absl::string_view name, const ServeShare& serve) {
  std::lock_guard<std::mutex> lock(changing_);
  const auto in_file = FindOption(file_.gateway.shares, name);
  if (in_file == file_.gateway.shares.end()) {
    return absl::NotFoundError(absl::StrCat("the file has no share ", name));
  }
  const std::string real = in_file->name;
  Runtime next = runtime_;
  const auto put = FindOption(next.shares, real);
  const bool was_put = put != next.shares.end();
  if (was_put) next.shares.erase(put);
  if (!EraseName(real, &next.removed_shares) && !was_put) return absl::OkStatus();
  return CommitShare(std::move(next), real, serve);
}

absl::StatusOr<ReloadReport> LiveConfiguration::ReloadFile(const ServeShare& serve) {
  std::lock_guard<std::mutex> whole(reloading_);
  const std::string path = file().file;
  using Read = absl::StatusOr<Configuration>;
  const auto read = std::make_shared<std::optional<Read>>();
  const absl::Status answered =
      base::RunWithDeadline([read, path] { read->emplace(LoadConfiguration(path)); },
                            std::chrono::milliseconds(2 * limits::kStorageAnswerMillis));
  if (!answered.ok()) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path, ": ", answered.message()));
  }
  if (!(*read)->ok()) return (*read)->status();
  return Reload(**std::move(*read), serve);
}

absl::StatusOr<ReloadReport> LiveConfiguration::Reload(Configuration file,
                                                       const ServeShare& serve) {
  std::lock_guard<std::mutex> lock(changing_);
  const Effective wanted = Combine(file, runtime_);
  absl::Status status = CheckTogether(wanted.preferences);
  if (!status.ok()) return status;
  ReloadReport report;
  report.needs_restart = NeedingRestart(started_, file);
  const auto name_of = [](const ShareView& view) { return view.options.name; };
  std::vector<std::function<void()>> effects;
  const auto prepare = [&](const std::string& name, const ShareOptions* options) {
    absl::StatusOr<std::function<void()>> effect = serve(name, options);
    if (effect.ok()) effects.push_back(*std::move(effect));
    return effect.status();
  };
  for (const ShareView& share : wanted.shares) {
    const std::string& name = share.options.name;
    const auto old = FindNamed(effective_.shares, name, name_of);
    const bool added = old == effective_.shares.end();
    if (!added && SameService(old->options, share.options)) continue;
    status = prepare(name, &share.options);
    if (status.ok()) {
      (added ? report.shares_added : report.shares_changed).push_back(name);
      continue;
    }
    PutBack(name, added ? nullptr : &old->options, &file);
    report.failed.push_back(absl::StrCat(status.message(),
                                         added ? "; it is not served" : "; it is served as before",
                                         "; the next reload tries again"));
  }
  Effective next = Combine(file, runtime_);
  for (const ShareView& share : effective_.shares) {
    if (FindNamed(next.shares, share.options.name, name_of) != next.shares.end()) continue;
    status = prepare(share.options.name, nullptr);
    if (status.ok()) {
      report.shares_removed.push_back(share.options.name);
    } else {
      report.failed.push_back(
          absl::StrCat(status.message(), "; it is still served: restart the gateway"));
    }
  }
  report.changed = Differences(effective_.preferences, next.preferences);
  report.overridden = Overridden(file, runtime_);
  {
    std::lock_guard<std::mutex> publishing(mutex_);
    file_ = std::move(file);
  }
  Publish(std::move(next));
  for (const std::function<void()>& take_effect : effects) take_effect();
  return report;
}

}  // namespace sluice::config

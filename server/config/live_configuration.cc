#include "server/config/live_configuration.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/log.h"
#include "server/base/replace_file.h"

namespace sluice::config {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

absl::Status MakeStateDirectory(const std::string& path) {
  if (path.empty()) return absl::InvalidArgumentError("state_dir is not set");
  if (mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot make the state directory ", path, ": ", std::strerror(errno)));
}

absl::Status Damaged(absl::string_view path, absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat(path, " is damaged (", why,
                   "). It was left as it is: restore it from a backup, or move it away and set "
                   "again what was set at run time."));
}

bool IsStringMap(const json& value) {
  if (!value.is_object()) return false;
  for (const json& item : value) {
    if (!item.is_string()) return false;
  }
  return true;
}

}  // namespace

absl::string_view Name(Source source) {
  static constexpr absl::string_view kNames[] = {"default", "file", "runtime"};
  return kNames[static_cast<size_t>(source)];
}

LiveConfiguration::LiveConfiguration(Configuration file, Runtime runtime)
    : path_(file.gateway.state_dir + "/runtime.json"),
      file_(std::move(file)),
      runtime_(std::move(runtime)) {}

absl::StatusOr<std::unique_ptr<LiveConfiguration>> LiveConfiguration::Open(Configuration file) {
  absl::Status made = MakeStateDirectory(file.gateway.state_dir);
  if (!made.ok()) return made;
  absl::StatusOr<Runtime> runtime = Load(file.gateway.state_dir + "/runtime.json");
  if (!runtime.ok()) return runtime.status();
  std::unique_ptr<LiveConfiguration> live(
      new LiveConfiguration(std::move(file), *std::move(runtime)));
  std::vector<std::string> ignored;
  live->effective_ = live->Effective(live->runtime_, &ignored);
  for (const std::string& line : ignored) base::Log(base::LogLevel::kWarning, "%s", line);
  return live;
}

absl::StatusOr<LiveConfiguration::Runtime> LiveConfiguration::Load(const std::string& path) {
  Runtime runtime;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 && errno == ENOENT) return runtime;
  std::ifstream file(path);
  std::stringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::UnavailableError(absl::StrCat("cannot read ", path));
  }
  const json document = json::parse(text.str(), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return Damaged(path, "it is not a JSON object");
  if (document.value("version", json()) != kVersion) return Damaged(path, "its version is not 1");
  const json preferences = document.value("preferences", json());
  if (!IsStringMap(preferences)) return Damaged(path, "its preferences are not strings");
  for (const auto& [name, value] : preferences.items()) runtime.preferences[name] = value;
  return runtime;
}

absl::Status LiveConfiguration::Save(const Runtime& runtime) const {
  const json document = {{"version", kVersion}, {"preferences", runtime.preferences}};
  return base::ReplaceFile(path_, document.dump(2) + "\n");
}

Preferences LiveConfiguration::Effective(const Runtime& runtime,
                                         std::vector<std::string>* ignored) const {
  Preferences effective = file_.gateway.preferences;
  for (const auto& [name, value] : runtime.preferences) {
    const absl::Status status = SetPreference(effective, name, value);
    if (!status.ok()) {
      ignored->push_back(absl::StrCat("set at run time, but does not hold: ", status.message()));
    }
  }
  return effective;
}

GatewayOptions LiveConfiguration::InitialOptions() const {
  std::lock_guard<std::mutex> lock(mutex_);
  GatewayOptions options = file_.gateway;
  options.preferences = effective_;
  for (ShareOptions& share : options.shares) {
    share.preferences = effective_.shares.at(share.name);
  }
  return options;
}

void LiveConfiguration::Attach(LivePreferences& live) {
  std::lock_guard<std::mutex> lock(mutex_);
  live_ = &live;
}

std::vector<PreferenceView> LiveConfiguration::List() const {
  std::lock_guard<std::mutex> lock(mutex_);
  Preferences defaults;
  for (const auto& [name, ignored] : effective_.shares) defaults.shares[name];
  std::vector<PreferenceView> views;
  for (PreferenceKey& key : AllPreferences(effective_)) {
    PreferenceView view;
    view.value = GetPreference(effective_, key);
    view.default_value = GetPreference(defaults, key);
    view.configured_value = GetPreference(file_.gateway.preferences, key);
    const std::string name = key.name();
    if (runtime_.preferences.count(name) != 0) {
      view.source = Source::kRuntime;
    } else if (file_.places.count(name) != 0) {
      view.source = Source::kFile;
    }
    view.key = std::move(key);
    views.push_back(std::move(view));
  }
  return views;
}

// With mutex_ held.
absl::StatusOr<ChangeResult> LiveConfiguration::Commit(Runtime next, bool dry_run) {
  std::vector<std::string> ignored;
  ChangeResult result;
  result.before = effective_;
  result.after = Effective(next, &ignored);
  absl::Status status = CheckTogether(result.after);
  if (!status.ok()) return status;
  for (PreferenceKey& key : AllPreferences(result.after)) {
    std::string before = GetPreference(result.before, key);
    std::string after = GetPreference(result.after, key);
    if (before != after) {
      result.changed.push_back({std::move(key), std::move(before), std::move(after)});
    }
  }
  if (dry_run) return result;
  status = Save(next);
  if (!status.ok()) return status;
  runtime_ = std::move(next);
  effective_ = result.after;
  if (live_ != nullptr) live_->Set(effective_);
  return result;
}

absl::StatusOr<ChangeResult> LiveConfiguration::Set(
    const std::map<std::string, std::string>& values, bool dry_run) {
  std::lock_guard<std::mutex> lock(mutex_);
  Runtime next = runtime_;
  Preferences scratch = effective_;
  for (const auto& [name, value] : values) {
    const absl::StatusOr<PreferenceKey> key = FindPreference(scratch, name);
    if (!key.ok()) return key.status();
    absl::Status status = SetPreference(scratch, *key, value);
    if (!status.ok()) return status;
    next.preferences[key->name()] = GetPreference(scratch, *key);
  }
  return Commit(std::move(next), dry_run);
}

absl::StatusOr<ChangeResult> LiveConfiguration::Reset(const std::vector<std::string>& names,
                                                      bool dry_run) {
  std::lock_guard<std::mutex> lock(mutex_);
  Runtime next = runtime_;
  if (names.empty()) next.preferences.clear();
  for (const std::string& name : names) {
    const absl::StatusOr<PreferenceKey> key = FindPreference(effective_, name);
    if (!key.ok()) return key.status();
    next.preferences.erase(key->name());
  }
  return Commit(std::move(next), dry_run);
}

}  // namespace sluice::config

#include "server/control/reload.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "server/base/log.h"

namespace sluice::control {
namespace {

using base::Log;
using base::LogLevel;

void LogReload(const absl::StatusOr<config::ReloadReport>& report) {
  if (!report.ok()) {
    Log(LogLevel::kError, "reload: nothing was changed");
    for (const absl::string_view line : absl::StrSplit(report.status().message(), '\n')) {
      Log(LogLevel::kError, "reload: %s", line);
    }
    return;
  }
  for (const std::string& line : Lines(*report)) Log(LogLevel::kInfo, "reload: %s", line);
}

}  // namespace

config::ServeShare ServeOn(Gateway& gateway, bool close) {
  return [&gateway, close](const std::string& name,
                           const ShareOptions* options) -> absl::StatusOr<std::function<void()>> {
    if (options != nullptr) return gateway.PrepareShare(*options, close);
    return [&gateway, name, close] { gateway.RemoveShare(name, close); };
  };
}

absl::StatusOr<config::ReloadReport> Reload(const ControlContext& context) {
  return context.configuration.ReloadFile(ServeOn(context.gateway, false));
}

std::vector<std::string> Lines(const config::ReloadReport& report) {
  std::vector<std::string> lines;
  for (const config::PreferenceChange& change : report.changed) {
    lines.push_back(absl::StrCat(change.key.name(), ": ", change.before, " -> ", change.after));
  }
  const auto shares = [&lines](absl::string_view what, const std::vector<std::string>& names) {
    if (!names.empty())
      lines.push_back(absl::StrCat("shares ", what, ": ", absl::StrJoin(names, ", ")));
  };
  shares("added", report.shares_added);
  shares("changed", report.shares_changed);
  shares("removed", report.shares_removed);
  for (const std::string& each : report.needs_restart) {
    lines.push_back(absl::StrCat("needs a restart: ", each));
  }
  lines.insert(lines.end(), report.failed.begin(), report.failed.end());
  lines.insert(lines.end(), report.overridden.begin(), report.overridden.end());
  if (lines.empty()) lines.emplace_back("nothing has changed");
  return lines;
}

BackgroundReload::BackgroundReload(const ControlContext& context)
    : context_(context), thread_([this] { Run(); }) {}

BackgroundReload::~BackgroundReload() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BackgroundReload::Start() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    asked_ = true;
  }
  changed_.notify_all();
}

void BackgroundReload::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return asked_ || ended_; });
    if (ended_) return;
    asked_ = false;
    lock.unlock();
    LogReload(Reload(context_));
    lock.lock();
  }
}

}  // namespace sluice::control

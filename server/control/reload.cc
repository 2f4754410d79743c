#include "server/control/reload.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sluice::control {

config::ServeShare ServeOn(Gateway& gateway, bool close) {
  return [&gateway, close](const std::string& name, const ShareOptions* options) {
    return options == nullptr ? gateway.RemoveShare(name, close)
                              : gateway.PutShare(*options, close);
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

}  // namespace sluice::control

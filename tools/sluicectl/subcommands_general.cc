// reload.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/table.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

std::string RenderReload(const json& result) {
  static constexpr Column kColumns[] = {
      {"name", "NAME"}, {"before", "BEFORE"}, {"after", "AFTER"}, {"applies", "APPLIES TO"}};
  std::string text =
      RenderTable(result.value("changed", json::array()), kColumns, "no preference has changed");
  for (const char* list : {"shares_added", "shares_changed", "shares_removed", "needs_restart"}) {
    for (const json& item : result.value(list, json::array())) {
      std::string what = list;
      for (char& c : what) c = c == '_' ? ' ' : c;
      absl::StrAppend(&text, what, ": ", item.get<std::string>(), "\n");
    }
  }
  for (const json& line : result.value("failed", json::array())) {
    absl::StrAppend(&text, line.get<std::string>(), "\n");
  }
  const json overridden = result.value("overridden", json::array());
  for (const json& line : overridden) absl::StrAppend(&text, line.get<std::string>(), "\n");
  if (!overridden.empty()) text += "as the file says again: sluicectl share reset NAME\n";
  return text;
}

}  // namespace

void AddGeneralCommands(CLI::App& app, Context& context) {
  app.add_subcommand("reload", "Read the configuration file again; what needs a restart is listed")
      ->callback([&context] { Run(context, "reload", json::object(), RenderReload); });
}

}  // namespace sluice::sluicectl

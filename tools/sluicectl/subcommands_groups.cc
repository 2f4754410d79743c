// group set, list, remove.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/table.h"
#include "tools/sluicectl/warnings.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

std::string RenderGroups(const json& groups) {
  static constexpr Column kColumns[] = {{"name", "NAME"}, {"members", "MEMBERS"}};
  json rows = groups;
  for (json& row : rows) {
    row["members"] = absl::StrJoin(row.at("members").get<std::vector<std::string>>(), ", ");
  }
  return RenderTable(rows, kColumns, "no groups; make one with: sluicectl group set NAME USER...");
}

}  // namespace

void AddGroupCommands(CLI::App& app, Context& context) {
  CLI::App* group =
      app.add_subcommand("group", "The gateway's own groups of users")->require_subcommand(1);
  struct Arguments {
    std::string name;
    std::vector<std::string> members;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* set = group->add_subcommand("set", "Make a group, or change who is in it");
  set->add_option("NAME", arguments->name)->required();
  set->add_option("USER", arguments->members, "All its members")->required();
  set->callback([arguments, &context] {
    Run(context, "group.set", {{"name", arguments->name}, {"members", arguments->members}},
        WithWarnings([](const json& result) {
          return absl::StrCat("group ", result.value("name", ""), " is set\n");
        }));
  });
  group->add_subcommand("list", "List the groups")->callback([&context] {
    Run(context, "group.list", json::object(), RenderGroups);
  });
  CLI::App* remove = group->add_subcommand("remove", "Remove a group");
  remove->add_option("NAME", arguments->name)->required();
  remove->callback([arguments, &context] {
    Run(context, "group.remove", {{"name", arguments->name}}, WithWarnings([](const json& result) {
          return absl::StrCat("group ", result.value("name", ""), " is removed\n");
        }));
  });
}

}  // namespace sluice::sluicectl

// prefs list, get, set, reset, diff.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/table.h"
#include "tools/sluicectl/warnings.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

// Booleans as `prefs set` takes them.
json AsWritten(json rows) {
  for (json& row : rows) {
    for (json& value : row) {
      if (value.is_boolean()) value = value.get<bool>() ? "true" : "false";
    }
  }
  return rows;
}

std::string RenderList(const json& rows) {
  static constexpr Column kColumns[] = {{"name", "NAME"},
                                        {"value", "VALUE"},
                                        {"default", "DEFAULT"},
                                        {"source", "SOURCE"},
                                        {"valid", "VALID"}};
  json shown = AsWritten(rows);
  for (json& row : shown) {
    if (!row.contains("max")) continue;
    row["valid"] = absl::StrCat(row["min"].get<uint64_t>(), " to ", row["max"].get<uint64_t>(), " ",
                                row.value("unit", ""));
  }
  return RenderTable(shown, kColumns, "no preferences");
}

std::string RenderDiff(const json& rows) {
  static constexpr Column kColumns[] = {{"name", "NAME"},
                                        {"default", "DEFAULT"},
                                        {"configured", "CONFIGURED"},
                                        {"value", "VALUE"},
                                        {"source", "SOURCE"}};
  return RenderTable(AsWritten(rows), kColumns, "everything is at its default");
}

std::string RenderChange(const json& result) {
  static constexpr Column kColumns[] = {
      {"name", "NAME"}, {"before", "BEFORE"}, {"after", "AFTER"}, {"applies", "APPLIES TO"}};
  std::string text = RenderTable(AsWritten(result.value("changed", json::array())), kColumns,
                                 "nothing changes: the values are what they were");
  static constexpr Column kAffected[] = {
      {"user", "USER"}, {"client", "CLIENT"}, {"effect", "WHAT IT MEANS TO THIS SESSION"}};
  const json affects = result.value("affects", json::array());
  if (!affects.empty()) absl::StrAppend(&text, "\n", RenderTable(affects, kAffected, ""));
  return text;
}

void AddSet(CLI::App& prefs, Context& context) {
  struct Arguments {
    std::vector<std::string> pairs;
    bool dry_run = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* set = prefs.add_subcommand("set", "Set preferences, all of them or none");
  set->add_option("NAME VALUE", arguments->pairs, "Names, each followed by its value")->required();
  set->add_flag("--dry-run", arguments->dry_run, "Change nothing, say what would happen");
  set->callback([arguments, &context] {
    const std::vector<std::string>& pairs = arguments->pairs;
    if (pairs.size() % 2 != 0) {
      return Usage(context, "prefs set takes names, each followed by its value");
    }
    json values = json::object();
    for (size_t i = 0; i < pairs.size(); i += 2) {
      if (values.contains(pairs[i])) {
        return Usage(context, absl::StrCat(pairs[i], " is given twice"));
      }
      values[pairs[i]] = pairs[i + 1];
    }
    Run(context, "prefs.set", {{"values", values}, {"dry_run", arguments->dry_run}},
        WithWarnings(RenderChange));
  });
}

void AddReset(CLI::App& prefs, Context& context) {
  struct Arguments {
    std::vector<std::string> names;
    bool all = false;
    bool dry_run = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* reset = prefs.add_subcommand("reset", "Take back what was set at run time");
  reset->add_option("NAME", arguments->names, "Preferences");
  reset->add_flag("--all", arguments->all, "All preferences");
  reset->add_flag("--dry-run", arguments->dry_run, "Change nothing, say what would happen");
  reset->callback([arguments, &context] {
    if (arguments->names.empty() != arguments->all) {
      return Usage(context, "prefs reset takes names or --all");
    }
    json params = {{"dry_run", arguments->dry_run}};
    if (!arguments->all) params["names"] = arguments->names;
    Run(context, "prefs.reset", params, RenderChange);
  });
}

}  // namespace

void AddPreferenceCommands(CLI::App& app, Context& context) {
  CLI::App* prefs = app.add_subcommand("prefs", "Preferences")->require_subcommand(1);
  prefs->add_subcommand("list", "Show all preferences")->callback([&context] {
    Run(context, "prefs.list", json::object(), RenderList);
  });
  prefs->add_subcommand("diff", "Show the preferences that are not at their default")
      ->callback([&context] { Run(context, "prefs.diff", json::object(), RenderDiff); });
  const auto name = std::make_shared<std::string>();
  CLI::App* get = prefs->add_subcommand("get", "Show one preference");
  get->add_option("NAME", *name)->required();
  get->callback([name, &context] {
    Run(context, "prefs.get", {{"name", *name}},
        [](const json& row) { return RenderFields(AsWritten(json::array({row}))[0]); });
  });
  AddSet(*prefs, context);
  AddReset(*prefs, context);
}

}  // namespace sluice::sluicectl

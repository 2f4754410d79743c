// share list, get, add, change, reset, remove.
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

struct Arguments {
  std::string name;
  std::string path;
  std::string comment;
  std::string storage = "posix";
  std::vector<std::string> settings;
  bool close = false;
};

std::string RenderList(const json& shares) {
  static constexpr Column kColumns[] = {{"name", "NAME"},
                                        {"path", "PATH"},
                                        {"read_only", "READ ONLY"},
                                        {"visible", "VISIBLE"},
                                        {"encryption", "ENCRYPTION"},
                                        {"tree_connects", "TREES"},
                                        {"source", "SOURCE"},
                                        {"comment", "COMMENT"}};
  json rows = shares;
  for (json& row : rows) row.update(row.value("preferences", json::object()));
  return RenderTable(rows, kColumns, "no shares; add one with: sluicectl share add NAME PATH");
}

void AddAdd(CLI::App& share, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* add = share.add_subcommand("add", "Serve another directory, now and after a restart");
  add->add_option("NAME", arguments->name)->required();
  add->add_option("PATH", arguments->path, "The directory, absolute");
  add->add_option("--comment", arguments->comment, "What clients see beside the name");
  add->add_option("--storage", arguments->storage, "posix, or memory: lost at the gateway's end");
  add->add_option("--set", arguments->settings, "A preference of the share; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add->callback([arguments, &context] {
    if (arguments->path.find('=') != std::string::npos && arguments->path.front() != '/') {
      return Usage(context, absl::StrCat("PATH must be absolute, and is \"", arguments->path,
                                         "\"; each KEY=VALUE takes a --set of its own"));
    }
    json params = {{"name", arguments->name}, {"storage", arguments->storage}};
    if (!arguments->path.empty()) params["path"] = arguments->path;
    if (!arguments->comment.empty()) params["comment"] = arguments->comment;
    for (const std::string& setting : arguments->settings) {
      const size_t equals = setting.find('=');
      if (equals == std::string::npos) return Usage(context, "--set takes KEY=VALUE");
      params["preferences"][setting.substr(0, equals)] = setting.substr(equals + 1);
    }
    Run(context, "share.add", params, WithWarnings([](const json& result) {
          return absl::StrCat("share ", result.value("name", ""), " is served\n");
        }));
  });
}

void AddChange(CLI::App& share, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* change = share.add_subcommand(
      "change", "Change a share's directory or comment; its preferences: prefs set share.NAME.KEY");
  change->add_option("NAME", arguments->name)->required();
  CLI::Option* path = change->add_option("--path", arguments->path, "Another directory");
  CLI::Option* comment = change->add_option("--comment", arguments->comment, "Another comment");
  change->add_flag("--close", arguments->close, "Close what is open instead of letting it go on");
  change->callback([=, &context] {
    json params = {{"name", arguments->name},
                   {"open_handles", arguments->close ? "close" : "drain"}};
    if (path->count() > 0) params["path"] = arguments->path;
    if (comment->count() > 0) params["comment"] = arguments->comment;
    if (path->count() + comment->count() == 0) {
      return Usage(
          context,
          "share change takes --path or --comment; preferences are changed with: sluicectl "
          "prefs set share.NAME.KEY VALUE");
    }
    Run(context, "share.change", params, [](const json& result) {
      return absl::StrCat("share ", result.value("name", ""), " is changed\n");
    });
  });
}

void AddReset(CLI::App& share, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* reset = share.add_subcommand(
      "reset", "Serve a share as the configuration file says again; its preferences: prefs reset");
  reset->add_option("NAME", arguments->name)->required();
  reset->add_flag("--close", arguments->close, "Close what is open instead of letting it go on");
  reset->callback([arguments, &context] {
    const json params = {{"name", arguments->name},
                         {"open_handles", arguments->close ? "close" : "drain"}};
    Run(context, "share.reset", params, [](const json& result) {
      return absl::StrCat("share ", result.value("name", ""), " is as the file says\n");
    });
  });
}

void AddRemove(CLI::App& share, Context& context) {
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* remove =
      share.add_subcommand("remove", "Stop serving a share, now and after a restart");
  remove->add_option("NAME", arguments->name)->required();
  remove->add_flag("--close", arguments->close,
                   "Close what is open instead of letting clients finish");
  remove->callback([arguments, &context] {
    const json params = {{"name", arguments->name},
                         {"open_handles", arguments->close ? "close" : "drain"}};
    Run(context, "share.remove", params, [](const json& result) {
      std::string text = absl::StrCat("share ", result.value("name", ""), " is removed");
      if (result.contains("closed_tree_connects")) {
        absl::StrAppend(&text,
                        "; tree connects closed: ", result["closed_tree_connects"].get<uint64_t>());
      } else {
        absl::StrAppend(&text, "; tree connects that go on until their clients end them: ",
                        result.value("draining_tree_connects", uint64_t{0}));
      }
      return text + "\n";
    });
  });
}

}  // namespace

void AddShareCommands(CLI::App& app, Context& context) {
  CLI::App* share = app.add_subcommand("share", "What is served")->require_subcommand(1);
  share->add_subcommand("list", "List the shares")->callback([&context] {
    Run(context, "share.list", json::object(), RenderList);
  });
  const auto name = std::make_shared<std::string>();
  CLI::App* get = share->add_subcommand("get", "Show one share with all its settings");
  get->add_option("NAME", *name)->required();
  get->callback([name, &context] { Run(context, "share.get", {{"name", *name}}, RenderFields); });
  AddAdd(*share, context);
  AddChange(*share, context);
  AddReset(*share, context);
  AddRemove(*share, context);
}

}  // namespace sluice::sluicectl

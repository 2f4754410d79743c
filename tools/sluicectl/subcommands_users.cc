// user add, passwd, disable, enable, unlock, list, remove.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "tools/sluicectl/cli.h"
#include "tools/sluicectl/password.h"
#include "tools/sluicectl/table.h"
#include "tools/sluicectl/warnings.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

std::string RenderUsers(const json& rows) {
  static constexpr Column kColumns[] = {
      {"name", "NAME"}, {"unix_user", "UNIX USER"}, {"disabled", "DISABLED"}};
  return RenderTable(rows, kColumns, "no users; add one with: sluicectl user add NAME");
}

// "user NAME is DONE".
Render Done(const char* done) {
  return [done](const json& result) {
    return absl::StrCat("user ", result.value("name", ""), " is ", done, "\n");
  };
}

void AddAdd(CLI::App& user, Context& context) {
  struct Arguments {
    std::string name;
    std::string unix_user;
    bool password_stdin = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* add =
      user.add_subcommand("add", "Add a user, or give one that is there another password");
  add->add_option("NAME", arguments->name)->required();
  add->add_flag("--password-stdin", arguments->password_stdin,
                "Read the password from the first line of standard input");
  add->add_option("--unix-user", arguments->unix_user,
                  "Unix account or uid whose rights the user has (default: the one of that name; a "
                  "user that is there keeps what it has)");
  add->callback([arguments, &context] {
    const absl::StatusOr<std::string> password = ReadPassword(arguments->password_stdin);
    if (!password.ok()) return Usage(context, std::string(password.status().message()));
    json params = {{"name", arguments->name}, {"password", *password}};
    if (!arguments->unix_user.empty()) params["unix_user"] = arguments->unix_user;
    Run(context, "user.add", params, WithWarnings([](const json& result) {
          return absl::StrCat("user ", result.value("name", ""),
                              result.value("existed", false)
                                  ? " was there already and has a new password\n"
                                  : " is added\n");
        }));
  });
}

void AddPasswd(CLI::App& user, Context& context) {
  struct Arguments {
    std::string name;
    bool password_stdin = false;
  };
  const auto arguments = std::make_shared<Arguments>();
  CLI::App* passwd = user.add_subcommand("passwd", "Change a user's password");
  passwd->add_option("NAME", arguments->name)->required();
  passwd->add_flag("--password-stdin", arguments->password_stdin,
                   "Read the password from the first line of standard input");
  passwd->callback([arguments, &context] {
    const absl::StatusOr<std::string> password = ReadPassword(arguments->password_stdin);
    if (!password.ok()) return Usage(context, std::string(password.status().message()));
    Run(context, "user.passwd", {{"name", arguments->name}, {"password", *password}},
        Done("given a new password"));
  });
}

}  // namespace

void AddUserCommands(CLI::App& app, Context& context) {
  CLI::App* user = app.add_subcommand("user", "The gateway's own users")->require_subcommand(1);
  AddAdd(*user, context);
  user->add_subcommand("list", "List the users")->callback([&context] {
    Run(context, "user.list", json::object(), RenderUsers);
  });
  AddPasswd(*user, context);
  const auto locked = std::make_shared<std::string>();
  CLI::App* unlock = user->add_subcommand(
      "unlock", "Forget a user's failed log-ons, so that none of them locks him out any more");
  unlock->add_option("NAME", *locked)->required();
  unlock->callback([locked, &context] {
    Run(context, "user.unlock", {{"name", *locked}}, [](const json& result) {
      return absl::StrCat("failed log-ons of ", result.value("name", ""),
                          " forgotten: ", result.value("failures", uint64_t{0}), "\n");
    });
  });
  static constexpr struct {
    const char* verb;
    const char* help;
    const char* done;
  } kVerbs[] = {{"disable", "Keep a user from logging on; open sessions go on", "disabled"},
                {"enable", "Let a disabled user log on again", "enabled"},
                {"remove", "Remove a user, also from its groups; open sessions go on", "removed"}};
  for (const auto& verb : kVerbs) {
    const auto name = std::make_shared<std::string>();
    CLI::App* subcommand = user->add_subcommand(verb.verb, verb.help);
    subcommand->add_option("NAME", *name)->required();
    subcommand->callback([name, &verb, &context] {
      Run(context, absl::StrCat("user.", verb.verb), {{"name", *name}},
          WithWarnings(Done(verb.done)));
    });
  }
}

}  // namespace sluice::sluicectl

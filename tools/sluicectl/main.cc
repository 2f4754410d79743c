// sluicectl: administration of a running gateway over its control socket.

#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/base/version.h"
#include "tools/sluicectl/client.h"
#include "tools/sluicectl/table.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

// Exit codes: 0 done, 1 the gateway refused or failed, 2 wrong usage, 3 no gateway reached.
constexpr int kRefused = 1;
constexpr int kUsage = 2;
constexpr int kUnreachable = 3;

struct Options {
  std::string socket = "/run/sluice/control.sock";
  bool json = false;
};

using Render = std::function<std::string(const json&)>;

int Run(const Options& options, const std::string& command, const json& params,
        const Render& render) {
  const absl::StatusOr<json> result = Call(options.socket, command, params);
  if (!result.ok()) {
    std::cerr << "sluicectl: " << result.status().message() << "\n";
    return absl::IsUnavailable(result.status()) ? kUnreachable : kRefused;
  }
  std::cout << (options.json ? result->dump(2) + "\n" : render(*result));
  return 0;
}

absl::StatusOr<std::string> PromptForPassword(const char* prompt) {
  termios before{};
  if (tcgetattr(STDIN_FILENO, &before) != 0) {
    return absl::InvalidArgumentError(
        "there is no terminal to ask for the password on; pipe it in with --password-stdin");
  }
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  const absl::Cleanup restore = [&before] {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::cerr << "\n";
  };
  std::cerr << prompt;
  std::string password;
  std::getline(std::cin, password);
  return password;
}

absl::StatusOr<std::string> ReadPassword(bool from_stdin) {
  if (from_stdin) {
    std::string password;
    std::getline(std::cin, password);
    return password;
  }
  absl::StatusOr<std::string> first = PromptForPassword("Password: ");
  if (!first.ok()) return first;
  const absl::StatusOr<std::string> second = PromptForPassword("Again: ");
  if (second.ok() && *second != *first) {
    return absl::InvalidArgumentError("the two passwords differ; nothing was changed");
  }
  return first;
}

std::string RenderSessions(const json& rows) {
  static constexpr Column kColumns[] = {{"user", "USER"},       {"client", "CLIENT"},
                                        {"dialect", "DIALECT"}, {"signing", "SIGNING"},
                                        {"cipher", "CIPHER"},   {"encrypted", "ENCRYPTED"}};
  return RenderTable(rows, kColumns, "no sessions");
}

std::string RenderUsers(const json& rows) {
  static constexpr Column kColumns[] = {{"name", "NAME"}, {"unix_user", "UNIX USER"}};
  return RenderTable(rows, kColumns, "no users; add one with: sluicectl user add NAME");
}

std::string RenderPreferences(const json& rows) {
  static constexpr Column kColumns[] = {
      {"name", "NAME"}, {"value", "VALUE"}, {"applies", "APPLIES TO"}};
  return RenderTable(rows, kColumns, "no preferences");
}

void AddUserCommands(CLI::App& app, const Options& options, int& exit_code) {
  CLI::App* user = app.add_subcommand("user", "The gateway's own users")->require_subcommand(1);

  struct AddArguments {
    std::string name;
    std::string unix_user;
    bool password_stdin = false;
  };
  const auto arguments = std::make_shared<AddArguments>();
  CLI::App* add = user->add_subcommand("add", "Add a user, or change the password of one");
  add->add_option("NAME", arguments->name)->required();
  add->add_flag("--password-stdin", arguments->password_stdin,
                "Read the password from the first line of standard input");
  add->add_option("--unix-user", arguments->unix_user,
                  "Unix account or uid whose rights the user has (default: the one of that name)");
  add->callback([arguments, &options, &exit_code] {
    const absl::StatusOr<std::string> password = ReadPassword(arguments->password_stdin);
    if (!password.ok()) {
      std::cerr << "sluicectl: " << password.status().message() << "\n";
      exit_code = kUsage;
      return;
    }
    json params = {{"name", arguments->name}, {"password", *password}};
    if (!arguments->unix_user.empty()) params["unix_user"] = arguments->unix_user;
    exit_code = Run(options, "user.add", params, [](const json& result) {
      return absl::StrCat("user ", result.value("name", ""), " is set\n");
    });
  });

  user->add_subcommand("list", "List the users")->callback([&options, &exit_code] {
    exit_code = Run(options, "user.list", json::object(), RenderUsers);
  });

  const auto name = std::make_shared<std::string>();
  CLI::App* remove = user->add_subcommand("remove", "Remove a user");
  remove->add_option("NAME", *name)->required();
  remove->callback([name, &options, &exit_code] {
    exit_code = Run(options, "user.remove", {{"name", *name}}, [](const json& result) {
      return absl::StrCat("user ", result.value("name", ""), " is removed\n");
    });
  });
}

void AddPreferenceCommands(CLI::App& app, const Options& options, int& exit_code) {
  CLI::App* prefs = app.add_subcommand("prefs", "Preferences")->require_subcommand(1);

  const auto name = std::make_shared<std::string>();
  CLI::App* get = prefs->add_subcommand("get", "Show preferences, or one");
  get->add_option("NAME", *name);
  get->callback([name, &options, &exit_code] {
    const json params = name->empty() ? json::object() : json{{"name", *name}};
    exit_code = Run(options, "prefs.get", params, RenderPreferences);
  });

  const auto pairs = std::make_shared<std::vector<std::string>>();
  CLI::App* set = prefs->add_subcommand("set", "Set preferences, all of them or none");
  set->add_option("NAME VALUE", *pairs, "Names, each followed by its value")->required();
  set->callback([pairs, &options, &exit_code] {
    if (pairs->size() % 2 != 0) {
      std::cerr << "sluicectl: prefs set takes names, each followed by its value\n";
      exit_code = kUsage;
      return;
    }
    json values = json::object();
    for (size_t i = 0; i < pairs->size(); i += 2) values[(*pairs)[i]] = (*pairs)[i + 1];
    exit_code = Run(options, "prefs.set", {{"values", values}}, RenderPreferences);
  });
}

int Main(int argc, char** argv) {
  Options options;
  int exit_code = 0;
  CLI::App app("Administers a running sluiced over its control socket.", "sluicectl");
  app.set_version_flag("--version", std::string("sluicectl ") + base::kVersion);
  app.add_option("--socket", options.socket, "The gateway's control socket")->capture_default_str();
  app.add_flag("--json", options.json, "Print the answer as JSON");
  app.require_subcommand(1);
  app.fallthrough();

  app.add_subcommand("status", "The gateway's state and counters")->callback([&] {
    exit_code = Run(options, "status", json::object(), RenderFields);
  });
  app.add_subcommand("sessions", "Who is logged on, from where, and how it is protected")
      ->callback([&] { exit_code = Run(options, "sessions", json::object(), RenderSessions); });
  AddUserCommands(app, options, exit_code);
  AddPreferenceCommands(app, options, exit_code);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kUsage;
  }
  return exit_code;
}

}  // namespace
}  // namespace sluice::sluicectl

int main(int argc, char** argv) { return sluice::sluicectl::Main(argc, argv); }

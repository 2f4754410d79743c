// What the subcommands of sluicectl share. Each group of them is a file subcommands_*.cc with a
// function that adds it; main.cc calls them.
#ifndef SLUICE_TOOLS_SLUICECTL_CLI_H_
#define SLUICE_TOOLS_SLUICECTL_CLI_H_

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace CLI {
class App;
}

namespace sluice::sluicectl {

// 0 is for what was done.
// The gateway refused or failed; nothing has changed, unless it did not answer in time.
inline constexpr int kRefused = 1;
inline constexpr int kUsage = 2;        // the command line is wrong
inline constexpr int kUnreachable = 3;  // no gateway answers on the socket

// Outlives the subcommands.
struct Context {
  std::string socket = "/run/sluice/control.sock";
  bool json = false;
  int exit_code = 0;
};

// A result as text for people, its last newline included.
using Render = std::function<std::string(const nlohmann::json&)>;

// Sends one command and prints its result, with --json as it is; sets the exit code.
void Run(Context& context, const std::string& command, const nlohmann::json& params,
         const Render& render);

// Indented, ends with a newline. What could steer a terminal is escaped.
std::string JsonText(const nlohmann::json& value);

// Says what went wrong, with --json as {"error": {"code", "message"}} on standard output; sets the
// exit code.
void Fail(Context& context, const absl::Status& status);

// The command line is right for the parser but not for us: says why, sets the exit code.
void Usage(Context& context, const std::string& message);

// There is no such command below `app`: says so, with the nearest one; sets the exit code.
void NoSuchCommand(Context& context, const CLI::App& app, absl::string_view name);
// Null if there is none.
const CLI::App* FindCommand(const CLI::App& app, absl::string_view name);

// All of the command line; `context` outlives `app`.
void DescribeProgram(CLI::App& app, Context& context);

void AddSeeCommands(CLI::App& app, Context& context);
void AddInspectCommands(CLI::App& app, Context& context);
void AddTopCommand(CLI::App& app, Context& context);
void AddPreferenceCommands(CLI::App& app, Context& context);
void AddGeneralCommands(CLI::App& app, Context& context);
void AddShareCommands(CLI::App& app, Context& context);
void AddUserCommands(CLI::App& app, Context& context);
void AddGroupCommands(CLI::App& app, Context& context);
void AddClientCommands(CLI::App& app, Context& context);
// After AddUserCommands, whose `user` it adds to.
void AddImportCommands(CLI::App& app, Context& context);

}  // namespace sluice::sluicectl

#endif  // SLUICE_TOOLS_SLUICECTL_CLI_H_

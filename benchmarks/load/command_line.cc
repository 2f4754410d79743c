#include "benchmarks/load/command_line.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "benchmarks/load/target.h"
#include "benchmarks/load/work/workload.h"
#include "server/auth/kerberos_client.h"
#include "server/base/version.h"

namespace sluice::bench {
namespace {

constexpr char kPasswordVariable[] = "SLUICEBENCH_PASSWORD";

// The options of a run as text, before they are looked at together.
struct RunText {
  std::string auth = "auto";
  std::string dialect = "auto";
  std::string signing = "auto";
  std::string cipher = "none";
  std::string password_file;
  std::string curve;
};

// CLI11's own print the largest number that there is.
CLI::Validator Number(const char* what, bool (*right)(double)) {
  const auto check = [what, right](const std::string& text) {
    double value = 0;
    const bool good = absl::SimpleAtod(text, &value) && right(value);
    return good ? std::string() : absl::StrCat(text, " is not ", what);
  };
  return CLI::Validator(check, "");
}
CLI::Validator Positive() {
  return Number("a number above 0", [](double value) { return value > 0; });
}
CLI::Validator NotNegative() {
  return Number("a number from 0 on", [](double value) { return value >= 0; });
}

void AddTargetOptions(CLI::App& app, RunOptions& run, RunText& text) {
  app.add_option("TARGET", run.target, "smb://HOST[:PORT]/SHARE, or limit://HOST:PORT");
  app.add_option("--auth", text.auth,
                 "auto, ntlm, kerberos (default: auto: Kerberos without --user, if HOST is a name "
                 "and kinit has got a ticket; otherwise NTLM)")
      ->check(CLI::IsMember({"auto", "ntlm", "kerberos"}));
  app.add_option(
      "--user", run.client.user,
      "Log on as this user, NAME@REALM for one of several tickets; anonymous without it");
  app.add_option("--domain", run.client.domain, "The user's domain, for NTLM");
  app.add_option("--password-file", text.password_file,
                 absl::StrCat("File with the password in its first line, - for standard input; "
                              "otherwise the environment's ",
                              kPasswordVariable));
  app.add_option("--dialect", text.dialect, "2.0.2, 2.1, 3.0, 3.0.2, 3.1.1 (default: auto)");
  app.add_option("--signing", text.signing, "none, gmac, cmac, hmac (default: auto)");
  app.add_option("--cipher", text.cipher,
                 "AES-128-GCM, AES-128-CCM, AES-256-GCM, AES-256-CCM (default: none)");
}

void AddWorkOptions(CLI::App& app, RunOptions& run) {
  const auto size = CLI::AsSizeValue(false);
  app.add_option("-w,--workload", run.workload, "What to do; see below (default: read)");
  app.add_option("--bs", run.block_bytes, "Bytes of a block, or of a small file: 4K, 1M")
      ->transform(size)
      ->check(CLI::Range(uint64_t{1}, uint64_t{8} << 20));
  app.add_option("--size", run.file_bytes, "Bytes of each data file (default: 64M)")
      ->transform(size);
  app.add_option("--files", run.files, "Files to work on; entries to list")
      ->check(CLI::Range(1u, 10'000'000u));
  app.add_option("--folders", run.folders, "Folders that they lie in (default: 1)")
      ->check(CLI::Range(1u, 9999u));
  app.add_option("--read-percent", run.read_percent, "Reads in randrw (default: 70)")
      ->check(CLI::Range(0u, 100u));
  app.add_option("--hold", run.hold, "Opens that open-close keeps besides (default: 0)")
      ->check(CLI::Range(0u, 10'000'000u));
  app.add_flag("--other-case", run.other_case, "open-close asks for names in another case");
  app.add_option("--log", run.log, "Log of operations for replay");
  app.add_option("--directory", run.directory,
                 "Folder of the share to work in (default: sluicebench)");
  app.add_flag("--verify", run.verify, "Check every byte that is read against what was written");
  app.add_flag("--keep", run.keep, "Leave the files there after the run");
  app.add_flag("--reuse", run.reuse, "Use the files that an earlier run kept");
}

void AddLoadOptions(CLI::App& app, RunOptions& run, RunText& text) {
  app.add_option("-c,--connections", run.connections, "Connections (default: 1)")
      ->check(CLI::Range(1u, 100'000u));
  app.add_option("-d,--depth", run.depth, "Operations at a time on each (default: 1)")
      ->check(CLI::Range(1u, 4096u));
  app.add_option("-t,--threads", run.threads, "Threads of this client (default: 1)")
      ->check(CLI::Range(1u, 256u));
  CLI::Option* time =
      app.add_option("--time", run.seconds, "Seconds to measure (default: 10)")->check(Positive());
  app.add_option("--count", run.count, "Operations to measure, instead of a time")->excludes(time);
  app.add_option("--warmup", run.warmup_seconds, "Seconds before that (default: 1)")
      ->check(NotNegative());
  app.add_option("--rate", run.rate,
                 "Operations a second in all, begun on time whatever the server does; latency "
                 "counts from the intended time (default: as fast as answers come)")
      ->check(NotNegative());
  app.add_option("--think", run.think_micros, "Microseconds between answer and next operation");
  app.add_option("--seed", run.seed, "Of contents and choices (default: 1)");
  app.add_option("--max-errors", run.errors_max, "Errors that do not end the run (default: 0)");
  app.add_option("--patience", run.patience_seconds,
                 "Seconds without any answer after which the run has failed (default: 30)")
      ->check(Positive());
  app.add_option("--label", run.label, "What reports call the run");
  app.add_option("--curve", text.curve,
                 "NAME=X: the run is the point X of the curve NAME of a report");
  CLI::Option* pid = app.add_option("--server-pid", run.server.pid,
                                    "Process of the server, to measure its CPU time and memory")
                         ->check(Positive());
  app.add_flag("--server-tree", run.server.tree, "Its children, too: smbd has one a connection")
      ->needs(pid);
  app.add_option("--cgroup", run.server.cgroup, "The server's cgroup directory, instead of a pid")
      ->excludes(pid);
}

std::string WorkloadHelp() {
  std::string text = "Workloads:\n";
  for (const WorkloadRow& row : WorkloadTable()) {
    absl::StrAppend(&text, "  ", row.name, std::string(28 - row.name.size(), ' '), row.help, "\n");
  }
  return absl::StrCat(text, "\ndocs/benchmarking.md has the rest.");
}

absl::StatusOr<std::string> ReadPassword(const RunText& text) {
  if (text.password_file == "-") {
    // Once: the jobs of a suite all have it.
    static const std::string typed = [] {
      std::string line;
      std::getline(std::cin, line);
      return line;
    }();
    return typed;
  }
  std::string password;
  if (!text.password_file.empty()) {
    std::ifstream file(text.password_file);
    if (!std::getline(file, password)) {
      return absl::InvalidArgumentError(
          absl::StrCat("cannot read a password from ", text.password_file));
    }
    return password;
  }
  const char* const variable = std::getenv(kPasswordVariable);
  if (variable == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("a user needs a password: --password-file FILE, --password-file - or the "
                     "environment's ",
                     kPasswordVariable));
  }
  return std::string(variable);
}

absl::Status SetCurve(const std::string& text, RunOptions* run) {
  if (text.empty()) return absl::OkStatus();
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0 ||
      !absl::SimpleAtod(text.substr(equals + 1), &run->curve_at)) {
    return absl::InvalidArgumentError("--curve is a name and a number, such as loops=2");
  }
  run->curve = text.substr(0, equals);
  return absl::OkStatus();
}

// A server whose name is an address has no principal, as a rule.
bool IsAddress(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &ignored) == 1;
}

absl::Status SetTicket(const RunText& text, ClientOptions* client) {
  if (!text.password_file.empty() || !client->domain.empty()) {
    return absl::InvalidArgumentError(
        "Kerberos takes a ticket of kinit's, no password and no domain: leave --password-file and "
        "--domain out, or use --auth ntlm");
  }
  const absl::StatusOr<std::string> principal = auth::FindTicket(client->user);
  if (!principal.ok()) {
    return absl::FailedPreconditionError(absl::StrCat(
        principal.status().message(), "; get a ticket with kinit, or use --auth ntlm"));
  }
  client->kerberos = true;
  client->user = *principal;
  return absl::OkStatus();
}

absl::Status SetLogOn(const RunText& text, ClientOptions* client) {
  if (client->limit) {
    return text.auth == "kerberos" ? absl::InvalidArgumentError("limit servers know no log-on")
                                   : absl::OkStatus();
  }
  if (text.auth == "kerberos") return SetTicket(text, client);
  if (client->user.empty()) {
    // Without a ticket of any use it is anonymous.
    if (text.auth == "auto" && !IsAddress(client->server)) SetTicket(text, client).IgnoreError();
    return absl::OkStatus();
  }
  const absl::StatusOr<std::string> password = ReadPassword(text);
  if (!password.ok()) return password.status();
  const absl::StatusOr<auth::NtHash> hash = auth::NtHashOfPassword(*password);
  if (!hash.ok()) return hash.status();
  client->nt_hash = *hash;
  return absl::OkStatus();
}

absl::Status Complete(const RunText& text, RunOptions* run) {
  if (run->target.empty()) {
    return absl::InvalidArgumentError("name a target: smb://HOST[:PORT]/SHARE");
  }
  absl::Status status = ParseTarget(run->target, &run->client);
  if (status.ok()) status = SetCurve(text.curve, run);
  if (status.ok()) status = SetProtection(text.dialect, text.signing, text.cipher, &run->client);
  if (!status.ok()) return status;
  const absl::StatusOr<std::unique_ptr<Workload>> workload = MakeWorkload(*run);
  if (!workload.ok()) return workload.status();
  if (run->client.limit && run->workload != "read" && run->workload != "randread" &&
      run->workload != "write" && run->workload != "randwrite" && run->workload != "echo") {
    return absl::InvalidArgumentError(
        "limit servers know read, randread, write, randwrite and echo only");
  }
  if (run->client.limit && run->verify) {
    return absl::InvalidArgumentError("limit servers serve any file: nothing can be verified");
  }
  if (run->threads > run->connections) run->threads = run->connections;
  if (run->label.empty()) run->label = run->workload;
  if (run->client.limit) run->client.sign = false;
  return SetLogOn(text, &run->client);
}

// One run's options. `arguments` in order; throws CLI::Error.
absl::StatusOr<RunOptions> ParseRun(std::vector<std::string> arguments, std::string* json) {
  CLI::App app{"Loads an SMB server and says what it did", "sluicebench run"};
  app.option_defaults()->take_last();  // what a suite's command line has wins
  RunOptions run;
  RunText text;
  AddTargetOptions(app, run, text);
  AddWorkOptions(app, run);
  AddLoadOptions(app, run, text);
  app.add_option("--json", *json, "Write the results to this file, - for standard output");
  app.footer(WorkloadHelp());
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return absl::CancelledError(app.help());
  }
  const absl::Status status = Complete(text, &run);
  if (!status.ok()) return status;
  return run;
}

// A value of a job file as the text that the command line would have.
absl::StatusOr<std::string> ValueText(const toml::node& node, absl::string_view key) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return absl::StrCat(number->get());
  if (const auto* number = node.as_floating_point()) return absl::StrCat(number->get());
  return absl::InvalidArgumentError(absl::StrCat("\"", key, "\" in line ", node.source().begin.line,
                                                 " must be a text, a number, true or false"));
}

using Settings = std::map<std::string, std::string>;  // "" for a flag that is set

absl::Status AddSettings(const toml::table& table, Settings* settings) {
  for (const auto& [key, node] : table) {
    std::string name(key.str());
    if (name == "job" || name == "defaults") continue;
    if (const auto* flag = node.as_boolean()) {
      settings->erase(name);
      if (flag->get()) (*settings)[name] = "";
      continue;
    }
    const absl::StatusOr<std::string> value = ValueText(node, name);
    if (!value.ok()) return value.status();
    (*settings)[name] = *value;
  }
  return absl::OkStatus();
}

// The keys are the long options' names, "target" and "name"; what the command line of `suite` has
// beside the file comes last and so wins.
absl::Status ReadJobs(const std::string& path, const std::vector<std::string>& more,
                      CommandLine* out) {
  if (!std::ifstream(path)) return absl::NotFoundError("cannot read the job file " + path);
  toml::table file;
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", error.source().begin.line, ": ", std::string(error.description())));
  }
  Settings defaults;
  if (const toml::table* table = file["defaults"].as_table()) {
    const absl::Status status = AddSettings(*table, &defaults);
    if (!status.ok()) return status;
  }
  const toml::array* jobs = file["job"].as_array();
  if (jobs == nullptr || jobs->empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, " has no [[job]]"));
  }
  for (const toml::node& node : *jobs) {
    Settings settings = defaults;
    const toml::table* table = node.as_table();
    if (table == nullptr) return absl::InvalidArgumentError(path + ": a job is a table: [[job]]");
    const absl::Status status = AddSettings(*table, &settings);
    if (!status.ok()) return status;
    for (const std::string& argument : more) {
      if (absl::StrContains(argument, "://")) settings["target"] = argument;
    }
    std::vector<std::string> arguments;
    for (const auto& [key, value] : settings) {
      if (key == "target") {
        arguments.push_back(value);
      } else if (value.empty()) {
        arguments.push_back("--" + key);
      } else {
        arguments.push_back(absl::StrCat("--", key == "name" ? "label" : key, "=", value));
      }
    }
    for (const std::string& argument : more) {
      if (!absl::StrContains(argument, "://")) arguments.push_back(argument);
    }
    std::string json;
    absl::StatusOr<RunOptions> run = absl::UnknownError("");
    try {
      run = ParseRun(std::move(arguments), &json);
    } catch (const CLI::ParseError& error) {
      run = absl::InvalidArgumentError(error.what());
    }
    if (run.ok() && !json.empty()) {
      run = absl::InvalidArgumentError("results go to one file: suite FILE --json RESULTS");
    }
    if (!run.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", node.source().begin.line, ": ", run.status().message()));
    }
    out->runs.push_back(*std::move(run));
  }
  return absl::OkStatus();
}

absl::StatusOr<CommandLine> ParseReport(std::vector<std::string> arguments) {
  CLI::App app{"Makes one HTML file with tables and plots of results", "sluicebench report"};
  CommandLine line;
  line.action = CommandLine::Action::kReport;
  line.html = "report.html";
  line.title = "sluicebench";
  app.add_option("RESULTS", line.results, "JSON files that runs wrote")->required();
  app.add_option("-o,--output", line.html, "File to write (default: report.html)");
  app.add_option("--title", line.title, "Heading of the page");
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return absl::CancelledError(app.help());
  }
  return line;
}

constexpr char kUsage[] =
    "Usage: sluicebench [run] TARGET [OPTIONS]     loads a server; run --help has the options\n"
    "       sluicebench suite FILE [OPTIONS]       the runs of a job file, one after the other\n"
    "       sluicebench report RESULTS... -o HTML  a page with plots of results\n"
    "       sluicebench --version\n";

absl::StatusOr<CommandLine> Parse(std::vector<std::string> arguments) {
  CommandLine line;
  line.text = kUsage;
  if (arguments.empty()) return absl::InvalidArgumentError(kUsage);
  const std::string first = arguments.front();
  if (first == "--help" || first == "-h") return line;
  if (first == "--version") {
    line.text = absl::StrCat("sluicebench ", base::kVersion, "\n");
    return line;
  }
  if (first == "report") return ParseReport({arguments.begin() + 1, arguments.end()});
  line.action = CommandLine::Action::kRun;
  if (first == "suite") {
    if (arguments.size() < 2) return absl::InvalidArgumentError("name a job file");
    if (arguments[1] == "--help" || arguments[1] == "-h") {
      line.action = CommandLine::Action::kSay;
      return line;
    }
    std::vector<std::string> more;
    for (size_t i = 2; i < arguments.size(); ++i) {
      if (arguments[i] == "--json" && i + 1 < arguments.size()) {
        line.json = arguments[++i];
      } else if (absl::StartsWith(arguments[i], "--json=")) {
        line.json = arguments[i].substr(std::string("--json=").size());
      } else {
        more.push_back(arguments[i]);
      }
    }
    const absl::Status status = ReadJobs(arguments[1], more, &line);
    if (!status.ok()) return status;
    return line;
  }
  if (first == "run") arguments.erase(arguments.begin());
  absl::StatusOr<RunOptions> run = ParseRun(std::move(arguments), &line.json);
  if (!run.ok()) return run.status();
  line.runs.push_back(*std::move(run));
  return line;
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(std::vector<std::string> arguments) {
  const bool report = !arguments.empty() && arguments.front() == "report";
  const char* const command = report ? "report" : "run";
  try {
    absl::StatusOr<CommandLine> line = Parse(std::move(arguments));
    if (absl::IsCancelled(line.status())) {
      CommandLine help;
      help.text = std::string(line.status().message());
      return help;
    }
    return line;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(error.what(), "; see sluicebench ", command, " --help"));
  }
}

}  // namespace sluice::bench

// sluiced: the gateway. Composition only: options in, gateway and control socket up, signals waited
// for.

#include <pthread.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "server/base/log.h"
#include "server/base/version.h"
#include "server/config/config_file.h"
#include "server/config/describe.h"
#include "server/config/live_configuration.h"
#include "server/control/reload.h"
#include "server/control/server.h"
#include "server/gateway.h"

namespace sluice {
namespace {

using base::Log;
using base::LogLevel;

constexpr int kBadConfiguration = 2;
constexpr int kCannotServe = 1;

// Blocked in every thread, so that they end in sigwait below.
sigset_t BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGUSR1);  // ours: ends the wait for a second signal
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void ReloadConfiguration(const control::ControlContext& context) {
  const absl::StatusOr<config::ReloadReport> report = control::Reload(context);
  if (!report.ok()) {
    Log(LogLevel::kError, "reload: nothing was changed: %s", report.status().message());
    return;
  }
  for (const std::string& line : control::Lines(*report)) Log(LogLevel::kInfo, "reload: %s", line);
}

// Until the first signal but SIGHUP; a second one while draining cuts the drain short.
void ServeUntilSignal(const control::ControlContext& context,
                      std::unique_ptr<control::ControlServer> control, const sigset_t& signals) {
  Gateway& gateway = context.gateway;
  int signal_number = 0;
  do {
    sigwait(&signals, &signal_number);
    if (signal_number == SIGHUP) ReloadConfiguration(context);
  } while (signal_number == SIGUSR1 || signal_number == SIGHUP);
  Log(LogLevel::kInfo, "stopping: open requests may finish; a second signal ends them");
  std::thread impatience([&signals] {
    int again = 0;
    do {
      sigwait(&signals, &again);
    } while (again == SIGHUP);
    if (again != SIGUSR1) _exit(128 + again);
  });
  gateway.Drain();
  control.reset();  // it acts on a gateway that runs
  gateway.Stop();
  pthread_kill(impatience.native_handle(), SIGUSR1);
  impatience.join();
}

int Fail(const absl::Status& status) {
  std::cerr << "sluiced: " << status.message() << "\n";
  return kCannotServe;
}

int Serve(config::Configuration file) {
  const sigset_t signals = BlockSignals();
  const std::string control_socket = file.control_socket;
  const std::string control_group = file.control_group;
  const absl::StatusOr<std::unique_ptr<config::LiveConfiguration>> configuration =
      config::LiveConfiguration::Open(std::move(file));
  if (!configuration.ok()) return Fail(configuration.status());
  for (const std::string& line : (*configuration)->ignored()) Log(LogLevel::kWarning, "%s", line);
  const absl::StatusOr<std::unique_ptr<Gateway>> gateway =
      Gateway::Create((*configuration)->InitialOptions());
  if (!gateway.ok()) return Fail(gateway.status());
  (*configuration)->Attach((*gateway)->preferences());
  const control::ControlContext context = {**gateway, **configuration};
  absl::StatusOr<std::unique_ptr<control::ControlServer>> control =
      control::ControlServer::Start(control_socket, control_group, context, base::SystemClock());
  if (!control.ok()) return Fail(control.status());
  (*gateway)->Start();
  const GatewayStatus status = (*gateway)->Status();
  Log(LogLevel::kInfo, "sluiced %s serves %s on %s, crypto by %s", base::kVersion,
      absl::StrJoin(status.shares, ", "), absl::StrJoin((*gateway)->listen_addresses(), ", "),
      status.crypto_processor);
  if (geteuid() != 0) {
    Log(LogLevel::kWarning,
        "not root: every file operation runs as uid %d, whoever logs on, and ports below 1024 "
        "cannot be served",
        geteuid());
  }
  ServeUntilSignal(context, *std::move(control), signals);
  Log(LogLevel::kInfo, "stopped");
  return 0;
}

// What the gateway would obey if it were started now, each value with its origin.
int Check(config::Configuration file) {
  const absl::StatusOr<std::unique_ptr<config::LiveConfiguration>> configuration =
      config::LiveConfiguration::Open(std::move(file));
  if (!configuration.ok()) {
    std::cerr << "sluiced: " << configuration.status().message() << "\n";
    return kBadConfiguration;
  }
  std::cout << config::Describe(**configuration);
  return 0;
}

int Main(int argc, char** argv) {
  std::string config_path = "/etc/sluice/sluice.toml";
  bool check = false;
  CLI::App app("Serves directories over SMB 2 and 3.", "sluiced");
  app.set_version_flag("--version", std::string("sluiced ") + base::kVersion);
  app.add_option("--config", config_path, "The configuration file")->capture_default_str();
  app.add_flag("--check-config", check,
               "Print what would be obeyed and why, or every mistake, and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kBadConfiguration;
  }
  absl::StatusOr<config::Configuration> configuration = config::LoadConfiguration(config_path);
  if (!configuration.ok()) {
    std::cerr << "sluiced: the configuration is not usable\n"
              << configuration.status().message() << "\n";
    return kBadConfiguration;
  }
  if (check) return Check(*std::move(configuration));
  return Serve(*std::move(configuration));
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) { return sluice::Main(argc, argv); }

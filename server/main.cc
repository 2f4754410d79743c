// sluiced: the gateway. Composition only: options in, gateway and control socket up, signals waited
// for.

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "server/base/deadline_call.h"
#include "server/base/log.h"
#include "server/base/state_directory.h"
#include "server/base/version.h"
#include "server/config/check_paths.h"
#include "server/config/config_file.h"
#include "server/config/describe.h"
#include "server/config/live_configuration.h"
#include "server/control/metrics.h"
#include "server/control/reload.h"
#include "server/control/server.h"
#include "server/gateway.h"
#include "server/net/listener.h"
#include "server/program_options.h"
#include "server/ring/credentials.h"
#include "server/ring/process_limits.h"
#include "server/service/privileges.h"
#include "server/service/service_manager.h"

namespace sluice {
namespace {

using base::Log;
using base::LogLevel;

constexpr int kBadConfiguration = 2;
constexpr int kCannotServe = 1;
// Of the control thread: the loops go first where there is not enough for all.
constexpr int kControlNice = 19;

// Ends the wait for a second signal. From outside it means nothing.
constexpr int kDrained = SIGUSR2;

// Blocked in every thread, so that they end in sigwait below.
sigset_t BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, kDrained);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// For whoever has renamed the files.
void ReopenLogs(Gateway& gateway) {
  if (const absl::Status status = base::ReopenLog(); !status.ok()) {
    Log(LogLevel::kError, "the log goes on in the old file: %s", std::string(status.message()));
  }
  base::AuditLog* const audit = gateway.audit();
  const absl::Status status = audit == nullptr ? absl::OkStatus() : audit->Reopen();
  if (!status.ok()) {
    Log(LogLevel::kError, "the audit log goes on in the old file: %s",
        std::string(status.message()));
  }
}

// Until the first signal that ends the gateway; a second one while draining cuts the drain short.
void ServeUntilSignal(const control::ControlContext& context, const sigset_t& signals,
                      const std::function<void()>& before_end) {
  Gateway& gateway = context.gateway;
  auto reload = std::make_unique<control::BackgroundReload>(context);
  int signal_number = 0;
  do {
    sigwait(&signals, &signal_number);
    if (signal_number == SIGUSR1 || signal_number == SIGHUP) ReopenLogs(gateway);
    if (signal_number == SIGHUP) reload->Start();
  } while (signal_number != SIGINT && signal_number != SIGTERM);
  Log(LogLevel::kInfo, "stopping: open requests may finish; a second signal ends them");
  std::thread impatience([&signals] {
    int again = 0;
    do {
      sigwait(&signals, &again);
    } while (again == SIGHUP || again == SIGUSR1);
    if (again != kDrained) _exit(128 + again);
  });
  service::Notify("STOPPING=1");
  base::EndDeadlineCalls();
  gateway.Drain();
  // What acts on the gateway ends before its loops do.
  reload.reset();
  before_end();
  gateway.Stop();
  pthread_kill(impatience.native_handle(), kDrained);
  impatience.join();
}

int Fail(const absl::Status& status) {
  std::cerr << "sluiced: " << status.message() << "\n";
  return kCannotServe;
}

// Sockets first, then nothing that serving files does not take. The process has one thread yet.
absl::StatusOr<std::vector<int>> BindAndDropPrivileges(const std::vector<std::string>& addresses) {
  std::vector<int> sockets = service::TakeListenSockets();
  if (sockets.empty()) {
    absl::StatusOr<std::vector<int>> bound = net::BindSockets(addresses);
    if (!bound.ok()) return bound.status();
    sockets = *std::move(bound);
  }
  // The rings' memory is pinned and every open file is a descriptor; what allows more of them is
  // given up below.
  ring::RaiseLockedMemoryLimit();
  ring::RaiseDescriptorLimit();
  if (absl::Status status = service::DropPrivileges(); !status.ok()) return status;
  if (absl::Status status = service::FilterSystemCalls(); !status.ok()) return status;
  return sockets;
}

// Whether every loop still turns.
bool Alive(Gateway& gateway) {
  constexpr uint64_t kNobody = ~uint64_t{0};
  return gateway.List({.kind = InventoryKind::kConnections, .filter = {.id = kNobody}}).complete;
}

absl::StatusOr<std::unique_ptr<control::MetricsEndpoint>> StartMetrics(const std::string& listen,
                                                                       const Gateway& gateway) {
  if (listen.empty()) return nullptr;
  return control::MetricsEndpoint::Start(listen, [&gateway] { return gateway.Observe(); });
}

void LogStart(const Gateway& gateway) {
  const GatewayStatus status = gateway.Status();
  Log(LogLevel::kInfo, "sluiced %s serves %s on %s, crypto by %s", base::kVersion,
      absl::StrJoin(status.shares, ", "), absl::StrJoin(gateway.listen_addresses(), ", "),
      status.crypto_processor);
  if (!ring::CanChangeCredentials()) {
    Log(LogLevel::kWarning,
        "neither root nor with the capabilities SETUID and SETGID: every file operation runs as "
        "uid %d, whoever logs on",
        geteuid());
  }
}

int Serve(config::Configuration file) {
  const sigset_t signals = BlockSignals();
  const std::string control_socket = file.control_socket;
  const std::string control_group = file.control_group;
  const std::string metrics_listen = file.metrics_listen;
  absl::StatusOr<std::vector<int>> sockets = BindAndDropPrivileges(file.gateway.listen);
  if (!sockets.ok()) return Fail(sockets.status());
  if (const absl::Status status = base::OpenLog(file.log_file); !status.ok()) return Fail(status);
  const absl::Cleanup close_log = [] { base::CloseLog(); };
  // Before anything of it is read.
  const absl::StatusOr<std::unique_ptr<base::StateDirectoryLock>> state =
      base::StateDirectoryLock::Take(file.gateway.state_dir);
  if (!state.ok()) return Fail(state.status());
  const absl::StatusOr<std::unique_ptr<config::LiveConfiguration>> configuration =
      config::LiveConfiguration::Open(std::move(file));
  if (!configuration.ok()) return Fail(configuration.status());
  for (const std::string& line : (*configuration)->ignored()) Log(LogLevel::kWarning, "%s", line);
  GatewayOptions options = (*configuration)->InitialOptions();
  options.listen_sockets = *std::move(sockets);
  const absl::StatusOr<std::unique_ptr<Gateway>> gateway = Gateway::Create(std::move(options));
  if (!gateway.ok()) return Fail(gateway.status());
  (*configuration)->Attach((*gateway)->preferences());
  // First, so that what looks at the loops finds them all.
  (*gateway)->Start();
  const control::ControlContext context = {**gateway, **configuration};
  absl::StatusOr<std::unique_ptr<control::ControlServer>> control = control::ControlServer::Start(
      control_socket, control_group, context, base::SystemClock(), kControlNice);
  if (!control.ok()) return Fail(control.status());
  absl::StatusOr<std::unique_ptr<control::MetricsEndpoint>> metrics =
      StartMetrics(metrics_listen, **gateway);
  if (!metrics.ok()) return Fail(metrics.status());
  LogStart(**gateway);
  auto watchdog = std::make_unique<service::Watchdog>([&gateway] { return Alive(**gateway); });
  service::Notify("READY=1");
  ServeUntilSignal(context, signals, [&] {
    watchdog.reset();
    metrics->reset();
    control->reset();
  });
  Log(LogLevel::kInfo, "stopped");
  return 0;
}

int NotUsable(const absl::Status& status) {
  std::cerr << "sluiced: the configuration is not usable\n" << status.message() << "\n";
  return kBadConfiguration;
}

// What the gateway would obey if it were started now, each value with its origin.
int Check(config::Configuration file) {
  if (const absl::Status status = config::CheckPaths(file); !status.ok()) return NotUsable(status);
  const absl::StatusOr<std::unique_ptr<config::LiveConfiguration>> configuration =
      config::LiveConfiguration::Open(std::move(file));
  if (!configuration.ok()) {
    std::cerr << "sluiced: " << configuration.status().message() << "\n";
    return kBadConfiguration;
  }
  std::cout << config::Describe(**configuration);
  return 0;
}

// A dump of the process would hold keys and password hashes. Nor can other processes of its user
// read its memory.
void ForbidDumps() {
  // The kernel forgets the other one at a change of credentials.
  const rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
#ifdef __SANITIZE_ADDRESS__
  // The search for leaks at the exit reads this process's memory from another, which the kernel
  // forbids once credentials have changed.
  std::atexit([] { prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); });
#else
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int Main(int argc, char** argv) {
  ProgramOptions options;
  CLI::App app;
  DescribeProgram(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kBadConfiguration;
  }
  absl::StatusOr<config::Configuration> configuration = config::LoadConfiguration(options.config);
  if (!configuration.ok()) return NotUsable(configuration.status());
  ForbidDumps();
  if (options.check) return Check(*std::move(configuration));
  return Serve(*std::move(configuration));
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) { return sluice::Main(argc, argv); }

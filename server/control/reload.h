// Reading the configuration file again while the gateway runs: `reload` and SIGHUP.
#ifndef SLUICE_SERVER_CONTROL_RELOAD_H_
#define SLUICE_SERVER_CONTROL_RELOAD_H_

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/live_configuration.h"
#include "server/control/command.h"

namespace sluice::control {

// Serves shares on `gateway`; the handles of one that goes or changes stay open until the clients
// close them, or with `close` are closed.
config::ServeShare ServeOn(Gateway& gateway, bool close);

// Reads the file that the gateway was started with. A mistake in it changes nothing; the error has
// them all, a line each.
absl::StatusOr<config::ReloadReport> Reload(const ControlContext& context);

// For logs, a line each.
std::vector<std::string> Lines(const config::ReloadReport& report);

// Reloads on a thread of its own and logs what came of it, for who must not wait for storage.
class BackgroundReload {
 public:
  // `context` outlives this.
  explicit BackgroundReload(const ControlContext& context);
  // Waits for a reload that runs.
  ~BackgroundReload();
  BackgroundReload(const BackgroundReload&) = delete;
  BackgroundReload& operator=(const BackgroundReload&) = delete;

  // Never waits. However often it is called, the file is read once more after the last call.
  void Start();

 private:
  void Run();

  const ControlContext& context_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_ = false;  // mutex_, like all below
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_RELOAD_H_

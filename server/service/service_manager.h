// How a service manager (systemd) and the gateway talk: readiness, watchdog, and sockets that were
// bound before the gateway began. Without a service manager all of it does nothing.
// See sd_notify(3) and sd_listen_fds(3), whose protocols these are.
#ifndef SLUICE_SERVER_SERVICE_SERVICE_MANAGER_H_
#define SLUICE_SERVER_SERVICE_SERVICE_MANAGER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::service {

// Sends lines such as "READY=1" to $NOTIFY_SOCKET. False where there is none or it takes nothing.
bool Notify(absl::string_view state);

// The listening sockets that were passed ($LISTEN_FDS), close-on-exec from now on. The environment
// forgets them: a second call gives none. On one thread, before others begin.
std::vector<int> TakeListenSockets();

// The time after which the service manager takes a silent gateway for dead; 0: it does not.
uint64_t WatchdogMicros();

// Tells the service manager twice in each watchdog interval that the gateway lives, as long as
// `alive` says so; it runs on the watchdog's thread and may block. Does nothing where the service
// manager has no watchdog.
class Watchdog {
 public:
  explicit Watchdog(std::function<bool()> alive);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void Run(uint64_t micros);

  const std::function<bool()> alive_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;  // mutex_
  std::thread thread_;
};

}  // namespace sluice::service

#endif  // SLUICE_SERVER_SERVICE_SERVICE_MANAGER_H_

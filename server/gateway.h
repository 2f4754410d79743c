// A whole gateway in a box: loops, listener, workers, shares, users. The program is a main() around
// it; tests make one in their own process.
#ifndef SLUICE_SERVER_GATEWAY_H_
#define SLUICE_SERVER_GATEWAY_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/auth/group_store.h"
#include "server/auth/logon_throttle.h"
#include "server/auth/user_store.h"
#include "server/base/audit_log.h"
#include "server/base/clock.h"
#include "server/base/random.h"
#include "server/base/refusal_log.h"
#include "server/gateway_options.h"
#include "server/inventory.h"
#include "server/observation.h"
#include "server/session/session_table.h"

namespace sluice {

struct GatewayStatus {
  uint64_t uptime_seconds = 0;
  size_t loops = 0;
  uint64_t connections = 0;
  std::vector<std::string> shares;
  std::string crypto_processor;
  // Of all loops together, by name; "status.NAME" are the errors and warnings that were answered.
  std::vector<std::pair<std::string, uint64_t>> counters;
};

// How a share is used now.
struct ShareUse {
  bool served = false;
  size_t trees = 0;  // tree connects
};

class Gateway {
 public:
  // Opens shares, users and sockets; an error says which one and why. Nothing is served before
  // Start(). Creates state_dir where it does not exist. `clock` and `random` outlive the gateway.
  static absl::StatusOr<std::unique_ptr<Gateway>> Create(
      GatewayOptions options, base::Clock& clock = base::SystemClock(),
      base::Random& random = base::SystemRandom());
  // Stops it.
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  void Start();
  // No new connections; those that there are may finish what they have begun, for
  // limits::drain_timeout_ms at most. Blocks until then.
  void Drain();
  // Ends every connection and every thread. Idempotent. Where the kernel does not give back what
  // was begun (a disk that hangs) nothing can be taken down in order, and the process ends.
  void Stop();

  // What every gateway of this program can do, told from the tables that do it: names in groups.
  static std::vector<std::pair<std::string, std::vector<std::string>>> Capabilities();

  // As bound: the port that the kernel chose where the option says 0.
  const std::vector<std::string>& listen_addresses() const;
  // Thread-safe, like all below.
  LivePreferences& preferences();
  auth::UserStore& users();
  const session::SessionTable& sessions() const;
  auth::GroupStore& groups();
  const base::RefusalLog& refusals() const;
  auth::LogonThrottle& throttle();
  GatewayStatus Status() const;
  // All counters of the gateway.
  Observation Observe() const;
  // What is connected now, or its end: see InventoryQuery. Blocks for two seconds at most; not on a
  // loop's thread.
  Inventory List(const InventoryQuery& query);
  // Null where no audit log is kept. Lives as long as the gateway.
  base::AuditLog* audit() const;

  // Opens a share's storage, which may take limits::kStorageAnswerMillis. What it gives serves the
  // share, instead of the one of that name if there is one, and cannot fail; until it is called
  // nothing has changed. Tree connects of the one before go on until their clients end them, or,
  // with `close`, end now and their files are closed. Its preferences are those of preferences(),
  // not of `options`. One thread at a time changes shares, none of a loop.
  absl::StatusOr<std::function<void()>> PrepareShare(const ShareOptions& options, bool close);
  // Serves it no more, if it was.
  void RemoveShare(absl::string_view name, bool close);
  ShareUse UseOf(absl::string_view name) const;

 private:
  class Impl;
  explicit Gateway(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_GATEWAY_H_

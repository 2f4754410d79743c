// The control socket: a Unix stream socket with a thread of its own and less claim to the processor
// than the loops have, so that nothing that happens on it hurts clients.
#ifndef SLUICE_SERVER_CONTROL_SERVER_H_
#define SLUICE_SERVER_CONTROL_SERVER_H_

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/control/commands.h"

namespace sluice::control {

class ControlServer {
 public:
  // Makes the socket at `path` and serves it until destruction, which removes it. It is its
  // owner's, mode 0600, or with a `group` also that group's, mode 0660; whoever else gets at it is
  // refused. A socket that a dead gateway left behind is replaced; one that somebody serves is an
  // error. `nice` is that of its threads, see setpriority(2).
  static absl::StatusOr<std::unique_ptr<ControlServer>> Start(std::string path,
                                                              const std::string& group,
                                                              ControlContext context,
                                                              base::Clock& clock, int nice);
  ~ControlServer();

 private:
  ControlServer(std::string path, std::optional<gid_t> group, ControlContext context,
                base::Clock& clock, int listener, int wake, int nice);
  void Run();

  const std::string path_;
  const std::optional<gid_t> group_;
  const ControlContext context_;
  base::Clock& clock_;
  const int listener_;
  const int wake_;  // an eventfd: readable when a worker is done or the thread must end
  std::atomic<bool> ending_{false};
  const int nice_;
  std::thread thread_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_SERVER_H_

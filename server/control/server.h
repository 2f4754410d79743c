// The control socket: a Unix stream socket with a thread of its own, so that nothing that happens
// on it touches a data loop.
#ifndef SLUICE_SERVER_CONTROL_SERVER_H_
#define SLUICE_SERVER_CONTROL_SERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/control/commands.h"

namespace sluice::control {

class ControlServer {
 public:
  // Makes the socket at `path`, mode 0600, and serves it until destruction, which removes it. A
  // socket that a dead gateway left behind is replaced; one that somebody serves is an error.
  static absl::StatusOr<std::unique_ptr<ControlServer>> Start(std::string path,
                                                              ControlContext context,
                                                              base::Clock& clock);
  ~ControlServer();

 private:
  ControlServer(std::string path, ControlContext context, base::Clock& clock, int listener,
                int wake);
  void Run();

  const std::string path_;
  const ControlContext context_;
  base::Clock& clock_;
  const int listener_;
  const int wake_;  // an eventfd: readable when the thread must end
  std::thread thread_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_SERVER_H_

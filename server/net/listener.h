// Accepts connections and gives each to the least loaded loop.
#ifndef SLUICE_SERVER_NET_LISTENER_H_
#define SLUICE_SERVER_NET_LISTENER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/limits.h"
#include "server/ring/counters.h"
#include "server/ring/loop.h"

namespace sluice::net {

struct ListenerOptions {
  // "host:port", "[v6]:port"; numeric hosts, "*" or an empty host for all addresses. Port 0 lets
  // the kernel choose.
  std::vector<std::string> addresses;
  // Instead of addresses: sockets that listen already, taken over.
  std::vector<int> sockets;
  size_t connections_max = limits::connections_max;
  // May be empty. Runs on loops[0] for each connection that is closed at once because there are
  // connections_max.
  std::function<void(const std::string& peer, size_t connections_max)> on_full;
};

struct ListenerCounters {
  ring::Counter accepted;
  ring::Counter refused_at_limit;    // closed at once: connections_max
  ring::Counter out_of_descriptors;  // EMFILE, ENFILE: accepting pauses
  ring::Counter failures;            // any other error of accept
};

// Binds and listens, for who must do it before the loops are there: the sockets, in the order of
// the addresses. An error names the address, and nothing is left open.
absl::StatusOr<std::vector<int>> BindSockets(const std::vector<std::string>& addresses);

class Listener {
 public:
  // Runs on the loop that the socket was given to, which has counted it in its load(); whoever
  // ends the connection takes it off again. Owns `fd`, which has TCP_NODELAY.
  using OnAccept = std::function<void(ring::Loop& loop, int fd, std::string peer)>;

  // Binds and listens; accepting begins with Start(). An error names the address.
  static absl::StatusOr<std::unique_ptr<Listener>> Create(const ListenerOptions& options,
                                                          std::vector<ring::Loop*> loops,
                                                          OnAccept on_accept);
  // After Stop() has finished, or before Start().
  ~Listener();

  // Begins to accept on loops[0]. From any thread.
  void Start();
  // Stops accepting; `done` runs on loops[0] when the sockets are closed. From any thread.
  void Stop(std::function<void()> done);

  // For the connections to come. From any thread.
  void set_connections_max(size_t connections_max);

  // As bound, in the order of the addresses: "127.0.0.1:49152".
  const std::vector<std::string>& bound_addresses() const;
  const ListenerCounters& counters() const;

 private:
  class Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::net

#endif  // SLUICE_SERVER_NET_LISTENER_H_

#include "server/control/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <list>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "server/base/log.h"

namespace sluice::control {
namespace {

// A peer that has sent half a request, or does not read its answer, for so long is dropped.
constexpr uint64_t kStalledPeerNanos = 30'000'000'000;

absl::Status SystemError(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", strerror(errno)));
}

bool FillAddress(const std::string& path, sockaddr_un* address) {
  *address = {};
  address->sun_family = AF_UNIX;
  if (path.size() >= sizeof(address->sun_path)) return false;
  std::memcpy(address->sun_path, path.c_str(), path.size() + 1);
  return true;
}

bool SomebodyServes(const sockaddr_un& address) {
  const int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool connected =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(probe);
  return connected;
}

absl::StatusOr<int> Listen(const std::string& path) {
  sockaddr_un address;
  if (!FillAddress(path, &address)) {
    return absl::InvalidArgumentError(absl::StrCat("the control socket's path is too long (",
                                                   sizeof(address.sun_path) - 1,
                                                   " bytes at most): ", path));
  }
  struct stat status {};
  if (lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) {
      return absl::AlreadyExistsError(absl::StrCat(path, " is there and is no socket"));
    }
    if (SomebodyServes(address)) {
      return absl::AlreadyExistsError(
          absl::StrCat("another gateway serves the control socket ", path));
    }
    unlink(path.c_str());
  }
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listener < 0) return SystemError("socket");
  // The mode is set before anybody can connect: bind takes it from the socket's inode.
  fchmod(listener, 0600);
  if (bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      chmod(path.c_str(), 0600) != 0 || listen(listener, 16) != 0) {
    const absl::Status error = SystemError(absl::StrCat("cannot make the control socket ", path));
    close(listener);
    return error;
  }
  return listener;
}

// One peer: what it sent and is not yet a line, and what it has not yet read.
struct Peer {
  int fd = -1;
  Caller caller;
  std::string in;
  std::string out;
  uint64_t last_progress_nanos = 0;
  bool done = false;
};

// Takes each whole line out of `peer.in`. A line that grows too long ends the peer.
void ExecuteLines(const ControlContext& context, Peer& peer) {
  size_t begin = 0;
  for (size_t end; (end = peer.in.find('\n', begin)) != std::string::npos; begin = end + 1) {
    peer.out +=
        Execute(context, peer.caller, absl::string_view(peer.in).substr(begin, end - begin));
    peer.out += '\n';
    // Passwords pass through here.
    std::fill(peer.in.begin() + static_cast<ptrdiff_t>(begin),
              peer.in.begin() + static_cast<ptrdiff_t>(end), '\0');
  }
  peer.in.erase(0, begin);
  if (peer.in.size() > limits::control_request_bytes_max) {
    peer.out +=
        absl::StrCat(R"({"error":{"code":"invalid_argument","message":"a request has at most )",
                     limits::control_request_bytes_max, R"( bytes"}})", "\n");
    peer.in.clear();
    peer.done = true;
  }
}

void ReadFrom(const ControlContext& context, Peer& peer, uint64_t now) {
  char buffer[16384];
  const ssize_t got = recv(peer.fd, buffer, sizeof(buffer), 0);
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) peer.done = true;
    return;
  }
  peer.last_progress_nanos = now;
  peer.in.append(buffer, static_cast<size_t>(got));
  explicit_bzero(buffer, sizeof(buffer));
  ExecuteLines(context, peer);
}

void WriteTo(Peer& peer, uint64_t now) {
  const ssize_t sent = send(peer.fd, peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
  if (sent > 0) {
    peer.out.erase(0, static_cast<size_t>(sent));
    peer.last_progress_nanos = now;
  } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    peer.out.clear();
    peer.done = true;
  }
}

bool Stalled(const Peer& peer, uint64_t now) {
  const bool midway = !peer.in.empty() || !peer.out.empty();
  return midway && now - peer.last_progress_nanos > kStalledPeerNanos;
}

void AcceptFrom(int listener, std::list<Peer>& peers, uint64_t now) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  if (peers.size() >= limits::control_connections_max) {
    close(fd);
    return;
  }
  ucred credentials{};
  socklen_t length = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    close(fd);
    return;
  }
  peers.push_back({.fd = fd,
                   .caller = {credentials.uid, credentials.gid, credentials.pid},
                   .last_progress_nanos = now});
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Start(std::string path,
                                                                    ControlContext context,
                                                                    base::Clock& clock) {
  const absl::StatusOr<int> listener = Listen(path);
  if (!listener.ok()) return listener.status();
  const int wake = eventfd(0, EFD_CLOEXEC);
  if (wake < 0) {
    close(*listener);
    return SystemError("eventfd");
  }
  return std::unique_ptr<ControlServer>(
      new ControlServer(std::move(path), std::move(context), clock, *listener, wake));
}

ControlServer::ControlServer(std::string path, ControlContext context, base::Clock& clock,
                             int listener, int wake)
    : path_(std::move(path)),
      context_(std::move(context)),
      clock_(clock),
      listener_(listener),
      wake_(wake),
      thread_([this] { Run(); }) {}

ControlServer::~ControlServer() {
  const uint64_t one = 1;
  if (write(wake_, &one, sizeof(one)) != sizeof(one)) {
    base::Log(base::LogLevel::kError, "control socket: cannot wake its thread");
  }
  thread_.join();
  unlink(path_.c_str());
  close(listener_);
  close(wake_);
}

void ControlServer::Run() {
  std::list<Peer> peers;
  std::vector<pollfd> polled;
  while (true) {
    polled.assign({{wake_, POLLIN, 0}, {listener_, POLLIN, 0}});
    for (const Peer& peer : peers) {
      // A peer that does not read its answers is not read from either: memory stays bounded.
      polled.push_back({peer.fd, static_cast<int16_t>(peer.out.empty() ? POLLIN : POLLOUT), 0});
    }
    if (poll(polled.data(), polled.size(), 1000) < 0 && errno != EINTR) break;
    if (polled[0].revents != 0) break;
    const uint64_t now = clock_.MonotonicNanos();
    size_t index = 2;
    for (auto peer = peers.begin(); peer != peers.end(); ++index) {
      const int16_t events = polled[index].revents;
      if ((events & POLLOUT) != 0) {
        WriteTo(*peer, now);
      } else if (events != 0) {
        ReadFrom(context_, *peer, now);
        if (!peer->out.empty()) WriteTo(*peer, now);
      }
      if ((peer->done && peer->out.empty()) || Stalled(*peer, now)) {
        close(peer->fd);
        peer = peers.erase(peer);
      } else {
        ++peer;
      }
    }
    if (polled[1].revents != 0) AcceptFrom(listener_, peers, now);
  }
  for (const Peer& peer : peers) close(peer.fd);
}

}  // namespace sluice::control

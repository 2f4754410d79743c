#include "server/control/server.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <list>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/secret.h"
#include "server/base/audit_log.h"
#include "server/base/limits.h"
#include "server/base/log.h"

namespace sluice::control {
namespace {

// A peer that has asked for nothing for so long gives way to others where all places are taken.
constexpr uint64_t kIdlePeerNanos = 5'000'000'000;
// A peer that has sent half a request, or does not read its answer, for so long is dropped.
constexpr uint64_t kStalledPeerNanos = 30'000'000'000;
// With so much unread a peer's next request waits.
constexpr size_t kUnreadBytesMax = 1u << 20;
constexpr size_t kReceiveBytes = 16384;

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

absl::StatusOr<gid_t> FindGroup(const std::string& name) {
  std::vector<char> buffer(1 << 16);
  struct group entry {};
  struct group* found = nullptr;
  const int error = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0) {
    return absl::UnavailableError(absl::StrCat("[server] control_group: the Unix group ", name,
                                               " cannot be looked up: ", strerror(error)));
  }
  if (found == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("[server] control_group: there is no Unix group ", name));
  }
  return found->gr_gid;
}

absl::StatusOr<int> Listen(const std::string& path, std::optional<gid_t> allowed) {
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
      (allowed.has_value() && chown(path.c_str(), static_cast<uid_t>(-1), *allowed) != 0) ||
      chmod(path.c_str(), allowed.has_value() ? 0660 : 0600) != 0 || listen(listener, 64) != 0) {
    const absl::Status error = SystemError(absl::StrCat("cannot make the control socket ", path));
    close(listener);
    return error;
  }
  return listener;
}

// One peer: what it sent and is not yet a line, and what it has not yet read. Passwords pass
// through `in`: it never grows, which would leave copies behind, and what has been used is wiped.
struct Peer {
  ~Peer() { crypto::Wipe(in.data(), in.size()); }

  int fd = -1;
  Caller caller;
  std::string in;
  std::string out;
  uint64_t last_progress_nanos = 0;
  bool done = false;
};

// Leaves nothing of them.
void TakeOut(size_t bytes, std::string* text) {
  std::copy(text->begin() + static_cast<ptrdiff_t>(bytes), text->end(), text->begin());
  const size_t rest = text->size() - bytes;
  crypto::Wipe(text->data() + rest, bytes);
  text->resize(rest);
}

// Executes and takes out the whole lines of `peer.in`, as long as the peer reads the answers. A
// line that grows too long ends the peer.
void ExecuteLines(const ControlContext& context, Peer& peer) {
  size_t begin = 0;
  for (size_t end; (end = peer.in.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (peer.out.size() > kUnreadBytesMax) break;
    peer.out +=
        Execute(context, peer.caller, absl::string_view(peer.in).substr(begin, end - begin));
    peer.out += '\n';
  }
  TakeOut(begin, &peer.in);
  if (peer.in.size() > limits::control_request_bytes_max &&
      peer.in.find('\n') == std::string::npos) {
    peer.out +=
        absl::StrCat(R"({"error":{"code":"invalid_argument","message":"a request has at most )",
                     limits::control_request_bytes_max, R"( bytes"}})", "\n");
    TakeOut(peer.in.size(), &peer.in);
    peer.done = true;
  }
}

void ReadFrom(const ControlContext& context, Peer& peer, uint64_t now) {
  char buffer[kReceiveBytes];
  const ssize_t got = recv(peer.fd, buffer, sizeof(buffer), 0);
  if (got <= 0) {
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) peer.done = true;
    return;
  }
  peer.last_progress_nanos = now;
  peer.in.reserve(limits::control_request_bytes_max + kReceiveBytes);
  peer.in.append(buffer, static_cast<size_t>(got));
  crypto::Wipe(buffer, sizeof(buffer));
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

bool IsInGroup(int fd, const ucred& peer, gid_t wanted) {
  if (peer.gid == wanted) return true;
  gid_t groups[NGROUPS_MAX];
  socklen_t length = sizeof(groups);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0) return false;
  const gid_t* const begin = groups;
  const gid_t* const end = begin + length / sizeof(gid_t);
  return std::find(begin, end, wanted) != end;
}

// Whoever the socket's mode let in; but its directory may have been opened, or its mode changed.
bool MayAdminister(int fd, const ucred& peer, std::optional<gid_t> allowed) {
  return peer.uid == 0 || peer.uid == geteuid() ||
         (allowed.has_value() && IsInGroup(fd, peer, *allowed));
}

// Says why, and closes.
void Dismiss(int fd, absl::string_view code, absl::string_view message) {
  const std::string answer =
      absl::StrCat(R"({"error":{"code":")", code, R"(","message":")", message, "\"}}\n");
  (void)!send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  close(fd);
}

void Refuse(const ControlContext& context, int fd, const ucred& peer) {
  constexpr absl::string_view kWhy =
      "only root, the gateway's own user and members of [server] control_group may administer it";
  base::Log(base::LogLevel::kWarning, "control socket: uid %d was refused", peer.uid);
  if (base::AuditLog* const audit = context.gateway.audit(); audit != nullptr) {
    const std::string client = absl::StrCat("control socket: uid ", peer.uid, ", pid ", peer.pid);
    const std::string detail = absl::StrCat("refused: ", kWhy);
    audit->Write({.event = "admin", .ok = false, .client = client, .detail = detail});
  }
  Dismiss(fd, "denied", kWhy);
}

// The one that has been idle for longest goes, if it has been for long. False: all are busy.
bool MakeRoom(std::list<Peer>& peers, uint64_t now) {
  auto longest = peers.end();
  for (auto peer = peers.begin(); peer != peers.end(); ++peer) {
    const bool idle =
        peer->in.empty() && peer->out.empty() && now - peer->last_progress_nanos > kIdlePeerNanos;
    if (!idle) continue;
    if (longest == peers.end() || peer->last_progress_nanos < longest->last_progress_nanos) {
      longest = peer;
    }
  }
  if (longest == peers.end()) return false;
  close(longest->fd);
  peers.erase(longest);
  return true;
}

// False where there is no descriptor for a connection that waits.
bool AcceptFrom(int listener, std::optional<gid_t> allowed, const ControlContext& context,
                std::list<Peer>& peers, uint64_t now) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return errno != EMFILE && errno != ENFILE;
  ucred credentials{};
  socklen_t length = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) {
    close(fd);
    return true;
  }
  if (!MayAdminister(fd, credentials, allowed)) {
    Refuse(context, fd, credentials);
    return true;
  }
  if (peers.size() >= limits::control_connections_max && !MakeRoom(peers, now)) {
    Dismiss(fd, "limit",
            absl::StrCat("the control socket serves ", limits::control_connections_max,
                         " programs at a time, and all are busy; try again"));
    return true;
  }
  peers.push_back({.fd = fd,
                   .caller = {credentials.uid, credentials.gid, credentials.pid},
                   .last_progress_nanos = now});
  return true;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Start(std::string path,
                                                                    const std::string& group,
                                                                    ControlContext context,
                                                                    base::Clock& clock, int nice) {
  std::optional<gid_t> gid;
  if (!group.empty()) {
    const absl::StatusOr<gid_t> found = FindGroup(group);
    if (!found.ok()) return found.status();
    gid = *found;
  }
  const absl::StatusOr<int> listener = Listen(path, gid);
  if (!listener.ok()) return listener.status();
  const int wake = eventfd(0, EFD_CLOEXEC);
  if (wake < 0) {
    close(*listener);
    return SystemError("eventfd");
  }
  return std::unique_ptr<ControlServer>(
      new ControlServer(std::move(path), gid, std::move(context), clock, *listener, wake, nice));
}

ControlServer::ControlServer(std::string path, std::optional<gid_t> allowed, ControlContext context,
                             base::Clock& clock, int listener, int wake, int nice)
    : path_(std::move(path)),
      group_(allowed),
      context_(std::move(context)),
      clock_(clock),
      listener_(listener),
      wake_(wake),
      nice_(nice),
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
  // In Linux a thread has a priority of its own.
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), nice_);
  std::list<Peer> peers;
  std::vector<pollfd> polled;
  // A connection that nothing can be done about must not keep the thread busy.
  bool accepting = true;
  while (true) {
    polled.assign({{wake_, POLLIN, 0}, {accepting ? listener_ : -1, POLLIN, 0}});
    for (const Peer& peer : peers) {
      // A peer that does not read its answers is not read from either: memory stays bounded.
      polled.push_back({peer.fd, static_cast<int16_t>(peer.out.empty() ? POLLIN : POLLOUT), 0});
    }
    if (poll(polled.data(), polled.size(), 1000) < 0 && errno != EINTR) {
      base::Log(base::LogLevel::kError, "control socket: it ends, since poll failed: %s",
                strerror(errno));
      break;
    }
    if (polled[0].revents != 0) break;
    const uint64_t now = clock_.MonotonicNanos();
    size_t index = 2;
    for (auto peer = peers.begin(); peer != peers.end(); ++index) {
      const int16_t events = polled[index].revents;
      if (events != 0 && peer->out.empty()) ReadFrom(context_, *peer, now);
      if (!peer->out.empty()) WriteTo(*peer, now);
      // What has been read already wakes nobody up again.
      while (peer->out.empty() && peer->in.find('\n') != std::string::npos) {
        ExecuteLines(context_, *peer);
        WriteTo(*peer, now);
      }
      if ((peer->done && peer->out.empty()) || Stalled(*peer, now)) {
        close(peer->fd);
        peer = peers.erase(peer);
      } else {
        ++peer;
      }
    }
    accepting = polled[1].revents == 0 || AcceptFrom(listener_, group_, context_, peers, now);
  }
  for (const Peer& peer : peers) close(peer.fd);
}

}  // namespace sluice::control

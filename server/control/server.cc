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
#include <atomic>
#include <cerrno>
#include <cstring>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crypto/secret.h"
#include "server/base/audit_log.h"
#include "server/base/control_limits.h"
#include "server/base/limits.h"
#include "server/base/log.h"
#include "server/control/workers.h"

namespace sluice::control {
namespace {

// A peer that has asked for nothing for so long gives way to others where all places are taken.
constexpr uint64_t kIdlePeerNanos = 5'000'000'000;
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

// What a worker makes of a request.
struct Answer {
  std::atomic<bool> ready{false};
  std::string line;  // the worker's until `ready`
};

// One peer: what it sent and is not yet a line, and what it has not yet read. Passwords pass
// through `in`: it never grows, which would leave copies behind, and what has been used is wiped.
struct Peer {
  ~Peer() { crypto::Wipe(in.data(), in.size()); }

  int fd = -1;
  Caller caller;
  std::string in;
  std::string out;
  // A worker executes its request; until then the peer is neither read from nor written to.
  std::shared_ptr<Answer> awaited;
  uint64_t last_progress_nanos = 0;
  // When the request that is not whole yet began to arrive, and when what is in `out` began to wait
  // for the peer; 0: there is none.
  uint64_t request_began_nanos = 0;
  uint64_t answer_began_nanos = 0;
  bool done = false;

  bool IsRoot() const { return caller.uid == 0; }
};

// What requests are executed with.
struct Executor {
  const ControlContext& context;
  Workers& workers;
  const int wake;  // an eventfd
};

// Leaves nothing of them.
void TakeOut(size_t bytes, std::string* text) {
  std::copy(text->begin() + static_cast<ptrdiff_t>(bytes), text->end(), text->begin());
  const size_t rest = text->size() - bytes;
  crypto::Wipe(text->data() + rest, bytes);
  text->resize(rest);
}

// What may wait goes to a worker, which wakes the socket's thread when it is done.
void ExecuteLine(const Executor& executor, absl::string_view line, Peer& peer) {
  auto request = std::make_shared<const Request>(line);
  if (!request->MayWait()) {
    peer.out += Execute(executor.context, peer.caller, *request);
    peer.out += '\n';
    return;
  }
  peer.awaited = std::make_shared<Answer>();
  executor.workers.Submit([&context = executor.context, wake = executor.wake, caller = peer.caller,
                           request = std::move(request), answer = peer.awaited] {
    answer->line = Execute(context, caller, *request) + '\n';
    answer->ready.store(true, std::memory_order_release);
    const uint64_t one = 1;
    (void)!write(wake, &one, sizeof(one));
  });
}

// Executes and takes out the whole lines of `peer.in`, one after the other, as long as the peer
// reads the answers. A line that grows too long ends the peer.
void ExecuteLines(const Executor& executor, Peer& peer, uint64_t now) {
  size_t begin = 0;
  for (size_t end; (end = peer.in.find('\n', begin)) != std::string::npos; begin = end + 1) {
    if (peer.out.size() > kUnreadBytesMax || peer.awaited != nullptr) break;
    ExecuteLine(executor, absl::string_view(peer.in).substr(begin, end - begin), peer);
  }
  TakeOut(begin, &peer.in);
  const bool whole = peer.in.find('\n') != std::string::npos;
  if (begin != 0 || whole || peer.in.empty()) peer.request_began_nanos = 0;
  if (!whole && !peer.in.empty() && peer.request_began_nanos == 0) peer.request_began_nanos = now;
  if (peer.in.size() > limits::control_request_bytes_max && !whole) {
    peer.out +=
        absl::StrCat(R"({"error":{"code":"invalid_argument","message":"a request has at most )",
                     limits::control_request_bytes_max, R"( bytes"}})", "\n");
    TakeOut(peer.in.size(), &peer.in);
    peer.done = true;
  }
}

void ReadFrom(const Executor& executor, Peer& peer, uint64_t now) {
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
  ExecuteLines(executor, peer, now);
}

void WriteTo(Peer& peer, uint64_t now) {
  if (peer.answer_began_nanos == 0) peer.answer_began_nanos = now;
  const ssize_t sent = send(peer.fd, peer.out.data(), peer.out.size(), MSG_NOSIGNAL);
  if (sent > 0) {
    peer.out.erase(0, static_cast<size_t>(sent));
    peer.last_progress_nanos = now;
  } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
    peer.out.clear();
    peer.done = true;
  }
  if (peer.out.empty()) peer.answer_began_nanos = 0;
}

// By the time that a whole one takes, not by the last byte: one byte now and then is no progress.
bool Stalled(const Peer& peer, uint64_t now) {
  return (peer.request_began_nanos != 0 &&
          now - peer.request_began_nanos > limits::kControlRequestNanos) ||
         (peer.answer_began_nanos != 0 &&
          now - peer.answer_began_nanos > limits::kControlAnswerNanos);
}

// Moves a peer on; `readable` also stands for an end of the connection. False: it goes.
bool Serve(const Executor& executor, Peer& peer, bool readable, uint64_t now) {
  if (peer.awaited != nullptr) {
    if (!peer.awaited->ready.load(std::memory_order_acquire)) return true;
    peer.out += std::exchange(peer.awaited, nullptr)->line;
    // What came of the next one in the meantime was not read for our sake.
    if (peer.request_began_nanos != 0) peer.request_began_nanos = now;
  } else if (readable && peer.out.empty()) {
    ReadFrom(executor, peer, now);
  }
  if (!peer.out.empty()) WriteTo(peer, now);
  // What has been read already wakes nobody up again.
  while (peer.out.empty() && peer.awaited == nullptr && peer.in.find('\n') != std::string::npos) {
    ExecuteLines(executor, peer, now);
    if (!peer.out.empty()) WriteTo(peer, now);
  }
  if (peer.awaited != nullptr) return true;
  return !(peer.done && peer.out.empty()) && !Stalled(peer, now);
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

// Whether there is a place for one more peer. Some are kept for root.
bool HasRoom(const std::list<Peer>& peers, bool for_root) {
  const auto others = static_cast<size_t>(
      std::count_if(peers.begin(), peers.end(), [](const Peer& peer) { return !peer.IsRoot(); }));
  return peers.size() < limits::control_connections_max &&
         (for_root || others < limits::control_connections_max - limits::kControlPlacesForRoot);
}

// The one that has been idle for longest goes, if it has been for long and its place is one that
// the new one may take. False: all are busy.
bool MakeRoom(std::list<Peer>& peers, bool for_root, uint64_t now) {
  const bool full = peers.size() >= limits::control_connections_max;
  auto longest = peers.end();
  for (auto peer = peers.begin(); peer != peers.end(); ++peer) {
    const bool idle = peer->in.empty() && peer->out.empty() && peer->awaited == nullptr &&
                      now - peer->last_progress_nanos > kIdlePeerNanos;
    if (!idle || (!for_root && !full && peer->IsRoot())) continue;
    if (longest == peers.end() || peer->last_progress_nanos < longest->last_progress_nanos) {
      longest = peer;
    }
  }
  if (longest == peers.end()) return false;
  close(longest->fd);
  peers.erase(longest);
  return HasRoom(peers, for_root);
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
  const bool root = credentials.uid == 0;
  if (!HasRoom(peers, root) && !MakeRoom(peers, root, now)) {
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
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
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
  ending_.store(true, std::memory_order_release);
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
  Workers workers(limits::kControlWorkers, nice_);
  const Executor executor = {context_, workers, wake_};
  std::vector<pollfd> polled;
  // A connection that nothing can be done about must not keep the thread busy.
  bool accepting = true;
  while (true) {
    polled.assign({{wake_, POLLIN, 0}, {accepting ? listener_ : -1, POLLIN, 0}});
    for (const Peer& peer : peers) {
      // A peer that does not read its answers is not read from either: memory stays bounded.
      const int fd = peer.awaited == nullptr ? peer.fd : -1;
      polled.push_back({fd, static_cast<int16_t>(peer.out.empty() ? POLLIN : POLLOUT), 0});
    }
    if (poll(polled.data(), polled.size(), 1000) < 0 && errno != EINTR) {
      base::Log(base::LogLevel::kError, "control socket: it ends, since poll failed: %s",
                strerror(errno));
      break;
    }
    if (ending_.load(std::memory_order_acquire)) break;
    uint64_t woken = 0;
    if (polled[0].revents != 0) (void)!read(wake_, &woken, sizeof(woken));
    const uint64_t now = clock_.MonotonicNanos();
    size_t index = 2;
    for (auto peer = peers.begin(); peer != peers.end(); ++index) {
      if (Serve(executor, *peer, polled[index].revents != 0, now)) {
        ++peer;
      } else {
        close(peer->fd);
        peer = peers.erase(peer);
      }
    }
    accepting = polled[1].revents == 0 || AcceptFrom(listener_, group_, context_, peers, now);
  }
  for (const Peer& peer : peers) close(peer.fd);
}

}  // namespace sluice::control

#include "server/net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/log.h"
#include "server/net/address.h"
#include "server/net/errors.h"

namespace sluice::net {
namespace {

constexpr int kBacklog = 1024;
constexpr uint64_t kRetryNanos = 100'000'000;
// A peer that vanished without a word is found out after about two minutes.
constexpr int kKeepIdleSeconds = 60;
constexpr int kKeepIntervalSeconds = 15;
constexpr int kKeepCount = 4;

// A descriptor that is closed unless it is taken.
class UniqueFd {
 public:
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Take()) {}
  UniqueFd& operator=(UniqueFd&&) = delete;
  ~UniqueFd() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int Take() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A loop's place for one more connection, given back unless it is taken.
class LoadShare {
 public:
  explicit LoadShare(ring::Loop* loop) : loop_(loop) {
    loop_->load().fetch_add(1, std::memory_order_relaxed);
  }
  LoadShare(LoadShare&& other) noexcept : loop_(other.Take()) {}
  LoadShare& operator=(LoadShare&&) = delete;
  ~LoadShare() {
    if (loop_ != nullptr) loop_->load().fetch_sub(1, std::memory_order_relaxed);
  }
  ring::Loop* Take() { return std::exchange(loop_, nullptr); }

 private:
  ring::Loop* loop_;
};

// Of one end of a connection; of no family where it has none any more.
Address AddressBy(int (*which)(int, sockaddr*, socklen_t*), int fd) {
  Address address;
  address.bytes = sizeof(address.storage);
  if (which(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.bytes) != 0) return {};
  return address;
}

std::string PeerOf(int fd) { return FormatAddress(AddressBy(getpeername, fd)); }

// No network lies between us and a peer on this machine, so there is nothing that could be
// congested. An algorithm that spreads what it sends over time (bbr) costs a timer for every 64 KiB
// there; this one does not, and every kernel has it and lets everybody have it.
constexpr char kCongestionControlOnThisMachine[] = "reno";

// Fails only where the peer is gone already, which the first receive will tell.
void SetOptions(int fd) {
  const auto set = [fd](int level, int name, int value) {
    setsockopt(fd, level, name, &value, sizeof(value));
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepIntervalSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kKeepCount);
  if (SameHost(AddressBy(getsockname, fd), AddressBy(getpeername, fd))) {
    setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, kCongestionControlOnThisMachine,
               sizeof(kCongestionControlOnThisMachine) - 1);
  }
}

struct Bound {
  UniqueFd fd;
  std::string address;
};

absl::StatusOr<Bound> Describe(UniqueFd fd) {
  Address bound;
  bound.bytes = sizeof(bound.storage);
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&bound.storage), &bound.bytes) != 0) {
    return absl::UnavailableError(absl::StrCat(
        "descriptor ", fd.get(), " is no socket to listen on: ", std::strerror(errno)));
  }
  return Bound{std::move(fd), FormatAddress(bound)};
}

absl::StatusOr<Bound> Bind(const std::string& text) {
  absl::StatusOr<Address> address = ParseAddress(text);
  if (!address.ok()) return address.status();
  const auto failed = [&text](const char* what, int error) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", text, ": ", what, ": ", std::strerror(error),
                     error == EACCES ? " (ports below 1024 need root)" : ""));
  };
  UniqueFd fd(socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return failed("socket", errno);
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address->storage.ss_family == AF_INET6) {
    // So that "[::]:445" and "*:445" can stand side by side.
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  }
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address->storage), address->bytes) != 0) {
    return failed("bind", errno);
  }
  if (listen(fd.get(), kBacklog) != 0) return failed("listen", errno);
  return Describe(std::move(fd));
}

}  // namespace

class Listener::Impl {
 public:
  Impl(std::vector<ring::Loop*> loops, const ListenerOptions& options, OnAccept on_accept)
      : loops_(std::move(loops)),
        connections_max_(options.connections_max),
        on_full_(options.on_full),
        on_accept_(std::make_shared<OnAccept>(std::move(on_accept))) {}

  void set_connections_max(size_t connections_max) {
    connections_max_.store(connections_max, std::memory_order_relaxed);
  }

  void Add(Bound bound) {
    addresses_.push_back(std::move(bound.address));
    sockets_.push_back(std::make_unique<Socket>(*this, std::move(bound.fd)));
  }

  void Start() {
    loops_[0]->Post([this] {
      for (const auto& socket : sockets_) socket->Arm();
    });
  }

  void Stop(std::function<void()> done) {
    loops_[0]->Post([this, done = std::move(done)]() mutable {
      done_ = std::move(done);
      for (const auto& socket : sockets_) socket->Stop();
      StopIfQuiet();
    });
  }

  const std::vector<std::string>& addresses() const { return addresses_; }
  const ListenerCounters& counters() const { return counters_; }

 private:
  class Socket {
   public:
    Socket(Impl& impl, UniqueFd fd) : impl_(impl), fd_(std::move(fd)) {}

    void Arm() {
      if (stopped_ || accepting_) return;
      accepting_ = true;
      ring::Sqe sqe;
      sqe.code = ring::OpCode::kAcceptMultishot;
      sqe.fd = fd_.get();
      // Sending out of a pipe asks for it; the ring's own operations wait all the same.
      sqe.flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
      loop().Queue(sqe, &accept_);
    }

    void Stop() {
      stopped_ = true;
      retry_.Cancel();
      if (!accepting_) return;
      ring::Sqe sqe;
      sqe.code = ring::OpCode::kCancelOp;
      sqe.address = static_cast<ring::Op*>(&accept_);
      loop().Queue(sqe, nullptr);
    }

    bool quiet() const { return !accepting_; }
    int TakeFd() { return fd_.Take(); }

   private:
    ring::Loop& loop() { return *impl_.loops_[0]; }

    void OnAccept(const ring::Completion& completion) {
      if (!completion.more) accepting_ = false;
      if (completion.result >= 0) {
        UniqueFd fd(completion.result);
        if (!stopped_) impl_.Accepted(std::move(fd));
      } else if (!stopped_) {
        impl_.Failed(completion.result);
        // Trying again at once would fail at once: whoever waits stays in the backlog meanwhile.
        if (Classify(completion.result) != ErrorClass::kPeerGone) {
          loop().ArmTimer(retry_, loop().now() + kRetryNanos);
          return;
        }
      }
      if (stopped_) {
        impl_.StopIfQuiet();
      } else if (!retry_.armed()) {
        Arm();
      }
    }

    Impl& impl_;
    UniqueFd fd_;
    bool accepting_ = false;
    bool stopped_ = false;
    ring::MemberOp<Socket, &Socket::OnAccept> accept_{this};
    ring::MemberTimer<Socket, &Socket::Arm> retry_{this};
  };

  void Accepted(UniqueFd fd) {
    out_of_descriptors_ = false;
    size_t total = 0;
    ring::Loop* least = loops_[0];
    for (ring::Loop* loop : loops_) {
      const size_t load = loop->load().load(std::memory_order_relaxed);
      total += load;
      if (load < least->load().load(std::memory_order_relaxed)) least = loop;
    }
    if (const size_t max = connections_max_.load(std::memory_order_relaxed); total >= max) {
      RefuseAtLimit(PeerOf(fd.get()), max);
      return;
    }
    at_limit_ = false;
    counters_.accepted.Add();
    SetOptions(fd.get());
    std::string peer = PeerOf(fd.get());
    LoadShare share(least);
    // Where that loop ends first, the entry is destroyed unrun and gives back both.
    least->Post([on_accept = on_accept_, fd = std::move(fd), share = std::move(share),
                 peer = std::move(peer)]() mutable {
      (*on_accept)(*share.Take(), fd.Take(), std::move(peer));
    });
  }

  void RefuseAtLimit(const std::string& peer, size_t max) {
    counters_.refused_at_limit.Add();
    if (on_full_) on_full_(peer, max);
    if (std::exchange(at_limit_, true)) return;
    base::Log(base::LogLevel::kWarning,
              "client %s was refused, and so are others until there is room: there are %d "
              "connections, and limits.connections, or RLIMIT_NOFILE (ulimit -n), allows no more",
              peer, max);
  }

  void Failed(int error) {
    if (Classify(error) == ErrorClass::kResource) {
      counters_.out_of_descriptors.Add();
      if (!std::exchange(out_of_descriptors_, true)) {
        base::Log(base::LogLevel::kWarning,
                  "cannot accept connections for now: %s; raise RLIMIT_NOFILE (ulimit -n)",
                  std::strerror(-error));
      }
    } else {
      counters_.failures.Add();
    }
  }

  void StopIfQuiet() {
    if (!done_) return;
    for (const auto& socket : sockets_) {
      if (!socket->quiet()) return;
    }
    for (const auto& socket : sockets_) {
      if (const int fd = socket->TakeFd(); fd >= 0) loops_[0]->Close(fd);
    }
    // May destroy this object.
    const std::function<void()> done = std::exchange(done_, nullptr);
    done();
  }

  const std::vector<ring::Loop*> loops_;
  std::atomic<size_t> connections_max_;
  const std::function<void(const std::string&, size_t)> on_full_;
  const std::shared_ptr<OnAccept> on_accept_;  // with what was posted and has not run
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<Socket>> sockets_;
  std::function<void()> done_;
  ListenerCounters counters_;
  bool at_limit_ = false;  // so that each is logged once
  bool out_of_descriptors_ = false;
};

absl::StatusOr<std::vector<int>> BindSockets(const std::vector<std::string>& addresses) {
  std::vector<Bound> all;
  for (const std::string& address : addresses) {
    absl::StatusOr<Bound> bound = Bind(address);
    if (!bound.ok()) return bound.status();
    all.push_back(*std::move(bound));
  }
  std::vector<int> sockets;
  for (Bound& bound : all) sockets.push_back(bound.fd.Take());
  return sockets;
}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Create(const ListenerOptions& options,
                                                           std::vector<ring::Loop*> loops,
                                                           OnAccept on_accept) {
  auto impl = std::make_unique<Impl>(std::move(loops), options, std::move(on_accept));
  for (const int socket : options.sockets) {
    absl::StatusOr<Bound> bound = Describe(UniqueFd(socket));
    if (!bound.ok()) return bound.status();
    impl->Add(*std::move(bound));
  }
  for (const std::string& address : options.addresses) {
    if (!options.sockets.empty()) break;
    absl::StatusOr<Bound> bound = Bind(address);
    if (!bound.ok()) return bound.status();
    impl->Add(*std::move(bound));
  }
  return std::unique_ptr<Listener>(new Listener(std::move(impl)));
}

Listener::Listener(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Listener::~Listener() = default;

void Listener::Start() { impl_->Start(); }

void Listener::Stop(std::function<void()> done) { impl_->Stop(std::move(done)); }

void Listener::set_connections_max(size_t connections_max) {
  impl_->set_connections_max(connections_max);
}

const std::vector<std::string>& Listener::bound_addresses() const { return impl_->addresses(); }

const ListenerCounters& Listener::counters() const { return impl_->counters(); }

}  // namespace sluice::net

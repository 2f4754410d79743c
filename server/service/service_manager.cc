#include "server/service/service_manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"

namespace sluice::service {
namespace {

constexpr int kFirstListenSocket = 3;
constexpr int kListenSocketsMax = 64;

// The number in an environment variable; 0 if there is none.
uint64_t NumberIn(const char* variable) {
  const char* const text = std::getenv(variable);
  uint64_t number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number : 0;
}

bool MeantForUs(const char* pid_variable) {
  const uint64_t pid = NumberIn(pid_variable);
  return pid == 0 || pid == static_cast<uint64_t>(getpid());
}

bool IsListening(int fd) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

}  // namespace

bool Notify(absl::string_view state) {
  const char* const path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const size_t length = path == nullptr ? 0 : std::strlen(path);
  if (length < 2 || length >= sizeof(address.sun_path)) return false;
  std::memcpy(address.sun_path, path, length);
  // '@' stands for the zero byte of an abstract name, which ends where its length says.
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  const ssize_t sent = sendto(fd, state.data(), state.size(), MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&address), size);
  close(fd);
  return sent == static_cast<ssize_t>(state.size());
}

std::vector<int> TakeListenSockets() {
  std::vector<int> sockets;
  const auto count =
      static_cast<int>(std::min<uint64_t>(NumberIn("LISTEN_FDS"), kListenSocketsMax));
  if (std::getenv("LISTEN_PID") != nullptr && MeantForUs("LISTEN_PID")) {
    for (int fd = kFirstListenSocket; fd < kFirstListenSocket + count; ++fd) {
      fcntl(fd, F_SETFD, FD_CLOEXEC);
      if (IsListening(fd)) sockets.push_back(fd);
    }
  }
  for (const char* variable : {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"}) unsetenv(variable);
  return sockets;
}

uint64_t WatchdogMicros() { return MeantForUs("WATCHDOG_PID") ? NumberIn("WATCHDOG_USEC") : 0; }

Watchdog::Watchdog(std::function<bool()> alive) : alive_(std::move(alive)) {
  const uint64_t micros = WatchdogMicros();
  if (micros != 0) thread_ = std::thread([this, micros] { Run(micros); });
}

Watchdog::~Watchdog() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Watchdog::Run(uint64_t micros) {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!ended_) {
    lock.unlock();
    if (alive_()) Notify("WATCHDOG=1");
    lock.lock();
    ending_.wait_for(lock, std::chrono::microseconds(micros / 2), [this] { return ended_; });
  }
}

}  // namespace sluice::service

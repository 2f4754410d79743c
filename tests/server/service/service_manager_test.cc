#include "server/service/service_manager.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace sluice::service {
namespace {

// A service manager's socket, with an abstract name of its own.
class FakeManager {
 public:
  FakeManager() : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string name = "sluice-test-" + std::to_string(getpid());
    std::memcpy(address.sun_path + 1, name.data(), name.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    EXPECT_EQ(bind(fd_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
  }
  ~FakeManager() {
    close(fd_);
    unsetenv("NOTIFY_SOCKET");
  }
  FakeManager(const FakeManager&) = delete;
  FakeManager& operator=(const FakeManager&) = delete;

  // "" if nothing comes in time.
  std::string Receive(int millis = 10'000) {
    pollfd ready{fd_, POLLIN, 0};
    if (poll(&ready, 1, millis) != 1) return "";
    char text[256];
    const ssize_t got = recv(fd_, text, sizeof(text), 0);
    return got < 0 ? "" : std::string(text, static_cast<size_t>(got));
  }

 private:
  const int fd_;
};

TEST(ServiceManagerTest, NotifiesWhomTheEnvironmentNames) {
  FakeManager manager;
  EXPECT_TRUE(Notify("READY=1\nSTATUS=serving"));
  EXPECT_EQ(manager.Receive(), "READY=1\nSTATUS=serving");
}

TEST(ServiceManagerTest, NotifiesNobodyWithoutAManager) {
  unsetenv("NOTIFY_SOCKET");
  EXPECT_FALSE(Notify("READY=1"));
  setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
  EXPECT_FALSE(Notify("READY=1"));
  unsetenv("NOTIFY_SOCKET");
}

TEST(ServiceManagerTest, TakesPassedSocketsOnce) {
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(listening, reinterpret_cast<const sockaddr*>(&any), sizeof(any)), 0);
  ASSERT_EQ(listen(listening, 1), 0);
  // What lies at 3 belongs to the test's runner: it comes back.
  const int saved = fcntl(3, F_DUPFD_CLOEXEC, 100);
  ASSERT_EQ(dup2(listening, 3), 3);
  setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  setenv("LISTEN_FDS", "1", 1);
  EXPECT_EQ(TakeListenSockets(), std::vector<int>{3});
  EXPECT_EQ(fcntl(3, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  EXPECT_TRUE(TakeListenSockets().empty());
  close(listening);
  close(3);
  if (saved >= 0) {
    dup2(saved, 3);
    close(saved);
  }
}

TEST(ServiceManagerTest, LeavesSocketsThatAreMeantForAnotherProcess) {
  setenv("LISTEN_PID", "1", 1);
  setenv("LISTEN_FDS", "1", 1);
  EXPECT_TRUE(TakeListenSockets().empty());
}

TEST(ServiceManagerTest, TheWatchdogIsFedWhileTheGatewayLives) {
  FakeManager manager;
  setenv("WATCHDOG_USEC", "20000", 1);
  std::atomic<bool> alive{true};
  {
    Watchdog watchdog([&alive] { return alive.load(); });
    EXPECT_EQ(manager.Receive(), "WATCHDOG=1");
    EXPECT_EQ(manager.Receive(), "WATCHDOG=1");
    alive = false;
    while (!manager.Receive(50).empty()) continue;
    EXPECT_EQ(manager.Receive(100), "");
  }
  unsetenv("WATCHDOG_USEC");
}

TEST(ServiceManagerTest, ThereIsNoWatchdogForAnotherProcess) {
  setenv("WATCHDOG_USEC", "20000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(WatchdogMicros(), 0u);
  unsetenv("WATCHDOG_PID");
  EXPECT_EQ(WatchdogMicros(), 20000u);
  unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace sluice::service

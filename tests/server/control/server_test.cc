#include "server/control/server.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/control_limits.h"
#include "server/base/limits.h"
#include "tests/server/control/control_fixture.h"

namespace sluice::control {
namespace {

class ControlServerTest : public ControlTest {
 protected:
  void SetUp() override {
    ControlTest::SetUp();
    path_ = directory_ + "/socket";
  }
  void TearDown() override {
    server_.reset();
    ControlTest::TearDown();
  }

  class SteppedClock : public base::Clock {
   public:
    uint64_t MonotonicNanos() const override { return nanos; }
    int64_t WallNanos() const override { return 0; }
    std::atomic<uint64_t> nanos{0};
  };

  absl::Status Start() {
    auto started = ControlServer::Start(path_, group_, *context_, clock_, 0);
    if (started.ok()) server_ = *std::move(started);
    return started.status();
  }

  int Connect() {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, path_.c_str());
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  // Reads up to and with the newline, or to the end.
  static std::string ReadLine(int fd) {
    std::string line;
    char c;
    while (read(fd, &c, 1) == 1) {
      line += c;
      if (c == '\n') break;
    }
    return line;
  }

  // A round trip: then the server has seen the peer.
  static std::string Ask(int fd) {
    const std::string request = "{\"command\":\"status\"}\n";
    EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    return ReadLine(fd);
  }

  // All places that there are.
  std::vector<int> TakeEveryPlace() {
    std::vector<int> peers;
    for (size_t i = 0; i < limits::control_connections_max; ++i) {
      peers.push_back(Connect());
      EXPECT_TRUE(absl::StrContains(Ask(peers.back()), "result"));
    }
    return peers;
  }

  SteppedClock clock_;
  std::string path_;
  std::string group_;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlServerTest, SocketIsItsOwnersOnly) {
  ASSERT_TRUE(Start().ok());
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(ControlServerTest, SocketIsAGroupsWhereConfigured) {
  group_ = "daemon";
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files to other groups";
  ASSERT_TRUE(Start().ok());
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0660u);
  EXPECT_EQ(status.st_gid, getgrnam("daemon")->gr_gid);
  const int fd = Connect();
  ASSERT_GT(write(fd, "{\"command\":\"help\"}\n", 19), 0);
  EXPECT_TRUE(absl::StrContains(ReadLine(fd), "result"));
  close(fd);
}

TEST_F(ControlServerTest, UnknownGroupIsNamed) {
  group_ = "no-such-group";
  EXPECT_TRUE(absl::StrContains(Start().message(), "there is no Unix group no-such-group"));
}

TEST_F(ControlServerTest, StrangerIsRefusedEvenWhereTheModeLetsHimIn) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become a stranger";
  Open(ConfigurationText() + "[audit]\nfile = '" + directory_ + "/audit'\n");
  ASSERT_TRUE(Start().ok());
  ASSERT_EQ(chmod(path_.c_str(), 0666), 0);
  ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(1);
    const std::string answer = ReadLine(Connect());
    _exit(absl::StrContains(answer, "\"denied\"") ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);  // ended by itself, and with 0
  server_.reset();
  gateway_.reset();  // writes what waits
  std::stringstream audit;
  audit << std::ifstream(directory_ + "/audit").rdbuf();
  EXPECT_TRUE(absl::StrContains(audit.str(), R"("event":"admin","ok":false)")) << audit.str();
  EXPECT_TRUE(absl::StrContains(audit.str(), "control socket: uid 65534, pid")) << audit.str();
}

// Its answers wait, bounded, and its requests with them; all come once it reads.
TEST_F(ControlServerTest, PeerThatDoesNotReadIsHeldBack) {
  ASSERT_TRUE(Start().ok());
  const int fd = Connect();
  constexpr int kRequests = 300;  // some ten times what sockets and the server hold
  std::thread writer([fd] {
    const std::string request = "{\"command\":\"prefs.list\"}\n";
    for (int i = 0; i < kRequests; ++i) {
      ASSERT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
                static_cast<ssize_t>(request.size()));
    }
  });
  // Another peer is served in the meantime.
  const int other = Connect();
  ASSERT_GT(write(other, "{\"id\":5,\"command\":\"status\"}\n", 28), 0);
  EXPECT_TRUE(absl::StrContains(ReadLine(other), "\"id\":5"));
  close(other);
  size_t lines = 0;
  char buffer[65536];
  while (lines < kRequests) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    ASSERT_GT(got, 0);
    lines += static_cast<size_t>(std::count(buffer, buffer + got, '\n'));
  }
  writer.join();
  close(fd);
}

TEST_F(ControlServerTest, OneTooManyIsToldSo) {
  ASSERT_TRUE(Start().ok());
  const std::vector<int> peers = TakeEveryPlace();
  const int fd = Connect();
  const std::string answer = ReadLine(fd);
  EXPECT_TRUE(absl::StrContains(answer, R"("code":"limit")")) << answer;
  EXPECT_EQ(ReadLine(fd), "");
  EXPECT_TRUE(absl::StrContains(Ask(peers[0]), "result"));
  for (const int peer : peers) close(peer);
  close(fd);
}

TEST_F(ControlServerTest, WhoIsIdleForLongestMakesRoom) {
  ASSERT_TRUE(Start().ok());
  const std::vector<int> peers = TakeEveryPlace();
  clock_.nanos = 60'000'000'000;
  EXPECT_TRUE(absl::StrContains(Ask(peers[0]), "result"));
  const int fd = Connect();
  EXPECT_TRUE(absl::StrContains(Ask(fd), "result"));
  EXPECT_EQ(ReadLine(peers[1]), "");
  EXPECT_TRUE(absl::StrContains(Ask(peers[0]), "result"));
  for (const int peer : peers) close(peer);
  close(fd);
}

// One byte now and then is no progress.
TEST_F(ControlServerTest, RequestThatTricklesInIsEnded) {
  ASSERT_TRUE(Start().ok());
  const int fd = Connect();
  const int other = Connect();
  EXPECT_TRUE(absl::StrContains(Ask(fd), "result"));
  for (int i = 0; i < 4; ++i) {
    // What follows is handled after this.
    ASSERT_EQ(send(fd, " ", 1, MSG_NOSIGNAL), 1);
    EXPECT_TRUE(absl::StrContains(Ask(other), "result"));
    clock_.nanos += limits::kControlRequestNanos / 4;
  }
  EXPECT_TRUE(absl::StrContains(Ask(fd), "result")) << "in time";
  ASSERT_EQ(send(fd, " ", 1, MSG_NOSIGNAL), 1);
  EXPECT_TRUE(absl::StrContains(Ask(other), "result"));
  for (int i = 0; i < 5; ++i) {
    clock_.nanos += limits::kControlRequestNanos / 4;
    (void)!send(fd, " ", 1, MSG_NOSIGNAL);
    EXPECT_TRUE(absl::StrContains(Ask(other), "result"));
  }
  EXPECT_EQ(ReadLine(fd), "");
  close(fd);
  close(other);
}

TEST_F(ControlServerTest, RootHasAPlaceWhateverOthersDo) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  group_ = "nogroup";
  ASSERT_TRUE(Start().ok());
  ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
  int ready[2];
  int end[2];
  ASSERT_EQ(pipe(ready), 0);
  ASSERT_EQ(pipe(end), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(end[1]);
    if (setgroups(0, nullptr) != 0 || setgid(65534) != 0 || setuid(65534) != 0) _exit(1);
    size_t served = 0;
    // All places are taken by requests that have begun.
    for (size_t i = 0; i < limits::control_connections_max; ++i) {
      const int fd = Connect();
      const bool answered = absl::StrContains(Ask(fd), "result");
      if (answered && send(fd, "{", 1, MSG_NOSIGNAL) == 1) ++served;
    }
    char byte = static_cast<char>(served);
    if (write(ready[1], &byte, 1) != 1) _exit(2);
    (void)!read(end[0], &byte, 1);
    _exit(0);
  }
  char served = 0;
  ASSERT_EQ(read(ready[0], &served, 1), 1);
  EXPECT_EQ(static_cast<size_t>(served),
            limits::control_connections_max - limits::kControlPlacesForRoot);
  const int fd = Connect();
  EXPECT_TRUE(absl::StrContains(Ask(fd), "result"));
  close(fd);
  close(end[1]);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  for (const int pipe_end : {ready[0], ready[1], end[0]}) close(pipe_end);
}

TEST_F(ControlServerTest, OthersAreAnsweredWhileARequestWaitsForAFile) {
  // A file that nobody has written yet.
  const std::string file = directory_ + "/sluice.toml";
  ASSERT_EQ(mkfifo(file.c_str(), 0600), 0);
  Open(ConfigurationText(), file);
  ASSERT_TRUE(Start().ok());
  const int waiting = Connect();
  const std::string reload = "{\"id\":1,\"command\":\"reload\"}\n";
  ASSERT_EQ(send(waiting, reload.data(), reload.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(reload.size()));
  std::ofstream text(file);  // returns when the gateway reads
  const int fd = Connect();
  EXPECT_TRUE(absl::StrContains(Ask(fd), "result"));
  const std::string list = "{\"command\":\"share.list\"}\n";
  ASSERT_EQ(send(fd, list.data(), list.size(), MSG_NOSIGNAL), static_cast<ssize_t>(list.size()));
  EXPECT_TRUE(absl::StrContains(ReadLine(fd), "files"));
  text << ConfigurationText();
  text.close();
  EXPECT_TRUE(absl::StrContains(ReadLine(waiting), "\"id\":1,\"result\""));
  close(fd);
  close(waiting);
}

TEST_F(ControlServerTest, AnswersLinesHoweverTheyArrive) {
  ASSERT_TRUE(Start().ok());
  const int fd = Connect();
  const std::string requests =
      "{\"id\":1,\"command\":\"status\"}\n{\"id\":2,\"command\":\"help\"}\n";
  for (const char c : requests) ASSERT_EQ(write(fd, &c, 1), 1);
  EXPECT_TRUE(absl::StrContains(ReadLine(fd), "\"id\":1"));
  EXPECT_TRUE(absl::StrContains(ReadLine(fd), "\"id\":2"));
  close(fd);
}

TEST_F(ControlServerTest, RequestThatNeverEndsIsRefused) {
  ASSERT_TRUE(Start().ok());
  const int fd = Connect();
  const std::string flood(limits::control_request_bytes_max * 2, 'x');
  // The server may close before all is written.
  (void)!send(fd, flood.data(), flood.size(), MSG_NOSIGNAL);
  EXPECT_TRUE(absl::StrContains(ReadLine(fd), "a request has at most"));
  EXPECT_EQ(ReadLine(fd), "");
  close(fd);
}

TEST_F(ControlServerTest, PeersThatVanishDoNotHurtOthers) {
  ASSERT_TRUE(Start().ok());
  for (int i = 0; i < 100; ++i) {
    const int fd = Connect();
    ASSERT_EQ(write(fd, "{\"command\":\"help\"}\n{", 20), 20);
    close(fd);
  }
  const int fd = Connect();
  ASSERT_GT(write(fd, "{\"id\":9,\"command\":\"status\"}\n", 28), 0);
  EXPECT_TRUE(absl::StrContains(ReadLine(fd), "\"id\":9"));
  close(fd);
}

TEST_F(ControlServerTest, ReplacesTheSocketOfADeadGatewayOnly) {
  ASSERT_TRUE(Start().ok());
  std::unique_ptr<ControlServer> first = std::move(server_);
  const absl::Status second = Start();
  EXPECT_TRUE(absl::StrContains(second.message(), "another gateway serves")) << second;
  first.reset();
  EXPECT_FALSE(std::filesystem::exists(path_));

  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, path_.c_str());
  ASSERT_EQ(bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  close(dead);
  EXPECT_TRUE(Start().ok());
}

TEST_F(ControlServerTest, NeverRemovesAFileThatIsNoSocket) {
  std::ofstream(path_) << "precious";
  EXPECT_TRUE(absl::StrContains(Start().message(), "is no socket"));
  EXPECT_TRUE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace sluice::control

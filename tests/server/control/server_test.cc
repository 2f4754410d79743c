#include "server/control/server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
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

  absl::Status Start() {
    auto started = ControlServer::Start(path_, *context_, base::SystemClock());
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

  std::string path_;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlServerTest, SocketIsItsOwnersOnly) {
  ASSERT_TRUE(Start().ok());
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
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

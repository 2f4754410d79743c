// Frames of all sizes from several clients at once, over the kernel's ring and loopback: they come
// back byte for byte.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "server/net/listener.h"
#include "server/ring/loop.h"
#include "tests/server/net/echo_server.h"

namespace sluice::net {
namespace {

// A listener and echo servers on loops with threads of their own.
class EchoTest : public testing::Test {
 protected:
  explicit EchoTest(size_t loops = 2) {
    for (size_t i = 0; i < loops; ++i) {
      ring::Loop::Options options;
      options.index = i;
      options.pool = &pool_;
      auto loop = ring::Loop::Create(std::move(options));
      EXPECT_TRUE(loop.ok()) << loop.status();
      loops_.push_back(*std::move(loop));
      servers_.push_back(std::make_unique<EchoServer>(
          *loops_.back(), ConnectionOptions{.frame_bytes_max = limits::frame_bytes_max}));
    }
    for (auto& loop : loops_) threads_.emplace_back([&loop] { EXPECT_TRUE(loop->Run()); });
    std::vector<ring::Loop*> pointers;
    for (auto& loop : loops_) pointers.push_back(loop.get());
    ListenerOptions options;
    options.addresses = {"127.0.0.1:0"};
    auto listener =
        Listener::Create(options, pointers, [this](ring::Loop& loop, int fd, std::string peer) {
          servers_[loop.index()]->Add(fd, std::move(peer));
        });
    EXPECT_TRUE(listener.ok()) << listener.status();
    listener_ = *std::move(listener);
    listener_->Start();
  }

  ~EchoTest() override {
    std::atomic<bool> stopped{false};
    listener_->Stop([&] {
      stopped = true;
      stopped.notify_all();
    });
    stopped.wait(false);
    for (size_t i = 0; i < loops_.size(); ++i) {
      loops_[i]->Post([this, i] { servers_[i]->CloseAll(); });
      loops_[i]->Stop();
    }
    for (std::thread& thread : threads_) thread.join();
    for (auto& server : servers_) EXPECT_TRUE(server->empty());
    servers_.clear();
  }

  int Connect() {
    const std::string& address = listener_->bound_addresses()[0];
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
  }

  ring::BlockingPool pool_{1};
  std::vector<std::unique_ptr<ring::Loop>> loops_;
  std::vector<std::unique_ptr<EchoServer>> servers_;
  std::vector<std::thread> threads_;
  std::unique_ptr<Listener> listener_;
};

void WriteAll(int fd, const std::string& bytes) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    ASSERT_GT(n, 0) << strerror(errno);
    sent += static_cast<size_t>(n);
  }
}

bool ReadAll(int fd, char* out, size_t bytes) {
  size_t got = 0;
  while (got < bytes) {
    const ssize_t n = recv(fd, out + got, bytes - got, 0);
    if (n <= 0) return false;
    got += static_cast<size_t>(n);
  }
  return true;
}

// Writes in one thread and compares in the other, so that many frames are on their way.
void ExchangeFrames(int fd, const std::vector<std::string>& frames) {
  std::thread writer([&] {
    for (const std::string& frame : frames) WriteAll(fd, frame);
  });
  std::string got;
  size_t i = 0;
  for (const std::string& frame : frames) {
    got.resize(frame.size());
    ASSERT_TRUE(ReadAll(fd, got.data(), got.size())) << "frame " << i;
    ASSERT_EQ(got == frame, true) << "frame " << i << " of " << frame.size() << " bytes";
    ++i;
  }
  writer.join();
}

TEST_F(EchoTest, MixedSizesFromSeveralClients) {
  std::vector<std::thread> clients;
  for (unsigned c = 0; c < 6; ++c) {
    clients.emplace_back([this, c] {
      std::mt19937 random(c);
      std::vector<std::string> frames;
      for (int i = 0; i < 300; ++i) {
        // Phases of small ones, of large ones, and of both mixed.
        const size_t limit = (i / 50) % 3 == 0 ? 200 : 100u << 10;
        size_t bytes = 1 + random() % limit;
        if ((i / 50) % 3 == 1) bytes = (64u << 10) + random() % 100;
        frames.push_back(MakeFrame(static_cast<uint32_t>(random()), bytes));
      }
      const int fd = Connect();
      ExchangeFrames(fd, frames);
      close(fd);
    });
  }
  for (std::thread& client : clients) client.join();
}

TEST_F(EchoTest, LargestFrames) {
  std::mt19937 random(1);
  std::vector<std::string> frames;
  for (const size_t bytes : {limits::frame_bytes_max, size_t{1}, size_t{1} << 20,
                             limits::frame_bytes_max - 1, size_t{77}, size_t{4} << 20}) {
    frames.push_back(MakeFrame(static_cast<uint32_t>(random()), bytes));
  }
  const int fd = Connect();
  ExchangeFrames(fd, frames);
  close(fd);
}

TEST_F(EchoTest, AStreamOfLargeFramesCostsAboutOneReceiveEach) {
  std::mt19937 random(2);
  const std::string frame = MakeFrame(static_cast<uint32_t>(random()), (64u << 10) + 112);
  const std::vector<std::string> frames(500, frame);
  const int fd = Connect();
  ExchangeFrames(fd, frames);
  close(fd);
  uint64_t receives = 0;
  for (auto& server : servers_) receives += server->counters().receives.value();
  EXPECT_LE(receives, frames.size() * 2 + 10);
  RecordProperty("receives", static_cast<int>(receives));
}

TEST_F(EchoTest, ByteByByte) {
  std::mt19937 random(3);
  const int fd = Connect();
  for (const size_t bytes : {1u, 5u, 300u}) {
    const std::string frame = MakeFrame(static_cast<uint32_t>(random()), bytes);
    for (const char byte : frame) WriteAll(fd, std::string(1, byte));
    std::string got(frame.size(), '\0');
    ASSERT_TRUE(ReadAll(fd, got.data(), got.size()));
    EXPECT_EQ(got, frame);
  }
  close(fd);
}

TEST_F(EchoTest, KeepAlivesAreIgnored) {
  std::mt19937 random(4);
  const std::string keep_alive("\x85\0\0\0", 4);
  const std::string frame = MakeFrame(static_cast<uint32_t>(random()), 100);
  const int fd = Connect();
  WriteAll(fd, keep_alive + keep_alive + frame + keep_alive + frame);
  std::string got(2 * frame.size(), '\0');
  ASSERT_TRUE(ReadAll(fd, got.data(), got.size()));
  EXPECT_EQ(got, frame + frame);
  close(fd);
}

TEST_F(EchoTest, BadFramesEndTheConnection) {
  const std::string bad[] = {
      std::string("\0\0\0\0", 4),         // zero length
      std::string("\x01\0\0\x01x", 5),    // not a message
      std::string("\x85\0\0\x01x", 5),    // a keep-alive with a body
      std::string("\0\xFF\xFF\xFFx", 5),  // above the limit
  };
  for (const std::string& bytes : bad) {
    const int fd = Connect();
    WriteAll(fd, bytes);
    char byte;
    EXPECT_LE(recv(fd, &byte, 1, 0), 0);
    close(fd);
  }
}

TEST_F(EchoTest, ClientsThatVanishInEveryState) {
  std::mt19937 random(5);
  const std::string large = MakeFrame(static_cast<uint32_t>(random()), 200u << 10);
  const std::string small = MakeFrame(static_cast<uint32_t>(random()), 200);
  for (const size_t part : {size_t{0}, size_t{1}, size_t{3}, size_t{4}, size_t{5}, size_t{100},
                            small.size(), size_t{40000}, large.size()}) {
    for (const bool reset : {false, true}) {
      const int fd = Connect();
      const std::string& from = part <= small.size() ? small : large;
      WriteAll(fd, from.substr(0, part));
      const linger abort{1, 0};
      if (reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
      close(fd);
    }
  }
  // The others are not disturbed.
  const int fd = Connect();
  ExchangeFrames(fd, {small, large, small});
  close(fd);
}

}  // namespace
}  // namespace sluice::net

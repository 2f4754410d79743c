#include "server/net/listener.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/net/address.h"
#include "server/ring/loop.h"

namespace sluice::net {
namespace {

// One loop, driven by the test's own thread.
class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    for (size_t i = 0; i < 2; ++i) {
      ring::Loop::Options options;
      options.index = i;
      options.pool = &pool_;
      loops_.push_back(*ring::Loop::Create(std::move(options)));
    }
  }

  ~ListenerTest() override {
    if (listener_ != nullptr) Stop();
    for (const auto& [loop, fd] : accepted_) close(fd);
    for (const int fd : clients_) close(fd);
    for (auto& loop : loops_) EXPECT_TRUE(loop->Shutdown());
  }

  absl::Status Listen(std::vector<std::string> addresses, size_t connections_max = 100) {
    ListenerOptions options;
    options.addresses = std::move(addresses);
    options.connections_max = connections_max;
    options.on_full = [this](const std::string& peer, size_t max) {
      refused_.emplace_back(peer, max);
    };
    auto listener = Listener::Create(options, {loops_[0].get(), loops_[1].get()},
                                     [this](ring::Loop& loop, int fd, std::string peer) {
                                       EXPECT_EQ(&ring::Loop::Current(), &loop);
                                       accepted_.emplace_back(loop.index(), fd);
                                       peers_.push_back(std::move(peer));
                                     });
    if (!listener.ok()) return listener.status();
    listener_ = *std::move(listener);
    listener_->Start();
    return absl::OkStatus();
  }

  void Stop() {
    bool stopped = false;
    listener_->Stop([&] { stopped = true; });
    RunUntil([&] { return stopped; });
  }

  void RunUntil(const std::function<bool()>& done) {
    for (int i = 0; i < 100'000 && !done(); ++i) {
      for (auto& loop : loops_) loop->RunTurn(false);
    }
    EXPECT_TRUE(done());
  }

  int Connect(size_t which = 0) {
    const Address to = *ParseAddress(listener_->bound_addresses()[which]);
    const int fd = socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&to.storage), to.bytes), 0);
    clients_.push_back(fd);
    return fd;
  }

  ring::BlockingPool pool_{0};
  std::vector<std::unique_ptr<ring::Loop>> loops_;
  std::unique_ptr<Listener> listener_;
  std::vector<std::pair<size_t, int>> accepted_;
  std::vector<std::string> peers_;
  std::vector<std::pair<std::string, size_t>> refused_;
  std::vector<int> clients_;
};

TEST_F(ListenerTest, AcceptsOnEveryAddressAndSaysWho) {
  absl::Status status = Listen({"127.0.0.1:0", "[::1]:0"});
  if (!status.ok()) status = Listen({"127.0.0.1:0", "127.0.0.2:0"});  // a machine without IPv6
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(listener_->bound_addresses()[0].substr(0, 10), "127.0.0.1:");
  EXPECT_NE(listener_->bound_addresses()[0], "127.0.0.1:0");
  const int fd = Connect(0);
  RunUntil([&] { return peers_.size() == 1; });
  Address address;
  address.bytes = sizeof(address.storage);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.bytes);
  EXPECT_EQ(peers_[0], FormatAddress(address));
  Connect(1);
  RunUntil([&] { return peers_.size() == 2; });
  EXPECT_EQ(listener_->counters().accepted.value(), 2u);
}

// A machine's default may be one that spreads what it sends over time.
TEST_F(ListenerTest, PeersOnThisMachineAreSentToWithoutPauses) {
  ASSERT_TRUE(Listen({"127.0.0.1:0"}).ok());
  Connect();
  RunUntil([&] { return accepted_.size() == 1; });
  char name[16] = {};
  socklen_t bytes = sizeof(name);
  ASSERT_EQ(getsockopt(accepted_[0].second, IPPROTO_TCP, TCP_CONGESTION, name, &bytes), 0);
  EXPECT_STREQ(name, "reno");
}

TEST_F(ListenerTest, GivesToTheLeastLoadedLoop) {
  ASSERT_TRUE(Listen({"127.0.0.1:0"}).ok());
  for (int i = 0; i < 10; ++i) Connect();
  RunUntil([&] { return accepted_.size() == 10; });
  EXPECT_EQ(loops_[0]->load(), 5u);
  EXPECT_EQ(loops_[1]->load(), 5u);
  loops_[1]->load() -= 3;
  for (int i = 0; i < 3; ++i) Connect();
  RunUntil([&] { return accepted_.size() == 13; });
  for (size_t i = 10; i < 13; ++i) EXPECT_EQ(accepted_[i].first, 1u);
}

TEST_F(ListenerTest, RefusesAboveTheLimitAndGoesOnBelow) {
  ASSERT_TRUE(Listen({"127.0.0.1:0"}, 2).ok());
  Connect();
  Connect();
  RunUntil([&] { return accepted_.size() == 2; });
  const int refused = Connect();
  RunUntil([&] { return listener_->counters().refused_at_limit.value() == 1; });
  char byte;
  EXPECT_LE(recv(refused, &byte, 1, 0), 0);
  ASSERT_EQ(refused_.size(), 1u);
  EXPECT_EQ(refused_[0].first.rfind("127.0.0.1:", 0), 0u) << refused_[0].first;
  EXPECT_EQ(refused_[0].second, 2u);
  loops_[0]->load() -= 1;
  Connect();
  RunUntil([&] { return accepted_.size() == 3; });
}

TEST_F(ListenerTest, GoesOnWhenDescriptorsAreBack) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the sanitizers need descriptors themselves";
#endif
  ASSERT_TRUE(Listen({"127.0.0.1:0"}).ok());
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  clients_.push_back(client);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = dup(client);  // the lowest that is free
  close(next);
  rlimit low = before;
  low.rlim_cur = static_cast<rlim_t>(next);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  const Address to = *ParseAddress(listener_->bound_addresses()[0]);
  EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&to.storage), to.bytes), 0);
  RunUntil([&] { return listener_->counters().out_of_descriptors.value() > 0; });
  EXPECT_TRUE(accepted_.empty());
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  while (accepted_.empty()) loops_[0]->RunTurn(true), loops_[1]->RunTurn(false);
  EXPECT_EQ(accepted_.size(), 1u);
}

TEST_F(ListenerTest, AfterStopNobodyConnects) {
  ASSERT_TRUE(Listen({"127.0.0.1:0"}).ok());
  const Address to = *ParseAddress(listener_->bound_addresses()[0]);
  Stop();
  for (auto& loop : loops_) loop->RunTurn(false);
  listener_.reset();
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  clients_.push_back(fd);
  EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&to.storage), to.bytes), -1);
}

TEST_F(ListenerTest, AConnectionForALoopThatEndedIsClosed) {
  ASSERT_TRUE(Listen({"127.0.0.1:0"}).ok());
  loops_[0]->load() = 1;  // so that the other one is chosen
  const int fd = Connect();
  while (listener_->counters().accepted.value() == 0) loops_[0]->RunTurn(false);
  EXPECT_EQ(loops_[1]->load(), 1u);
  bool stopped = false;
  listener_->Stop([&] { stopped = true; });
  while (!stopped) loops_[0]->RunTurn(false);
  listener_.reset();
  loops_.pop_back();
  EXPECT_TRUE(accepted_.empty());
  char byte;
  EXPECT_LE(recv(fd, &byte, 1, 0), 0);
}

TEST_F(ListenerTest, ErrorsNameTheAddress) {
  ASSERT_TRUE(Listen({"127.0.0.1:0"}).ok());
  const std::string taken = listener_->bound_addresses()[0];
  ListenerOptions options;
  for (const std::string& bad : {taken, std::string("192.0.2.77:0")}) {
    options.addresses = {bad};
    const auto second = Listener::Create(options, {loops_[0].get()}, nullptr);
    ASSERT_FALSE(second.ok());
    EXPECT_NE(std::string(second.status().message()).find(bad), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::net

// Connections on a simulated kernel: many short lives under seeds, with torn reads, short writes,
// reordered completions, multishots that end, and peers that vanish anywhere.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/limits.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/sim_network.h"
#include "tests/fakes/sim_ring.h"
#include "tests/server/net/echo_server.h"

namespace sluice::net {
namespace {

enum class Fate { kFinishes, kCloses, kResets };

struct Client {
  fakes::SimPeer* peer = nullptr;
  std::string script;  // everything it wants to write
  size_t written = 0;
  size_t fails_at = 0;  // bytes written when its fate comes
  Fate fate = Fate::kFinishes;
  std::string received;
  bool done = false;
};

class Simulation {
 public:
  explicit Simulation(uint64_t seed) : random_(seed) {
    fakes::SimOptions options;
    options.seed = random_();
    options.provided_buffers = static_cast<uint16_t>(2 + random_() % 7);
    options.provided_buffer_bytes = static_cast<uint32_t>(64 + random_() % 4096);
    if (random_() % 2 == 0) {
      options.inject = [this](const ring::Sqe&) -> std::optional<int32_t> {
        if (random_() % 50 != 0) return std::nullopt;
        return random_() % 2 == 0 ? -EINTR : -EAGAIN;
      };
    }
    auto ring = std::make_unique<fakes::SimRing>(std::move(options), clock_, network_);
    ring_ = ring.get();
    ring::Loop::Options loop_options;
    loop_options.clock = &clock_;
    loop_options.pool = &pool_;
    loop_options.ring = std::move(ring);
    // Sometimes so little memory that frames must wait for it.
    loop_options.buffers.bytes_max = random_() % 3 == 0 ? 600u << 10 : 64u << 20;
    loop_options.buffers.registered_bytes_max = 0;
    loop_ = *ring::Loop::Create(std::move(loop_options));
    ConnectionOptions connection_options;
    connection_options.frame_bytes_max = limits::frame_bytes_max;
    server_ = std::make_unique<EchoServer>(*loop_, connection_options);
    server_->tails = random_() % 2 == 0;
    server_->pause_above = random_() % 2 == 0 ? 1u << 20 : 1000;
  }

  void Run() {
    const size_t count = 1 + random_() % 5;
    for (size_t i = 0; i < count; ++i) AddClient();
    bool busy = true;
    // Far more turns than any run needs: a run that hangs is a failure.
    for (int turn = 0; busy && turn < 200'000; ++turn) {
      busy = false;
      for (Client& client : clients_) {
        if (!client.done && random_() % 2 == 0) Act(client);
        busy = busy || !client.done;
      }
      loop_->RunTurn(false);
      if (random_() % 4 == 0) clock_.Advance(random_() % 3'000'000);
    }
    ASSERT_FALSE(busy) << "a client waits for ever";
    for (int turn = 0; !server_->empty() && turn < 10'000; ++turn) {
      loop_->RunTurn(false);
      clock_.Advance(1'000'000);
    }
    ASSERT_TRUE(server_->empty()) << "a connection does not end";
    EXPECT_TRUE(loop_->Shutdown());
    for (const Client& client : clients_) EXPECT_TRUE(client.peer->closed_by_server());
    EXPECT_EQ(loop_->buffers().bytes_in_use(), 0u);
    EXPECT_EQ(loop_->pipes().in_use(), 0u);
    EXPECT_EQ(ring_->violations(), std::vector<std::string>());
    for (const CloseReason reason : server_->reasons) {
      EXPECT_TRUE(reason == CloseReason::kPeerClosed || reason == CloseReason::kPeerLost)
          << Name(reason);
    }
  }

 private:
  void AddClient() {
    Client client;
    client.peer = &network_.Connect(100 + random_() % 100'000);
    const size_t frames = 1 + random_() % 12;
    const uint64_t style = random_() % 3;
    for (size_t i = 0; i < frames; ++i) {
      size_t bytes = 1 + random_() % 300;
      if (style == 1 || (style == 2 && random_() % 2 == 0)) {
        bytes = limits::small_frame_bytes_max - 2 + random_() % 5;
        if (random_() % 2 == 0) bytes += random_() % 50'000;
      }
      client.script += MakeFrame(static_cast<uint32_t>(random_()), bytes);
    }
    const uint64_t fate = random_() % 4;
    client.fate = fate == 0 ? Fate::kCloses : fate == 1 ? Fate::kResets : Fate::kFinishes;
    client.fails_at = random_() % (client.script.size() + 1);
    server_->Add(client.peer->fd(), absl::StrCat("sim", clients_.size()));
    clients_.push_back(std::move(client));
  }

  void Act(Client& client) {
    const bool fails = client.fate != Fate::kFinishes;
    const size_t end = fails ? client.fails_at : client.script.size();
    if (client.written < end && random_() % 3 != 0) {
      const size_t most = random_() % 2 == 0 ? 40'000 : 20;
      const size_t n = std::min(end - client.written, 1 + random_() % most);
      client.peer->Write(absl::string_view(client.script).substr(client.written, n));
      client.written += n;
    }
    if (random_() % 2 == 0) client.received += client.peer->Read();
    ASSERT_EQ(client.received, client.script.substr(0, client.received.size()));
    if (fails && client.written == end) {
      client.fate == Fate::kCloses ? client.peer->Close() : client.peer->Reset();
      client.done = true;
    } else if (!fails && client.received.size() == client.script.size()) {
      client.peer->Close();
      client.done = true;
    } else {
      ASSERT_FALSE(client.peer->closed_by_server());
    }
  }

  std::mt19937_64 random_;
  fakes::FakeClock clock_;
  fakes::SimNetwork network_;
  ring::BlockingPool pool_{0};
  fakes::SimRing* ring_ = nullptr;
  std::unique_ptr<ring::Loop> loop_;
  std::unique_ptr<EchoServer> server_;
  std::vector<Client> clients_;
};

TEST(SimTest, EveryLifeEndsInOrder) {
  // SLUICE_SIM_SEED=n runs that one alone, SLUICE_SIM_RUNS=n more of them.
  const char* one = std::getenv("SLUICE_SIM_SEED");
  const char* runs = std::getenv("SLUICE_SIM_RUNS");
  const uint64_t first = one != nullptr ? std::strtoull(one, nullptr, 10) : 1;
  const uint64_t count = one != nullptr    ? 1
                         : runs != nullptr ? std::strtoull(runs, nullptr, 10)
                                           : 150;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(absl::StrCat("SLUICE_SIM_SEED=", seed));
    Simulation(seed).Run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace sluice::net

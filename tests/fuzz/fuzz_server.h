// A gateway's inside without sockets and threads, for fuzzing: one loop on a simulated ring, driven
// by hand, shares in memory, a clock that stands, randomness under a seed.
#ifndef SLUICE_TESTS_FUZZ_FUZZ_SERVER_H_
#define SLUICE_TESTS_FUZZ_FUZZ_SERVER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "server/auth/user_store.h"
#include "server/base/random.h"
#include "server/fs/node_table.h"
#include "server/gateway_options.h"
#include "server/ring/blocking_pool.h"
#include "server/ring/loop.h"
#include "server/session/session_table.h"
#include "server/smb/server_state.h"
#include "server/smb/share.h"
#include "server/smb/worker.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/sim_network.h"
#include "tests/fakes/sim_ring.h"
#include "tests/fuzz/frame_input.h"

namespace sluice::fuzz {

// Says what is wrong and ends the process, so that a fuzzer takes it for a finding.
[[noreturn]] void Finding(const std::string& what);

class SeededRandom final : public base::Random {
 public:
  void Reset(uint64_t seed) { engine_.seed(seed); }
  void Fill(absl::Span<uint8_t> out) override {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(engine_());
  }

 private:
  std::mt19937_64 engine_;
};

// Of a server without delays after failed log-ons, which one input would leave to another.
Preferences InitialPreferences();

// Users "alice" and "bob" with the passwords kPassword; shares "files" and, read-only, "fixed" with
// a few files in memory, "disk" and, read-only, "locked" over one directory, and IPC$. As root
// alice and bob have Unix accounts, so that credentials are switched.
class FuzzServer {
 public:
  static constexpr const char* kPassword = "secret";
  // By number as records name them: kFlagTreeMask, and 3 more with kHeaderOnDisk.
  static constexpr std::array<const char*, 6> kShares = {"files", "fixed",  "IPC$",
                                                         "disk",  "locked", "IPC$"};

  FuzzServer();
  ~FuzzServer();
  FuzzServer(const FuzzServer&) = delete;
  FuzzServer& operator=(const FuzzServer&) = delete;

  // Fresh shares, and the same random bytes as every time.
  // REQUIRES: no connection.
  void Begin(Preferences preferences);
  fakes::SimPeer& Connect();
  // True if anything happened.
  bool Turn() { return loop_->RunTurn(false); }
  void Advance(uint64_t millis) { clock_.AdvanceMillis(millis); }
  // Begins what `action` means; turns finish it. `share`: of kShares.
  void Administer(AdminAction action, size_t share);
  // After every client has gone: that nothing of them is left. A finding otherwise.
  void CheckIdle();

  const fakes::FakeClock& clock() const { return clock_; }
  SeededRandom& client_random() { return client_random_; }

 private:
  void MakeUsers();
  void MakeDisk();
  std::shared_ptr<smb::Share> MakeShare(const std::string& name);
  void PutShare(const std::string& name);

  std::string disk_;  // a directory
  fakes::FakeClock clock_;
  SeededRandom random_;
  SeededRandom client_random_;
  std::unique_ptr<auth::UserStore> users_;
  LivePreferences preferences_;
  session::SessionTable sessions_;
  fs::NodeTable nodes_;
  std::optional<smb::ShareTable> shares_;
  std::unique_ptr<smb::ServerState> state_;
  ring::BlockingPool pool_{0};
  fakes::SimNetwork network_;
  fakes::SimRing* ring_ = nullptr;  // the loop's
  std::unique_ptr<ring::Loop> loop_;
  std::unique_ptr<smb::Worker> worker_;
};

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FUZZ_SERVER_H_

// A ring without a kernel, for tests under a seed: receives are torn, sends are short, completions
// come late and in another order, multishot operations end when they like, cancellations miss, and
// errors are injected. The same seed gives the same run.
//
// Sockets are those of a SimNetwork; file operations are done on the machine's own files at the
// time the simulation chooses. A Submit() that waits moves the FakeClock instead.
#ifndef SLUICE_TESTS_FAKES_SIM_RING_H_
#define SLUICE_TESTS_FAKES_SIM_RING_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "server/base/identity.h"
#include "server/ring/ring.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/sim_network.h"

namespace sluice::fakes {

struct SimOptions {
  uint64_t seed = 1;
  bool chaos = true;  // false: everything completes at once, whole and in order
  uint16_t provided_buffers = 8;
  uint32_t provided_buffer_bytes = 1024;
  bool has_ftruncate = true;
  bool arenas = true;  // whether memory can be registered
  // May give an operation that is about to complete another result.
  std::function<std::optional<int32_t>(const ring::Sqe&)> inject;
};

class SimRing final : public ring::Ring {
 public:
  SimRing(SimOptions options, FakeClock& clock, SimNetwork& network);

  void Start(ring::Op* wake) override { wake_ = wake; }
  bool Supports(ring::OpCode code) const override {
    return code != ring::OpCode::kFtruncate || options_.has_ftruncate;
  }
  void Queue(const ring::Sqe& sqe, ring::Op* op) override;
  void Submit(bool wait, uint64_t timeout_nanos) override;
  void Reap(std::vector<ring::Completion>& out) override;
  void WakeFromAnyThread() override { woken_.store(true); }
  int wake_fd() const override { return -1; }
  uint8_t* ProvidedBuffer(uint16_t id) override;
  void RecycleProvidedBuffer(uint16_t id) override;
  bool RegisterArena(uint16_t, absl::Span<uint8_t>) override { return options_.arenas; }
  // File operations with a personality run with its credentials, as the kernel's do.
  int RegisterPersonality() override;
  void UnregisterPersonality(uint16_t personality) override;

  // --- What tests look at ---
  size_t operations_in_flight() const { return queued_.size() + pending_.size(); }
  size_t provided_buffers_free() const { return free_buffers_.size(); }
  uint64_t submitted(ring::OpCode code) const { return submitted_[static_cast<size_t>(code)]; }
  // Mistakes of the code under test: a descriptor closed under an operation, a buffer recycled
  // twice, a personality that was unregistered under an operation. Empty if there are none.
  const std::vector<std::string>& violations() const { return violations_; }

 private:
  struct Pending {
    ring::Sqe sqe;
    ring::Op* op;
    uint64_t done = 0;  // bytes moved so far by an operation with MSG_WAITALL
    bool ended = false;
  };

  uint64_t Draw(uint64_t below) { return engine_() % below; }
  // True once in `n` times; never without chaos.
  bool Chance(uint64_t n) { return options_.chaos && Draw(n) == 0; }
  size_t SomeOf(size_t bytes);

  bool Progress(bool all);
  void Step(Pending& pending);
  bool StepSocket(Pending& pending);
  void StepReceive(Pending& pending, SimPeer& peer);
  void StepMultishot(Pending& pending, SimPeer& peer);
  void StepSend(Pending& pending, SimPeer& peer);
  void StepSplice(Pending& pending, SimPeer& peer);
  void StepCancel(const Pending& pending);
  void End(Pending& pending, int64_t result);
  void Complete(const ring::Completion& completion);
  void CloseFd(int fd);
  int64_t DoFileOperation(const ring::Sqe& sqe);

  const SimOptions options_;
  FakeClock& clock_;
  SimNetwork& network_;
  std::mt19937_64 engine_;
  ring::Op* wake_ = nullptr;
  std::atomic<bool> woken_{false};
  std::vector<Pending> queued_;
  std::vector<Pending> pending_;
  std::vector<ring::Completion> completions_;
  std::vector<uint8_t> buffers_;
  std::vector<uint16_t> free_buffers_;
  std::vector<uint64_t> submitted_;
  std::vector<std::string> violations_;
  std::map<uint16_t, base::Identity> personalities_;
  uint16_t last_personality_ = 0;
};

}  // namespace sluice::fakes

#endif  // SLUICE_TESTS_FAKES_SIM_RING_H_

// What the clients of one loop share: the crypto stage and the order of a turn. Responses of all
// connections are opened and verified together, then their coroutines run, then all requests that
// came to be are signed or sealed together and leave in one send per connection.
#ifndef SLUICE_BENCHMARKS_LOAD_CLIENT_ENGINE_H_
#define SLUICE_BENCHMARKS_LOAD_CLIENT_ENGINE_H_

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <vector>

#include "crypto/batch_stage.h"
#include "proto/smb2/transform_header.h"
#include "server/net/connection.h"
#include "server/ring/loop.h"

namespace sluice::bench {

class Client;
class Exchange;

// Used on its loop's thread only; the loop outlives it, and it outlives its clients.
class Engine final : public ring::TurnHandler {
 public:
  explicit Engine(ring::Loop& loop);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void OnTurn(ring::Loop& loop) override;
  ring::Loop& loop() { return loop_; }
  crypto::BatchStage& stage() { return *stage_; }
  // Exchanges that came to their end. Any thread may read it: one that stands still is a server
  // that does not answer.
  uint64_t exchanges_ended() const { return ended_.load(std::memory_order_relaxed); }

  // --- For Client ---
  // A frame to be decrypted in this turn.
  void QueueSealed(Client& client, net::Frame frame);
  // A response that is to be taken (once its verify job has run), or one that will never come.
  void QueueFinished(Exchange& exchange) { finished_.push_back(&exchange); }
  void QueueForSending(Client& client);
  // Resumes in this turn, or the next.
  void Resume(std::coroutine_handle<> waiter) { waiters_.push_back(waiter); }
  void Forget(const Client& client);
  // Empty, for the frames of one send.
  std::vector<net::OutFrame>& out_frames() { return out_frames_; }

 private:
  struct SealedFrame {
    Client* client = nullptr;
    net::Frame frame;
    proto::TransformHeader header;
    crypto::SealJob job;
  };

  void OpenSealed();
  void Finish();
  void SendReady();

  ring::Loop& loop_;
  std::atomic<uint64_t> ended_{0};
  std::unique_ptr<crypto::BatchStage> stage_;
  std::vector<std::unique_ptr<SealedFrame>> sealed_;
  std::vector<std::unique_ptr<SealedFrame>> opening_;
  std::vector<std::unique_ptr<SealedFrame>> spare_;
  std::vector<Exchange*> finished_;
  std::vector<Exchange*> finishing_;
  std::vector<std::coroutine_handle<>> waiters_;
  std::vector<std::coroutine_handle<>> waking_;
  std::vector<Client*> ready_;  // an entry of a client that is gone is null
  std::vector<Client*> sending_;
  std::vector<net::OutFrame> out_frames_;
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_CLIENT_ENGINE_H_

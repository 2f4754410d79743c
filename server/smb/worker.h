// What serves the connections of one loop: its turn, its crypto stage, and the pools that make a
// warm request free of allocations.
#ifndef SLUICE_SERVER_SMB_WORKER_H_
#define SLUICE_SERVER_SMB_WORKER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "crypto/batch_stage.h"
#include "proto/status/nt_status.h"
#include "server/net/counters.h"
#include "server/ring/counters.h"
#include "server/ring/loop.h"
#include "server/ring/timer.h"
#include "server/smb/chain.h"
#include "server/smb/large_reads.h"
#include "server/smb/out_message.h"
#include "server/smb/server_state.h"
#include "server/smb/smb_connection.h"
#include "server/smb/stats.h"

namespace sluice::smb {

struct WorkerCounters {
  ring::Counter connections_opened;
  ring::Counter connections_closed;
  ring::Counter frames;
  ring::Counter requests;
  ring::Counter failures;  // responses with an error or a warning
  ring::Counter wrong_signatures;
  ring::Counter failed_decryptions;  // frames that did not decrypt
  ring::Counter failed_logons;
  ring::Counter logons;
  ring::Counter out_of_buffers;
  ring::Counter opens_refused;   // above a limit of the session, the user or the process
  ring::Counter pipes_refused;   // WRITEs whose answers had no room in limits::named_pipe_bytes_max
  ring::Counter answers_waited;  // requests that waited for the memory of their answers
  ring::Counter shortages;       // times that somebody got no memory because of what others held
  ring::Counter reads_uncopied;  // sent out of the page cache
  ring::Counter dropped;         // connections that we ended
  ring::Counter refused_of_address;  // connections above limits.connections_per_address
};

// Made on any thread, used and destroyed on its loop's, except counters() and what says otherwise.
class Worker final : public ring::TurnHandler {
 public:
  // REQUIRES: this machine can run server.processor.
  Worker(ServerState& server, ring::Loop& loop);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Takes over a connected socket that has been counted in the loop's load.
  void AddConnection(int fd, std::string peer);
  void OnTurn(ring::Loop& loop) override;

  // Ends all connections, now or when they have sent what is ready.
  void DropAll(bool after_send);
  bool idle() const { return connections_.empty(); }
  size_t connection_count() const { return connections_.size(); }
  const absl::flat_hash_map<uint64_t, std::shared_ptr<SmbConnection>>& connections() const {
    return connections_;
  }

  // Ends the tree connects of one share on all connections; their files are closed.
  void EndTreesOf(const Share& share);

  ServerState& server() { return server_; }
  // Valid until the next call.
  const Preferences& preferences() { return preferences_.Get(); }
  ring::Loop& loop() { return loop_; }
  // Loop::Offload for log-ons and name services, whose answers may be long in coming: apart from
  // the files' operations, which they must not hold up.
  template <typename F>
  ring::OffloadOp<F> OffloadLookup(F fn) {
    if (server_.lookups == nullptr) return loop_.Offload(nullptr, std::move(fn));
    return loop_.OffloadTo(*server_.lookups, nullptr, std::move(fn));
  }
  const ring::Loop& loop() const { return loop_; }
  crypto::BatchStage& stage() { return *stage_; }
  LargeReads& large_reads() { return large_reads_; }
  // Any thread may read.
  WorkerCounters& counters() { return counters_; }
  const WorkerCounters& counters() const { return counters_; }
  void CountFailure(proto::NtStatus status);
  Stats& stats() { return stats_; }
  const Stats& stats() const { return stats_; }
  net::NetCounters& net_counters() { return net_counters_; }
  const net::NetCounters& net_counters() const { return net_counters_; }
  // Of the last turn, so that any thread may read them.
  crypto::StageCounters stage_counters() const;
  size_t buffer_bytes_in_use() const { return buffers_in_use_.load(std::memory_order_relaxed); }
  size_t buffer_bytes_held() const { return buffers_held_.load(std::memory_order_relaxed); }
  absl::string_view processor_name() const { return stage_->processor_name(); }
  // How often each status was answered; from any thread.
  std::vector<std::pair<proto::NtStatus, uint64_t>> failures_by_status() const;

  // For SmbConnection and Chain.
  Chain* TakeChain();
  void ReturnChain(Chain* chain);
  OutMessage* TakeOut();
  void ReturnOut(OutMessage* out);
  // Empty, for the frames of one Send.
  std::vector<net::OutFrame>& out_frames() { return out_frames_; }
  void QueueReceived(Chain* chain);
  void QueueForSending(SmbConnection* connection);
  void RemoveConnection(const SmbConnection& connection);
  // Null where it has gone.
  std::shared_ptr<SmbConnection> FindConnection(uint64_t id) const;

 private:
  struct FailureSlot {
    std::atomic<uint32_t> status{0};
    ring::Counter count;
  };
  static constexpr size_t kFailureSlots = 64;

  void DispatchReceived();
  void SendReady();
  void FlushStage();
  void PublishCounters();
  void OnShortageTimer();

  ServerState& server_;
  PreferencesCache preferences_;
  ring::Loop& loop_;
  std::unique_ptr<crypto::BatchStage> stage_;
  LargeReads large_reads_;
  WorkerCounters counters_;
  std::array<FailureSlot, kFailureSlots> failures_;
  std::array<std::atomic<uint64_t>, 5> stage_counters_{};
  std::atomic<size_t> buffers_in_use_{0};
  std::atomic<size_t> buffers_held_{0};
  Stats stats_;
  net::NetCounters net_counters_;
  ring::MemberTimer<Worker, &Worker::OnShortageTimer> shortage_timer_{this};

  absl::flat_hash_map<uint64_t, std::shared_ptr<SmbConnection>> connections_;
  Chain* received_first_ = nullptr;
  Chain* received_last_ = nullptr;
  std::vector<std::shared_ptr<SmbConnection>> ready_;
  std::vector<std::shared_ptr<SmbConnection>> sending_;
  std::vector<net::OutFrame> out_frames_;

  // All that were ever made, and those that are free.
  std::vector<std::unique_ptr<Chain>> chains_;
  std::vector<std::unique_ptr<OutMessage>> outs_;
  Chain* free_chains_ = nullptr;
  OutMessage* free_outs_ = nullptr;
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_WORKER_H_

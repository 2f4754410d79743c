// What one loop's work is counted in: by command, by share, and the crypto stage's batches. Written
// on the loop only, without locked instructions; read from any thread.
#ifndef SLUICE_SERVER_SMB_STATS_H_
#define SLUICE_SERVER_SMB_STATS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "proto/smb2/command.h"
#include "server/base/histogram.h"
#include "server/observation.h"
#include "server/ring/counters.h"

namespace sluice::smb {

// A request that has been answered.
struct Answer {
  proto::Command command = proto::Command::kEcho;
  bool failed = false;
  // From the turn that its frame was complete in to the answer's being ready to be signed.
  uint64_t nanos = 0;
  // SMB2 messages, headers included.
  size_t request_bytes = 0;
  size_t response_bytes = 0;
  // File data.
  uint64_t bytes_read = 0;
  uint64_t bytes_written = 0;
};

// Of all requests with one opcode.
struct CommandStats {
  ring::Counter failures;
  ring::Counter request_bytes;
  ring::Counter response_bytes;
  base::Histogram latency;  // counts the requests too
};

struct ShareStats {
  std::array<ring::Counter, proto::kCommandCount> requests;
  ring::Counter failures;
  ring::Counter bytes_read;
  ring::Counter bytes_written;
  base::Histogram latency;

  void Add(const Answer& answer);
};

class Stats {
 public:
  // The share's, made where there is none yet. Stays at its place as long as this object. On the
  // loop; takes a lock: for TREE_CONNECT.
  ShareStats* ForShare(const std::string& name);

  // On the loop.
  void Add(const Answer& answer, ShareStats* share);
  void AddBatch(uint64_t jobs, uint64_t nanos);

  // Adds this loop's counts to `sum`. From any thread.
  void AddTo(Observation* sum) const;
  void AddTo(LoopObservation* loop) const;

 private:
  std::array<CommandStats, proto::kCommandCount> commands_;
  std::array<ring::Counter, kBatchBuckets> batches_;
  ring::Counter crypto_nanos_;
  mutable std::mutex shares_mutex_;
  std::map<std::string, std::unique_ptr<ShareStats>> shares_;  // shares_mutex_
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_STATS_H_

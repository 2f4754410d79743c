// What a gateway has counted up to a moment, all loops together: plain numbers, for status, metrics
// and `sluicectl top`. Everything counts up from the start unless it says "now".
#ifndef SLUICE_SERVER_OBSERVATION_H_
#define SLUICE_SERVER_OBSERVATION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "proto/smb2/command.h"
#include "server/base/histogram.h"

namespace sluice {

// Batches of the crypto stage by their jobs: bucket 0 holds those of none, bucket n those of
// 2^(n-1) to 2^n - 1, the last one all that are larger.
inline constexpr size_t kBatchBuckets = 12;

struct CommandObservation {
  uint64_t failures = 0;
  uint64_t request_bytes = 0;
  uint64_t response_bytes = 0;
  base::HistogramSnapshot latency;  // its count is the number of requests
};

struct ShareObservation {
  std::array<uint64_t, proto::kCommandCount> requests{};  // by opcode
  uint64_t failures = 0;
  uint64_t bytes_read = 0;  // file data
  uint64_t bytes_written = 0;
  base::HistogramSnapshot latency;
};

struct LoopObservation {
  uint64_t connections = 0;  // now
  uint64_t turns = 0;
  uint64_t completions = 0;
  uint64_t posts = 0;
  // What its thread has used of a core: over an interval, how busy the loop is.
  uint64_t cpu_nanos = 0;
  uint64_t buffer_bytes_in_use = 0;  // now
  uint64_t buffer_bytes_held = 0;    // now; those in use too
  uint64_t crypto_nanos = 0;         // in the crypto stage
  uint64_t crypto_jobs = 0;
  uint64_t crypto_bytes = 0;
  uint64_t crypto_lanes_filled = 0;
  std::array<uint64_t, kBatchBuckets> batches{};
};

struct Observation {
  uint64_t uptime_nanos = 0;
  uint64_t connections = 0;     // now
  uint64_t sessions = 0;        // now
  uint64_t opens = 0;           // now
  uint64_t resident_bytes = 0;  // now, of the process
  uint64_t network_bytes_received = 0;
  uint64_t network_bytes_sent = 0;
  uint64_t log_lines_lost = 0;
  uint64_t audit_events_lost = 0;
  std::string crypto_processor;
  std::array<CommandObservation, proto::kCommandCount> commands;  // by opcode
  std::map<std::string, ShareObservation> shares;
  std::vector<LoopObservation> loops;
  // Clients that were refused, by kind.
  std::vector<std::pair<std::string, uint64_t>> refusals;
  // Connections that ended, by reason; answers that were errors or warnings, by NTSTATUS, without
  // the steps of log-ons; and everything else that is counted, by name.
  std::vector<std::pair<std::string, uint64_t>> closed;
  std::vector<std::pair<std::string, uint64_t>> statuses;
  std::vector<std::pair<std::string, uint64_t>> counters;
};

}  // namespace sluice

#endif  // SLUICE_SERVER_OBSERVATION_H_

// A thread of a run: its loop, its connections, and what it counts.
#ifndef SLUICE_BENCHMARKS_LOAD_WORK_LANE_H_
#define SLUICE_BENCHMARKS_LOAD_WORK_LANE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchmarks/load/client/engine.h"
#include "benchmarks/load/measure/pacer.h"
#include "benchmarks/load/measure/statistics.h"
#include "benchmarks/load/work/run_options.h"
#include "benchmarks/load/work/workload.h"
#include "server/ring/blocking_pool.h"
#include "server/ring/loop.h"
#include "server/ring/task.h"

namespace sluice::bench {

// What the threads of a run have in common.
struct RunState {
  RunState(const RunOptions& run_options, Workload& run_workload)
      : options(run_options), workload(run_workload) {}

  const RunOptions& options;
  Workload& workload;
  // Monotonic nanoseconds; set before the operations begin.
  uint64_t start = 0;
  uint64_t window_start = 0;  // what lies before is warm-up
  // Somebody may make it earlier meanwhile.
  std::atomic<uint64_t> window_end{std::numeric_limits<uint64_t>::max()};
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> errors{0};

  // The first failure is kept and stops the run.
  void Fail(const absl::Status& status);
  absl::Status failure();

 private:
  std::mutex mutex_;
  absl::Status failure_;  // mutex_
};

// What happened since the last look, for the live line and the plots.
struct IntervalCounts {
  Histogram latency;
  uint64_t bytes = 0;
  uint64_t errors = 0;
};

class Lane {
 public:
  static absl::StatusOr<std::unique_ptr<Lane>> Create(RunState& run, ring::BlockingPool& pool,
                                                      size_t index);
  // After Stop(), or never started.
  ~Lane();

  void StartThread();
  void Stop();
  ring::Loop& loop() { return *loop_; }
  Engine& engine() { return *engine_; }

  // --- On the lane's thread. Each task gives the first failure. ---
  // A connection of its own for Workload::SetUp and CleanUp; `*agreed` gets what was negotiated.
  struct Agreed {
    std::string dialect;
    std::string signing;
    std::string cipher;
  };
  ring::Task<absl::Status> SetUp(Agreed* agreed);
  ring::Task<absl::Status> CleanUp();
  // This lane's share of the connections.
  ring::Task<absl::Status> ConnectAll();
  // Every slot, until the run's end.
  ring::Task<absl::Status> Operate();
  ring::Task<absl::Status> DetachAll();
  ring::Task<absl::Status> DisconnectAll();
  // Operations that have begun and not ended. Any thread may ask.
  uint64_t operating() const { return operating_.load(std::memory_order_relaxed); }
  // Takes what was counted since the last call.
  IntervalCounts TakeInterval();

  // When no thread runs any more:
  const Statistics& statistics() const { return statistics_; }
  uint64_t missed() const { return missed_; }

 private:
  Lane(RunState& run, size_t index) : run_(run), index_(index) {}

  // Calls `one` for every member, some at a time, until one fails.
  ring::Task<absl::Status> ForMembers(const std::function<ring::Task<absl::Status>(Member&)>& one);
  ring::Task<absl::Status> ConnectOne(Member& member);
  ring::Task<absl::Status> DisconnectOne(Member& member);
  ring::Task<void> RunSlot(Member& member, Slot& slot, uint64_t quota);
  bool MayBegin(uint64_t* quota) const;
  void Take(const Outcome& outcome, const Member& member, Slot& slot, uint64_t begin, uint64_t end);

  RunState& run_;
  const size_t index_;
  std::unique_ptr<ring::Loop> loop_;
  std::unique_ptr<Engine> engine_;
  std::thread thread_;
  std::deque<Member> members_;
  std::deque<Slot> slots_;
  std::unique_ptr<Pacer> pacer_;
  Statistics statistics_;
  IntervalCounts interval_;
  std::atomic<uint64_t> operating_{0};
  uint64_t missed_ = 0;
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_WORK_LANE_H_

// One run of one workload: threads, connections, pacing, what is counted, and the end.
#ifndef SLUICE_BENCHMARKS_LOAD_WORK_RUN_H_
#define SLUICE_BENCHMARKS_LOAD_WORK_RUN_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "benchmarks/load/measure/server_usage.h"
#include "benchmarks/load/measure/statistics.h"
#include "benchmarks/load/work/run_options.h"

namespace sluice::bench {

// A second of the run.
struct Interval {
  double at_seconds = 0;  // its end, from the start of what is measured; below 0: warm-up
  double seconds = 0;     // its length
  uint64_t operations = 0;
  uint64_t bytes = 0;
  uint64_t errors = 0;
  uint64_t p50_nanos = 0;
  uint64_t p99_nanos = 0;
};

struct RunResult {
  Statistics statistics;     // of the measured time; errors of all the time
  double seconds = 0;        // measured
  bool interrupted = false;  // by Ctrl-C: measured for less long than was asked for
  uint64_t block_bytes = 0;  // of its operations; 0: they have none, or several
  // Open loop: operations that had their time within the run and never began, since the server (or
  // this client) was too far behind.
  uint64_t missed = 0;
  std::vector<Interval> intervals;
  std::string dialect;
  std::string signing;
  std::string cipher;
  // Where a server process was named: before any connection, at the start and at the end of what
  // is measured.
  std::optional<ServerUsage> server_alone;
  std::optional<ServerUsage> server_before;
  std::optional<ServerUsage> server_after;
  // Of this process, over what is measured.
  double client_cpu_seconds = 0;
};

// Called about once a second on the calling thread.
using Progress = std::function<void(const Interval&)>;

// Runs it to its end. The error says what failed, where, and the server's NTSTATUS; more errors
// than options.errors_max are one. SIGINT ends what is measured early. After an error that says
// that the server did not answer the process should end: its threads still wait.
absl::StatusOr<RunResult> Run(const RunOptions& options, const Progress& progress);

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_WORK_RUN_H_

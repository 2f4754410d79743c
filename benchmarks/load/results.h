// Results of runs, as JSON to keep and compare and as text to read.
#ifndef SLUICE_BENCHMARKS_LOAD_RESULTS_H_
#define SLUICE_BENCHMARKS_LOAD_RESULTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "benchmarks/load/work/run.h"
#include "benchmarks/load/work/run_options.h"

namespace sluice::bench {

struct FinishedRun {
  RunOptions options;
  RunResult result;
};

// One run, for people.
std::string ResultText(const FinishedRun& run);
// A line for a terminal while it runs, without its end.
std::string ProgressText(const Interval& interval);
// {"machine": ..., "runs": [...]}; docs/benchmarking.md says what the fields are. `failure`: what
// ended the suite before its end.
std::string ResultsJson(const std::vector<FinishedRun>& runs, const std::string& failure = "");
// An error if the file can be neither written nor made; what is in it stays.
absl::Status CheckWritable(const std::string& path);
// To a file, or with "-" to standard output.
absl::Status WriteText(const std::string& path, const std::string& text);

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_RESULTS_H_

// What a run is to do. Filled in and checked by the command line or a job file.
#ifndef SLUICE_BENCHMARKS_LOAD_WORK_RUN_OPTIONS_H_
#define SLUICE_BENCHMARKS_LOAD_WORK_RUN_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "benchmarks/load/client/client.h"
#include "benchmarks/load/measure/server_usage.h"

namespace sluice::bench {

struct RunOptions {
  ClientOptions client;
  std::string target;  // as it was given, for reports
  std::string label;   // what the run is called in reports; "" for the workload's name
  // Reports draw the runs of one curve over `curve_at`, such as "loops" over 1, 2 and 4.
  std::string curve;
  double curve_at = 0;
  std::string workload = "read";

  uint32_t connections = 1;
  uint32_t depth = 1;  // operations at a time on each connection
  uint32_t threads = 1;

  uint64_t block_bytes = 0;  // 0: what suits the workload
  uint64_t file_bytes = 64u << 20;
  uint32_t files = 0;    // 0: what suits the workload
  uint32_t folders = 1;  // that the files of name workloads lie in
  uint32_t read_percent = 70;
  uint32_t hold = 0;        // open-close: files that stay open meanwhile
  bool other_case = false;  // open-close: names in upper case, files in lower
  std::string log;          // replay
  std::string directory = "sluicebench";
  bool keep = false;   // the files, after the run
  bool reuse = false;  // what an earlier run kept
  bool verify = false;

  double seconds = 10;
  uint64_t count = 0;  // operations; instead of a duration
  double warmup_seconds = 1;
  double rate = 0;  // operations a second; 0: as fast as answers come
  uint64_t think_micros = 0;
  uint64_t seed = 1;
  uint64_t errors_max = 0;
  // Without any answer for so long the run has failed.
  double patience_seconds = 30;

  ServerProcess server;

  size_t slots() const { return size_t{connections} * depth; }
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_WORK_RUN_OPTIONS_H_

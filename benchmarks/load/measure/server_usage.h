// What a server on this machine uses: CPU time and memory of its processes, from /proc, or of a
// cgroup.
#ifndef SLUICE_BENCHMARKS_LOAD_MEASURE_SERVER_USAGE_H_
#define SLUICE_BENCHMARKS_LOAD_MEASURE_SERVER_USAGE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace sluice::bench {

struct ServerUsage {
  double cpu_seconds = 0;       // user and system, all threads; the kernel counts in 10 ms
  uint64_t resident_bytes = 0;  // what several processes share counts once where the kernel tells
};

struct ServerProcess {
  int pid = 0;  // 0: unknown
  // Its children and theirs, living and ended ones, too: for servers with a process per connection.
  bool tree = false;
  std::string cgroup;  // a cgroup v2 directory; instead of the pid
  // For tests.
  std::string proc = "/proc";

  bool known() const { return pid != 0 || !cgroup.empty(); }
};

// The error names the file that cannot be read, or does not have what it should.
absl::StatusOr<ServerUsage> ReadUsage(const ServerProcess& server);

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_MEASURE_SERVER_USAGE_H_

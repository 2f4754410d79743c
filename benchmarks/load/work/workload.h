// What a workload is: what it makes on the server before the run, and one operation of it.
#ifndef SLUICE_BENCHMARKS_LOAD_WORK_WORKLOAD_H_
#define SLUICE_BENCHMARKS_LOAD_WORK_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "benchmarks/load/client/client.h"
#include "benchmarks/load/measure/statistics.h"
#include "benchmarks/load/work/contents.h"
#include "benchmarks/load/work/run_options.h"
#include "server/ring/task.h"

namespace sluice::bench {

// A connection of the run. On one loop.
struct Member {
  Member(Engine& engine, const ClientOptions& options, size_t number)
      : client(engine, options), index(number) {}
  Client client;
  const size_t index;
};

// One of the `depth` operations at a time of a connection.
struct Slot {
  Slot(size_t slot_number, uint64_t seed) : number(slot_number), choices(seed) {}
  const size_t number;  // over all connections
  Choices choices;
  uint64_t turn = 0;  // operations begun, by the workload's own account
  // What went wrong in the last operation, beyond its status; "" for nothing.
  std::string note;
};

// What of a connection is ready when Attach is called.
enum class Readiness : uint8_t { kNothing, kNegotiated, kTree };

// One object for all threads: after SetUp it changes only what belongs to the member at hand.
class Workload {
 public:
  virtual ~Workload() = default;

  virtual Readiness readiness() const { return Readiness::kTree; }
  // What each operation reads or writes, where that is one size.
  virtual uint64_t block_bytes() const { return 0; }
  // False: the connections are all there is to it.
  virtual bool has_operations() const { return true; }
  // Once, on a connection of its own, before the run.
  virtual ring::Task<absl::Status> SetUp(Client& client);
  // For each connection: before its first operation, and after its last (then with --verify it
  // also looks whether what was written is there).
  virtual ring::Task<absl::Status> Attach(Member& member);
  virtual ring::Task<absl::Status> Detach(Member& member);
  // One operation. Its time is what it takes.
  virtual ring::Task<Outcome> Once(Member& member, Slot& slot) = 0;
  // Whether the slot has nothing more to do.
  virtual bool Finished(const Slot& slot) const;
  // Once, after the run.
  virtual ring::Task<absl::Status> CleanUp(Client& client);
};

struct WorkloadRow {
  absl::string_view name;
  absl::string_view help;
  std::unique_ptr<Workload> (*make)(const RunOptions& options);
};
// Every workload.
absl::Span<const WorkloadRow> WorkloadTable();
// `options` outlives it. The error names the workloads that there are, or what does not fit.
absl::StatusOr<std::unique_ptr<Workload>> MakeWorkload(const RunOptions& options);

// --- For workloads ---

// Calls `one` for 0 to count-1, `width` at a time; the first status that is not kOk ends it.
ring::Task<proto::NtStatus> InParallel(
    Engine& engine, uint64_t count, unsigned width,
    const std::function<ring::Task<proto::NtStatus>(uint64_t)>& one);
// How many at a time suits setting up.
inline constexpr unsigned kSetUpWidth = 16;

// OK, or an error that says what was done to which file, and the client's reason if it has failed.
absl::Status Explain(const Client& client, proto::NtStatus status, absl::string_view what,
                     absl::string_view name);
// No error if it is there. `name` outlives the task.
ring::Task<proto::NtStatus> MakeFolder(Client& client, absl::string_view name);

// By what they do; see WorkloadTable().
std::unique_ptr<Workload> MakeDataWorkload(const RunOptions& options, bool random,
                                           unsigned read_percent);
std::unique_ptr<Workload> MakeOpenClose(const RunOptions& options);
std::unique_ptr<Workload> MakeStat(const RunOptions& options);
std::unique_ptr<Workload> MakeCreateDelete(const RunOptions& options);
std::unique_ptr<Workload> MakeList(const RunOptions& options);
std::unique_ptr<Workload> MakeRename(const RunOptions& options);
std::unique_ptr<Workload> MakeLock(const RunOptions& options);
std::unique_ptr<Workload> MakeEcho(const RunOptions& options);
std::unique_ptr<Workload> MakeSession(const RunOptions& options);
std::unique_ptr<Workload> MakeConnect(const RunOptions& options);
std::unique_ptr<Workload> MakeIdle(const RunOptions& options);
std::unique_ptr<Workload> MakeMix(const RunOptions& options);
std::unique_ptr<Workload> MakeReplay(const RunOptions& options);

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_WORK_WORKLOAD_H_

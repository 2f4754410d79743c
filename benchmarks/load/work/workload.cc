#include "benchmarks/load/work/workload.h"

#include <algorithm>
#include <coroutine>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "benchmarks/load/client/operations.h"

namespace sluice::bench {

using proto::NtStatus;
using ring::Task;

// The defaults have nothing to do.
Task<absl::Status> Workload::SetUp(Client&) { co_return absl::OkStatus(); }
Task<absl::Status> Workload::Attach(Member&) { co_return absl::OkStatus(); }
Task<absl::Status> Workload::Detach(Member&) { co_return absl::OkStatus(); }
Task<absl::Status> Workload::CleanUp(Client&) { co_return absl::OkStatus(); }
bool Workload::Finished(const Slot&) const { return false; }

absl::Span<const WorkloadRow> WorkloadTable() {
  using Options = const RunOptions&;
  static constexpr WorkloadRow kRows[] = {
      {"read", "sequential reads", [](Options o) { return MakeDataWorkload(o, false, 100); }},
      {"randread", "random reads", [](Options o) { return MakeDataWorkload(o, true, 100); }},
      {"write", "sequential writes", [](Options o) { return MakeDataWorkload(o, false, 0); }},
      {"randwrite", "random writes", [](Options o) { return MakeDataWorkload(o, true, 0); }},
      {"randrw", "random reads and writes, --read-percent of them reads",
       [](Options o) { return MakeDataWorkload(o, true, o.read_percent); }},
      {"open-close", "opens and closes one of many files", MakeOpenClose},
      {"create-delete", "creates a file, writes --bs, closes, deletes it", MakeCreateDelete},
      {"stat", "opens a file, asks for its information, closes it", MakeStat},
      {"list", "lists a whole directory of --files entries", MakeList},
      {"rename", "opens a file, renames it, closes it", MakeRename},
      {"lock", "locks and unlocks a range", MakeLock},
      {"echo", "ECHO: the protocol alone", MakeEcho},
      {"session", "logs on and off on a standing connection", MakeSession},
      {"connect", "connects, logs on, connects to the share, disconnects", MakeConnect},
      {"idle", "connections that do nothing, for their memory", MakeIdle},
      {"mix", "a file server's day: see docs/benchmarking.md", MakeMix},
      {"replay", "the operations of a log (--log)", MakeReplay},
  };
  return kRows;
}

absl::StatusOr<std::unique_ptr<Workload>> MakeWorkload(const RunOptions& options) {
  std::vector<absl::string_view> names;
  for (const WorkloadRow& row : WorkloadTable()) {
    if (row.name == options.workload) return row.make(options);
    names.push_back(row.name);
  }
  return absl::InvalidArgumentError(absl::StrCat("there is no workload \"", options.workload,
                                                 "\"; there are ", absl::StrJoin(names, ", ")));
}

absl::Status Explain(const Client& client, NtStatus status, absl::string_view what,
                     absl::string_view name) {
  if (status == NtStatus::kOk) return absl::OkStatus();
  std::string text = absl::StrCat(what, " ", name, ": ", StatusText(status));
  if (!client.alive()) absl::StrAppend(&text, " (", client.failure(), ")");
  return absl::FailedPreconditionError(text);
}

Task<NtStatus> MakeFolder(Client& client, absl::string_view name) {
  const WireName wire(name);
  OpenHow how;
  how.access = access::kList;
  how.disposition = proto::kDispositionOpenIf;
  how.options = proto::kOptionDirectoryFile;
  proto::FileId id;
  const NtStatus status = co_await Open(client, wire.span(), how, &id);
  if (status != NtStatus::kOk) co_return status;
  co_return co_await Close(client, id);
}

namespace {

struct Parallel {
  Engine& engine;
  const std::function<Task<NtStatus>(uint64_t)>& one;
  const uint64_t count;
  uint64_t next = 0;
  unsigned running = 0;
  NtStatus status = NtStatus::kOk;
  std::coroutine_handle<> waiter = nullptr;

  // co_await: until none runs.
  bool await_ready() const noexcept { return running == 0; }
  void await_suspend(std::coroutine_handle<> awaiter) { waiter = awaiter; }
  NtStatus await_resume() const noexcept { return status; }
};

Task<void> Work(Parallel& all) {
  while (all.next < all.count && all.status == NtStatus::kOk) {
    const uint64_t i = all.next++;
    const NtStatus status = co_await all.one(i);
    if (status != NtStatus::kOk && all.status == NtStatus::kOk) all.status = status;
  }
  if (--all.running == 0 && all.waiter) all.engine.Resume(all.waiter);
}

}  // namespace

Task<NtStatus> InParallel(Engine& engine, uint64_t count, unsigned width,
                          const std::function<Task<NtStatus>(uint64_t)>& one) {
  Parallel all{engine, one, count};
  all.running = width;
  for (unsigned i = 0; i < width; ++i) ring::Spawn(Work(all));
  co_return co_await all;
}

}  // namespace sluice::bench

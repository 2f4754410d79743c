// The file-server mix: what clients of an office's or a build's file server ask for, in proportions
// like those of the published traces of such servers: mostly names and attributes, a good third
// data, a few changes.
#include <memory>
#include <utility>
#include <vector>

#include "benchmarks/load/work/workload.h"

namespace sluice::bench {
namespace {

using ring::Task;

class Mix final : public Workload {
 public:
  explicit Mix(const RunOptions& options) : options_(options), large_(options), small_(options) {
    // Sequential blocks of data, of which the options' size is the file's.
    large_.block_bytes = options.block_bytes != 0 ? options.block_bytes : 65536;
    large_.files = 0;
    small_.block_bytes = 4096;
    small_.files = 0;
    small_.directory += "\\small";  // the parts' files have the same names
    Add(30, MakeStat(options_));
    Add(20, MakeOpenClose(options_));
    Add(28, MakeDataWorkload(large_, false, 80));
    Add(10, MakeDataWorkload(small_, true, 70));
    Add(5, MakeCreateDelete(small_));
    Add(4, MakeList(options_));
    Add(2, MakeRename(options_));
    Add(1, MakeLock(options_));
  }

  Task<absl::Status> SetUp(Client& client) override {
    for (const Part& part : parts_) {
      const absl::Status status = co_await part.workload->SetUp(client);
      if (!status.ok()) co_return status;
    }
    co_return absl::OkStatus();
  }
  Task<absl::Status> Attach(Member& member) override {
    for (const Part& part : parts_) {
      const absl::Status status = co_await part.workload->Attach(member);
      if (!status.ok()) co_return status;
    }
    co_return absl::OkStatus();
  }
  Task<Outcome> Once(Member& member, Slot& slot) override {
    uint64_t at = slot.choices.Below(100);
    for (const Part& part : parts_) {
      if (at < part.percent) co_return co_await part.workload->Once(member, slot);
      at -= part.percent;
    }
    co_return co_await parts_.front().workload->Once(member, slot);
  }
  Task<absl::Status> Detach(Member& member) override {
    for (const Part& part : parts_) {
      const absl::Status status = co_await part.workload->Detach(member);
      if (!status.ok()) co_return status;
    }
    co_return absl::OkStatus();
  }
  Task<absl::Status> CleanUp(Client& client) override {
    for (const Part& part : parts_) {
      const absl::Status status = co_await part.workload->CleanUp(client);
      if (!status.ok()) co_return status;
    }
    co_return absl::OkStatus();
  }

 private:
  struct Part {
    unsigned percent;
    std::unique_ptr<Workload> workload;
  };
  void Add(unsigned percent, std::unique_ptr<Workload> workload) {
    parts_.push_back({percent, std::move(workload)});
  }

  const RunOptions& options_;
  RunOptions large_;
  RunOptions small_;
  std::vector<Part> parts_;
};

}  // namespace

std::unique_ptr<Workload> MakeMix(const RunOptions& options) {
  return std::make_unique<Mix>(options);
}

}  // namespace sluice::bench

#include "benchmarks/load/work/lane.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::bench {

using proto::NtStatus;
using ring::Task;

namespace {

constexpr size_t kBufferBytesMax = size_t{2} << 30;
// How many connections are set up at a time.
constexpr unsigned kConnectWidth = 64;
// An open loop that is behind goes on so long after its end; what then has not begun is missed.
constexpr uint64_t kOverrunNanos = 5'000'000'000;

}  // namespace

void RunState::Fail(const absl::Status& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (failure_.ok()) failure_ = status;
  stop.store(true, std::memory_order_relaxed);
}

absl::Status RunState::failure() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

absl::StatusOr<std::unique_ptr<Lane>> Lane::Create(RunState& run, ring::BlockingPool& pool,
                                                   size_t index) {
  std::unique_ptr<Lane> lane(new Lane(run, index));
  ring::Loop::Options options;
  options.index = index;
  options.pool = &pool;
  options.buffers.bytes_max = kBufferBytesMax;
  options.buffers.registered_bytes_max = 0;  // a client has no files to read into them
  absl::StatusOr<std::unique_ptr<ring::Loop>> loop = ring::Loop::Create(std::move(options));
  if (!loop.ok()) return loop.status();
  lane->loop_ = *std::move(loop);
  lane->engine_ = std::make_unique<Engine>(*lane->loop_);
  const RunOptions& o = run.options;
  for (size_t i = index; i < o.connections; i += o.threads) {
    lane->members_.emplace_back(*lane->engine_, o.client, i);
  }
  return lane;
}

Lane::~Lane() {
  if (thread_.joinable()) Stop();
  members_.clear();
}

void Lane::StartThread() {
  thread_ = std::thread([this] { loop_->Run(); });
}

void Lane::Stop() {
  loop_->Stop();
  thread_.join();
}

Task<absl::Status> Lane::SetUp(Agreed* agreed) {
  Client client(*engine_, run_.options.client);
  absl::Status status = co_await client.Start();
  if (status.ok()) {
    agreed->dialect = run_.options.client.limit ? "none" : std::string(Name(client.dialect()));
    agreed->signing = std::string(client.signing_name());
    agreed->cipher = std::string(client.cipher_name());
    status = co_await run_.workload.SetUp(client);
  }
  co_await client.Disconnect();
  co_return status;
}

Task<absl::Status> Lane::CleanUp() {
  Client client(*engine_, run_.options.client);
  absl::Status status = co_await client.Start();
  if (status.ok()) status = co_await run_.workload.CleanUp(client);
  co_await client.Disconnect();
  co_return status;
}

Task<absl::Status> Lane::ForMembers(const std::function<Task<absl::Status>(Member&)>& one) {
  absl::Status first;
  struct Step {
    static Task<NtStatus> Run(const std::function<Task<absl::Status>(Member&)>& f, Member& member,
                              absl::Status& kept) {
      const absl::Status status = co_await f(member);
      if (status.ok()) co_return NtStatus::kOk;
      if (kept.ok()) kept = status;
      co_return NtStatus::kUnsuccessful;
    }
  };
  const std::function<Task<NtStatus>(uint64_t)> step = [&](uint64_t i) {
    return Step::Run(one, members_[i], first);
  };
  co_await InParallel(*engine_, members_.size(), kConnectWidth, step);
  co_return first;
}

Task<absl::Status> Lane::ConnectOne(Member& member) {
  const Readiness readiness = run_.workload.readiness();
  absl::Status status;
  if (readiness == Readiness::kTree) {
    status = co_await member.client.Start();
  } else if (readiness == Readiness::kNegotiated) {
    status = co_await member.client.Connect();
    if (status.ok()) status = co_await member.client.Negotiate();
  }
  if (!status.ok()) co_return status;
  co_return co_await run_.workload.Attach(member);
}

Task<absl::Status> Lane::DisconnectOne(Member& member) {
  co_await member.client.Disconnect();
  co_return absl::OkStatus();
}

Task<absl::Status> Lane::ConnectAll() {
  const std::function<Task<absl::Status>(Member&)> one = [this](Member& member) {
    return ConnectOne(member);
  };
  co_return co_await ForMembers(one);
}

Task<absl::Status> Lane::DetachAll() {
  const std::function<Task<absl::Status>(Member&)> one = [this](Member& member) {
    return run_.workload.Detach(member);
  };
  co_return co_await ForMembers(one);
}

Task<absl::Status> Lane::DisconnectAll() {
  const std::function<Task<absl::Status>(Member&)> one = [this](Member& member) {
    return DisconnectOne(member);
  };
  co_return co_await ForMembers(one);
}

Task<absl::Status> Lane::Operate() {
  const RunOptions& options = run_.options;
  pacer_ = std::make_unique<Pacer>(options.rate, run_.start, static_cast<unsigned>(index_),
                                   options.threads);
  for (const Member& member : members_) {
    for (uint32_t i = 0; i < options.depth; ++i) {
      const size_t number = member.index * options.depth + i;
      slots_.emplace_back(number, options.seed * 0x9E3779B97F4A7C15 + number);
    }
  }
  struct Step {
    static Task<NtStatus> Run(Lane& lane, Member& member, Slot& slot, uint64_t quota) {
      co_await lane.RunSlot(member, slot, quota);
      co_return NtStatus::kOk;
    }
  };
  const std::function<Task<NtStatus>(uint64_t)> step = [&](uint64_t i) {
    Slot& slot = slots_[i];
    // --count is shared by the slots of all lanes.
    const uint64_t quota =
        options.count / options.slots() + (slot.number < options.count % options.slots() ? 1 : 0);
    return Step::Run(*this, members_[i / options.depth], slot, quota);
  };
  const auto all = static_cast<unsigned>(slots_.size());
  co_await InParallel(*engine_, all, all, step);
  co_return absl::OkStatus();
}

// Whether a slot goes on, by what --count leaves it.
bool Lane::MayBegin(uint64_t* quota) const {
  if (run_.stop.load(std::memory_order_relaxed)) return false;
  if (run_.options.count == 0) return true;
  if (*quota == 0) return false;
  --*quota;
  return true;
}

Task<void> Lane::RunSlot(Member& member, Slot& slot, uint64_t quota) {
  base::Clock& clock = loop_->clock();
  Workload& workload = run_.workload;
  uint64_t now = clock.MonotonicNanos();
  if (now < run_.start) {
    auto until_start = loop_->SleepFor(run_.start - now);
    co_await until_start;
  }
  while (!workload.Finished(slot) && MayBegin(&quota)) {
    now = clock.MonotonicNanos();
    const uint64_t window_end = run_.window_end.load(std::memory_order_relaxed);
    uint64_t begin = now;
    if (pacer_->open_loop()) {
      begin = pacer_->NextArrival();
      if (begin >= window_end) break;
      if (now >= window_end && now - window_end > kOverrunNanos) {
        ++missed_;
        continue;
      }
      if (begin > now) {
        auto until_then = loop_->SleepFor(begin - now);
        co_await until_then;
      }
    } else if (now >= window_end) {
      break;
    }
    operating_.fetch_add(1, std::memory_order_relaxed);
    const Outcome outcome = co_await workload.Once(member, slot);
    operating_.fetch_sub(1, std::memory_order_relaxed);
    if (outcome.counts) Take(outcome, member, slot, begin, clock.MonotonicNanos());
    if (run_.options.think_micros != 0) {
      auto think = loop_->SleepFor(run_.options.think_micros * 1000);
      co_await think;
    }
  }
}

// An operation counts as done in the time in which it ended. Its latency belongs to the same time,
// in an open loop to the time for which it was intended, so that those that a slow server answers
// late count with all of it.
void Lane::Take(const Outcome& outcome, const Member& member, Slot& slot, uint64_t begin,
                uint64_t end) {
  const uint64_t nanos = end > begin ? end - begin : 0;
  if (outcome.status != NtStatus::kOk) {
    statistics_.RecordWork(outcome);
    ++interval_.errors;
    if (run_.errors.fetch_add(1, std::memory_order_relaxed) >= run_.options.errors_max ||
        outcome.status == NtStatus::kConnectionDisconnected) {
      std::string text = StatusText(outcome.status);
      if (!slot.note.empty()) text = absl::StrCat(slot.note, ": ", text);
      if (run_.workload.readiness() == Readiness::kTree && !member.client.alive()) {
        absl::StrAppend(&text, " (", member.client.failure(), ")");
      }
      run_.Fail(absl::FailedPreconditionError(text));
    }
    slot.note.clear();
    return;
  }
  interval_.latency.Record(nanos);
  interval_.bytes += outcome.bytes;
  const auto measured = [this](uint64_t at) {
    return at >= run_.window_start && at < run_.window_end.load(std::memory_order_relaxed);
  };
  if (measured(end)) statistics_.RecordWork(outcome);
  if (measured(pacer_->open_loop() ? begin : end)) statistics_.RecordLatency(outcome, nanos);
}

IntervalCounts Lane::TakeInterval() { return std::exchange(interval_, IntervalCounts()); }

}  // namespace sluice::bench

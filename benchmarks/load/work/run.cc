#include "benchmarks/load/work/run.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "benchmarks/load/work/interrupt.h"
#include "benchmarks/load/work/lane.h"
#include "server/base/clock.h"

namespace sluice::bench {

using ring::Task;

namespace {

constexpr uint64_t kNanos = 1'000'000'000;
// Between giving the word to start and the start.
constexpr uint64_t kStartDelayNanos = 20'000'000;
// How often a server's memory is looked at, until it stays.
constexpr int kSettleReads = 20;
// Connecting blocks a thread; so many may at a time.
constexpr size_t kPoolThreads = 4;

uint64_t Now() { return base::SystemClock().MonotonicNanos(); }

double ClientCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Waits on one thread for what the loops do.
class Latch {
 public:
  explicit Latch(size_t count) : count_(count) {}
  void Done(const absl::Status& status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (status_.ok()) status_ = status;
    if (--count_ == 0) changed_.notify_all();
  }
  // True when all are done.
  bool WaitUntil(uint64_t monotonic_nanos) {
    std::unique_lock<std::mutex> lock(mutex_);
    const uint64_t now = Now();
    const std::chrono::nanoseconds left(monotonic_nanos > now ? monotonic_nanos - now : 0);
    return changed_.wait_for(lock, left, [this] { return count_ == 0; });
  }
  absl::Status status() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return status_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t count_;
  absl::Status status_;
};

class Runner {
 public:
  Runner(const RunOptions& options, const Progress& progress, std::unique_ptr<Workload> workload)
      : options_(options),
        progress_(progress),
        workload_(std::move(workload)),
        run_(options, *workload_),
        pool_(kPoolThreads) {}

  absl::StatusOr<RunResult> Run();
  // A server that does not answer holds the threads.
  bool stuck() const { return stuck_; }

 private:
  using Phase = std::function<Task<absl::Status>(Lane&)>;

  absl::Status Prepare();
  absl::Status Operate();
  absl::Status Finish(bool failed);
  // Runs `phase` on the first `lanes` lanes, and `watch`, if there is one, here meanwhile.
  absl::Status OnLanes(size_t lanes, const Phase& phase,
                       const std::function<void(Latch&)>& watch = nullptr);
  // False once nothing was answered for too long.
  bool Answering();
  absl::Status Watch(Latch& latch);
  void Measure(Latch& latch);
  bool WaitUntil(Latch& latch, uint64_t monotonic_nanos);
  void TakeInterval(uint64_t at);
  std::optional<ServerUsage> Usage();
  std::optional<ServerUsage> SettledUsage();

  const RunOptions& options_;
  const Progress& progress_;
  const std::unique_ptr<Workload> workload_;
  RunState run_;
  ring::BlockingPool pool_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  RunResult result_;
  bool stuck_ = false;
  const InterruptWatch* interrupt_ = nullptr;  // while something is measured
  bool operating_ = false;  // operations run: between them the server has nothing to answer
  uint64_t answers_ = 0;
  uint64_t answered_at_ = 0;
  uint64_t interval_start_ = 0;
};

absl::StatusOr<RunResult> Runner::Run() {
  absl::Status status = Prepare();
  if (status.ok()) status = Operate();
  if (stuck_) return status;
  const absl::Status finished = Finish(!status.ok());
  if (stuck_) return finished;
  if (status.ok()) status = finished;
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->Stop();
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    result_.statistics.Merge(lane->statistics());
    result_.missed += lane->missed();
  }
  if (!status.ok()) return status;
  if (workload_->has_operations() && result_.statistics.operations() == 0 &&
      result_.statistics.error_count() == 0) {
    return absl::DeadlineExceededError(
        "no operation ended within the measured time; use a longer --time or a shorter --warmup");
  }
  return std::move(result_);
}

absl::Status Runner::Prepare() {
  for (size_t i = 0; i < options_.threads; ++i) {
    absl::StatusOr<std::unique_ptr<Lane>> lane = Lane::Create(run_, pool_, i);
    if (!lane.ok()) {
      lanes_.clear();  // none of them runs
      return lane.status();
    }
    lanes_.push_back(*std::move(lane));
  }
  for (const std::unique_ptr<Lane>& lane : lanes_) lane->StartThread();
  result_.server_alone = SettledUsage();
  if (!run_.failure().ok()) return run_.failure();
  Lane::Agreed agreed;
  const absl::Status status = OnLanes(1, [&agreed](Lane& lane) { return lane.SetUp(&agreed); });
  if (!status.ok()) return status;
  result_.dialect = agreed.dialect;
  result_.signing = agreed.signing;
  result_.cipher = agreed.cipher;
  result_.block_bytes = workload_->block_bytes();
  return OnLanes(lanes_.size(), [](Lane& lane) { return lane.ConnectAll(); });
}

absl::Status Runner::Operate() {
  const bool counted = options_.count != 0;
  run_.start = Now() + kStartDelayNanos;
  interval_start_ = run_.start;
  const double warmup = counted ? 0 : options_.warmup_seconds;
  run_.window_start = run_.start + static_cast<uint64_t>(warmup * 1e9);
  if (!counted) {
    run_.window_end = run_.window_start + static_cast<uint64_t>(options_.seconds * 1e9);
  }
  absl::Status status;
  if (workload_->has_operations()) {
    operating_ = true;
    status = OnLanes(
        lanes_.size(), [](Lane& lane) { return lane.Operate(); },
        [this](Latch& latch) { Measure(latch); });
    operating_ = false;
  } else {
    Latch never(1);
    Measure(never);
  }
  if (!status.ok()) return status;
  return run_.failure();
}

// Ends in order whatever happened before. After a failure files stay as they are.
absl::Status Runner::Finish(bool failed) {
  absl::Status status;
  if (!failed) {
    status = OnLanes(lanes_.size(), [](Lane& lane) { return lane.DetachAll(); });
  }
  if (stuck_) return status;
  const absl::Status disconnected =
      OnLanes(lanes_.size(), [](Lane& lane) { return lane.DisconnectAll(); });
  if (status.ok()) status = disconnected;
  if (!failed && status.ok() && !options_.keep) {
    status = OnLanes(1, [](Lane& lane) { return lane.CleanUp(); });
  }
  return status;
}

absl::Status Runner::OnLanes(size_t lanes, const Phase& phase,
                             const std::function<void(Latch&)>& watch) {
  struct Step {
    static Task<void> Run(Lane& lane, const Phase& run, Latch& latch) {
      const absl::Status status = co_await run(lane);
      latch.Done(status);
    }
  };
  lanes = std::min(lanes, lanes_.size());
  if (lanes == 0) return absl::OkStatus();
  // Left behind where the threads are.
  auto latch = std::make_unique<Latch>(lanes);
  auto kept = std::make_unique<Phase>(phase);
  for (size_t i = 0; i < lanes; ++i) {
    Lane& lane = *lanes_[i];
    lane.loop().Post([&lane, phase_of = kept.get(), all = latch.get()] {
      ring::Spawn(Step::Run(lane, *phase_of, *all));
    });
  }
  answered_at_ = Now();
  if (watch) watch(*latch);
  const absl::Status status = Watch(*latch);
  if (stuck_) {
    (void)latch.release();
    (void)kept.release();
  }
  return status;
}

absl::Status Runner::Watch(Latch& latch) {
  while (!latch.WaitUntil(Now() + kNanos / 2)) {
    if (!Answering()) {
      stuck_ = true;
      return absl::DeadlineExceededError(absl::StrFormat(
          "the server has not answered for %.0f seconds", options_.patience_seconds));
    }
  }
  return latch.status();
}

bool Runner::Answering() {
  uint64_t answers = 0;
  uint64_t waiting = 0;
  for (const std::unique_ptr<Lane>& lane : lanes_) {
    answers += lane->engine().exchanges_ended();
    waiting += lane->operating();
  }
  const uint64_t now = Now();
  const bool nothing_asked = operating_ && waiting == 0;  // at a low rate, or between thoughts
  if (std::exchange(answers_, answers) != answers || nothing_asked) answered_at_ = now;
  return static_cast<double>(now - answered_at_) < options_.patience_seconds * 1e9;
}

std::optional<ServerUsage> Runner::Usage() {
  if (!options_.server.known()) return std::nullopt;
  const absl::StatusOr<ServerUsage> usage = ReadUsage(options_.server);
  if (usage.ok()) return *usage;
  run_.Fail(usage.status());
  return std::nullopt;
}

// Processes that served the connections of an earlier run may still be ending.
std::optional<ServerUsage> Runner::SettledUsage() {
  std::optional<ServerUsage> usage = Usage();
  for (int i = 0; i < kSettleReads && usage && options_.server.tree; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const std::optional<ServerUsage> next = Usage();
    if (!next || next->resident_bytes == usage->resident_bytes) break;
    usage = next;
  }
  return usage;
}

// As the latch's, but Ctrl-C makes now the end of what is measured. Then, too, operations that were
// due and have not begun count as the open loop has them count.
bool Runner::WaitUntil(Latch& latch, uint64_t monotonic_nanos) {
  while (!result_.interrupted) {
    const uint64_t now = Now();
    if (interrupt_->interrupted()) {
      result_.interrupted = true;
      run_.window_end = std::min(now, run_.window_end.load());
      if (now <= run_.window_start) {
        run_.Fail(absl::CancelledError("interrupted before anything was measured"));
      }
      return false;
    }
    const bool done = latch.WaitUntil(std::min(monotonic_nanos, now + kNanos / 10));
    if (done || now >= monotonic_nanos) return done;
  }
  return latch.WaitUntil(Now());
}

// From the start to the end of what is measured, on the calling thread.
void Runner::Measure(Latch& latch) {
  const InterruptWatch interrupt;
  interrupt_ = &interrupt;
  bool done = WaitUntil(latch, run_.window_start);
  result_.server_before = Usage();
  const double client_before = ClientCpuSeconds();
  if (run_.window_start > run_.start) TakeInterval(Now());
  uint64_t next = run_.window_start + kNanos;
  while (!done && !run_.stop.load(std::memory_order_relaxed)) {
    const uint64_t until = std::min(next, run_.window_end.load());
    done = WaitUntil(latch, until);
    const bool ended = until >= run_.window_end;
    // The usage is read before anything else is done.
    if (ended && !result_.server_after) result_.server_after = Usage();
    TakeInterval(Now());
    if (ended) break;
    next += kNanos;
    if (workload_->has_operations() && !Answering()) break;  // Watch() says so
  }
  if (!result_.server_after) result_.server_after = Usage();
  result_.client_cpu_seconds = ClientCpuSeconds() - client_before;
  const uint64_t end = std::min(Now(), run_.window_end.load());
  result_.seconds = static_cast<double>(end - std::min(end, run_.window_start)) / 1e9;
}

void Runner::TakeInterval(uint64_t at) {
  if (lanes_.empty()) return;
  IntervalCounts all;
  std::mutex mutex;
  Latch taken(lanes_.size());
  for (const std::unique_ptr<Lane>& owner : lanes_) {
    Lane* const lane = owner.get();
    lane->loop().Post([lane, &all, &mutex, &taken] {
      const IntervalCounts counts = lane->TakeInterval();
      {
        const std::lock_guard<std::mutex> lock(mutex);
        all.latency.Merge(counts.latency);
        all.bytes += counts.bytes;
        all.errors += counts.errors;
      }
      taken.Done(absl::OkStatus());
    });
  }
  while (!taken.WaitUntil(Now() + kNanos)) {
  }
  Interval interval;
  interval.at_seconds = (static_cast<double>(at) - static_cast<double>(run_.window_start)) / 1e9;
  interval.seconds = static_cast<double>(at - interval_start_) / 1e9;
  interval_start_ = at;
  interval.operations = all.latency.count();
  interval.bytes = all.bytes;
  interval.errors = all.errors;
  interval.p50_nanos = all.latency.Quantile(0.5);
  interval.p99_nanos = all.latency.Quantile(0.99);
  result_.intervals.push_back(interval);
  if (progress_) progress_(interval);
}

}  // namespace

absl::StatusOr<RunResult> Run(const RunOptions& options, const Progress& progress) {
  absl::StatusOr<std::unique_ptr<Workload>> workload = MakeWorkload(options);
  if (!workload.ok()) return workload.status();
  auto runner = std::make_unique<Runner>(options, progress, *std::move(workload));
  absl::StatusOr<RunResult> result = runner->Run();
  if (runner->stuck()) (void)runner.release();
  return result;
}

}  // namespace sluice::bench

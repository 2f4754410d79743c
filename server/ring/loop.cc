#include "server/ring/loop.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "server/base/log.h"
#include "server/ring/uring.h"

namespace sluice::ring {
namespace {

constexpr uint64_t kNever = ~uint64_t{0};
constexpr uint64_t kTrimEveryNanos = 5'000'000'000;
// Deferred completions may defer more; after this many rounds the kernel gets its turn.
constexpr int kDeferredRoundsMax = 4;
// How long Run() waits for operations that were cancelled before it gives up.
constexpr uint64_t kStopPollNanos = 10'000'000;
constexpr uint64_t kStopTimeoutNanos = 30'000'000'000;

thread_local Loop* current = nullptr;

// Makes a loop the thread's current one for a while.
class ScopedCurrent {
 public:
  explicit ScopedCurrent(Loop* loop) : previous_(std::exchange(current, loop)) {}
  ~ScopedCurrent() { current = previous_; }
  ScopedCurrent(const ScopedCurrent&) = delete;
  ScopedCurrent& operator=(const ScopedCurrent&) = delete;

 private:
  Loop* const previous_;
};

}  // namespace

bool FileOp::await_suspend(std::coroutine_handle<> awaiter) {
  if (who_ != nullptr) {
    const int personality = loop_.personalities_.Acquire(*who_, &pin_);
    if (personality < 0) {
      result_ = personality;
      return false;
    }
    sqe_.personality = static_cast<uint16_t>(personality);
  }
  awaiter_ = awaiter;
  loop_.Queue(sqe_, this);
  return true;
}

void FileOp::OnCompletion(const Completion& completion) {
  pin_.Release();
  result_ = completion.result;
  awaiter_.resume();
}

void Sleep::await_suspend(std::coroutine_handle<> awaiter) {
  awaiter_ = awaiter;
  waiting_ = true;
  next_ = loop_.sleepers_;
  if (next_ != nullptr) next_->previous_ = this;
  loop_.sleepers_ = this;
  if (loop_.stopping()) {
    Wake();
  } else {
    loop_.ArmTimer(*this, loop_.clock().MonotonicNanos() + nanos_);
  }
}

void Sleep::Wake() {
  if (!waiting_) return;
  End(-ECANCELED);
  loop_.Defer(*this);
}

void Sleep::OnTimer() {
  End(0);
  awaiter_.resume();
}

void Sleep::OnCompletion(const Completion&) { awaiter_.resume(); }

void Sleep::End(int result) {
  waiting_ = false;
  result_ = result;
  Cancel();
  if (next_ != nullptr) next_->previous_ = previous_;
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else {
    loop_.sleepers_ = next_;
  }
}

absl::StatusOr<std::unique_ptr<Loop>> Loop::Create(Options options) {
  std::unique_ptr<Ring> ring = std::move(options.ring);
  if (ring == nullptr) {
    absl::StatusOr<std::unique_ptr<Ring>> made = MakeUring({}, nullptr);
    if (!made.ok()) return made.status();
    ring = *std::move(made);
  }
  return std::unique_ptr<Loop>(new Loop(std::move(options), std::move(ring)));
}

Loop::Loop(Options options, std::unique_ptr<Ring> ring)
    : index_(options.index),
      clock_(options.clock != nullptr ? *options.clock : base::SystemClock()),
      pool_(*options.pool),
      ring_(std::move(ring)),
      personalities_(*ring_),
      buffers_(options.buffers,
               [this](uint16_t index, absl::Span<uint8_t> memory) {
                 return ring_->RegisterArena(index, memory);
               }),
      now_(clock_.MonotonicNanos()) {
  buffers_.SetAskToServe([this] { Defer(serve_); });
}

Loop::~Loop() {
  // The kernel would write into memory that is gone.
  if (operations_ != 0 || offloads_ != 0) {
    std::fprintf(stderr, "sluice: a loop ends with %zu operations and %zu jobs in flight\n",
                 operations_, offloads_);
    std::abort();
  }
  for (Posted* entry = posted_first_; entry != nullptr;) {
    std::exchange(entry, entry->next_)->DropPosted();
  }
}

Loop& Loop::Current() { return *current; }

Loop* Loop::CurrentOrNull() { return current; }

void Loop::EnsureStarted() {
  if (started_) return;
  started_ = true;
  ring_->Start(&wake_);
}

bool Loop::Run() {
  const ScopedCurrent scope(this);
  EnsureStarted();
  while (!stopping()) Turn(true, kNever);
  return CancelEverything();
}

bool Loop::RunTurn(bool wait) {
  const ScopedCurrent scope(this);
  EnsureStarted();
  return Turn(wait, kNever);
}

bool Loop::Shutdown() {
  stop_.store(true, std::memory_order_release);
  const ScopedCurrent scope(this);
  EnsureStarted();
  return CancelEverything();
}

void Loop::Stop() {
  stop_.store(true, std::memory_order_release);
  ring_->WakeFromAnyThread();
}

bool Loop::Turn(bool wait, uint64_t wait_nanos_max) {
  uint64_t timeout = wait_nanos_max;
  wait = wait && deferred_.empty() && !posted_any_.load(std::memory_order_acquire);
  if (wait && !timers_.empty()) {
    const uint64_t now = clock_.MonotonicNanos();
    const uint64_t deadline = timers_.next_deadline();
    if (deadline <= now) {
      wait = false;
    } else {
      timeout = std::min(timeout, deadline - now);
    }
  }
  ring_->Submit(wait, timeout);
  completions_.clear();
  ring_->Reap(completions_);
  counters_.turns.Add();
  counters_.completions.Add(completions_.size());
  now_ = clock_.MonotonicNanos();

  bool ran = !completions_.empty();
  for (const Completion& completion : completions_) {
    if (!completion.more && completion.op != &wake_) --operations_;
    completion.op->OnCompletion(completion);
  }
  ran = RunAllPosted() || ran;
  timers_.RunDue(now_);
  for (int round = 0; round < kDeferredRoundsMax && !deferred_.empty(); ++round) {
    ran = true;
    running_.clear();
    running_.swap(deferred_);
    for (const Completion& completion : running_) completion.op->OnCompletion(completion);
  }
  if (turn_handler_ != nullptr) turn_handler_->OnTurn(*this);
  // What is held between turns is given back some day; an idle loop with idle buffers sleeps.
  if (!trim_.armed() && buffers_.bytes_in_use() != 0) timers_.Arm(trim_, now_ + kTrimEveryNanos);
  return ran;
}

bool Loop::RunAllPosted() {
  if (!posted_any_.load(std::memory_order_acquire)) return false;
  Posted* entry;
  {
    std::lock_guard<std::mutex> lock(posted_mutex_);
    entry = std::exchange(posted_first_, nullptr);
    posted_any_.store(false, std::memory_order_relaxed);
  }
  while (entry != nullptr) {
    counters_.posts.Add();
    std::exchange(entry, entry->next_)->RunPosted();
  }
  return true;
}

void Loop::PostEntry(Posted& entry) {
  entry.next_ = nullptr;
  bool first;
  {
    std::lock_guard<std::mutex> lock(posted_mutex_);
    first = posted_first_ == nullptr;
    if (first) {
      posted_first_ = &entry;
    } else {
      posted_last_->next_ = &entry;
    }
    posted_last_ = &entry;
    posted_any_.store(true, std::memory_order_release);
    // Under the lock: once the entry has run, this loop may be gone.
    if (first && current != this) WakeUp();
  }
}

void Loop::WakeUp() {
  Loop* const poster = current;
  if (poster == nullptr || poster->ring_->wake_fd() < 0 || ring_->wake_fd() < 0) {
    ring_->WakeFromAnyThread();
    return;
  }
  Sqe sqe;
  sqe.code = OpCode::kWakeRing;
  sqe.fd = ring_->wake_fd();
  sqe.address = static_cast<Op*>(&wake_);
  poster->counters_.wakes_by_ring.Add();
  poster->Queue(sqe, &wake_sent_);
}

// On the poster's thread.
void Loop::OnWakeSent(const Completion& completion) {
  // A ring that is not switched on yet, or whose completion queue is full, refuses.
  if (completion.result < 0) ring_->WakeFromAnyThread();
}

void Loop::Defer(Op& op, int32_t result) { deferred_.push_back({.op = &op, .result = result}); }

void Loop::Queue(const Sqe& sqe, Op* op) {
  if (op != nullptr) ++operations_;
  ring_->Queue(sqe, op);
}

bool Loop::Drained() const {
  return operations_ == 0 && offloads_ == 0 && deferred_.empty() && sleepers_ == nullptr &&
         !posted_any_.load(std::memory_order_acquire);
}

bool Loop::CancelEverything() {
  const uint64_t begin = base::SystemClock().MonotonicNanos();
  while (true) {
    while (sleepers_ != nullptr) sleepers_->Wake();
    if (Drained()) {
      ring_->Submit(false, 0);  // what nobody waits for, such as closing descriptors
      return true;
    }
    if (base::SystemClock().MonotonicNanos() - begin > kStopTimeoutNanos) break;
    if (operations_ != 0) {
      Sqe cancel;
      cancel.code = OpCode::kCancelAll;
      Queue(cancel, nullptr);
    }
    Turn(true, kStopPollNanos);
  }
  base::Log(base::LogLevel::kError,
            "loop %d cannot end: %d operations and %d jobs do not come back",
            static_cast<int>(index_), static_cast<int>(operations_), static_cast<int>(offloads_));
  return false;
}

void Loop::OnWake(const Completion&) {}

void Loop::OnTrim() {
  pipes_.Trim();
  if (buffers_.TrimIdle()) timers_.Arm(trim_, now_ + kTrimEveryNanos);
}

}  // namespace sluice::ring

// The event loop: one per core, one io_uring each. Everything that belongs to a connection happens
// on its loop's thread.
//
// One turn: take every completion there is, run them (which resumes coroutines), run due timers,
// call the TurnHandler, then hand everything that was queued to the kernel in one system call that
// also waits if nothing is ready.
#ifndef SLUICE_SERVER_RING_LOOP_H_
#define SLUICE_SERVER_RING_LOOP_H_

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "server/base/clock.h"
#include "server/base/identity.h"
#include "server/ring/blocking_pool.h"
#include "server/ring/buffer_pool.h"
#include "server/ring/counters.h"
#include "server/ring/personalities.h"
#include "server/ring/pipe_pool.h"
#include "server/ring/ring.h"
#include "server/ring/task.h"
#include "server/ring/timer.h"

namespace sluice::ring {

class Loop;

// Called once a turn, after the completions ran and before everything queued is submitted.
class TurnHandler {
 public:
  virtual void OnTurn(Loop& loop) = 0;

 protected:
  ~TurnHandler() = default;
};

// An operation to co_await: gives a result >= 0, or -errno. What the arguments point at must stay
// valid until then (locals of the awaiting coroutine do). It runs with the credentials of `who`
// (null: the process's), which stay registered with the loop's ring until then.
class [[nodiscard]] FileOp final : private Op {
 public:
  FileOp(Loop& loop, const Sqe& sqe, const base::Identity* who)
      : loop_(loop), who_(who), sqe_(sqe) {}
  FileOp(const FileOp&) = delete;
  FileOp& operator=(const FileOp&) = delete;

  bool await_ready() const noexcept { return false; }
  // False where the credentials cannot be had: then the result is why.
  bool await_suspend(std::coroutine_handle<> awaiter);
  int32_t await_resume() const noexcept { return result_; }

 private:
  void OnCompletion(const Completion& completion) override;

  Loop& loop_;
  const base::Identity* const who_;
  Personalities::Pin pin_;
  Sqe sqe_;
  std::coroutine_handle<> awaiter_;
  int32_t result_ = 0;
};

// A pause to co_await: gives 0 after the time, -ECANCELED after Wake() or when the loop stops.
class [[nodiscard]] Sleep final : private Timer, private Op {
 public:
  Sleep(Loop& loop, uint64_t nanos) : loop_(loop), nanos_(nanos) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiter);
  int await_resume() const noexcept { return result_; }

  // Ends the pause early: the awaiter resumes later in this turn. No effect after the end.
  void Wake();

 private:
  friend class Loop;
  void OnTimer() override;
  void OnCompletion(const Completion& completion) override;
  void End(int result);

  Loop& loop_;
  const uint64_t nanos_;
  std::coroutine_handle<> awaiter_;
  bool waiting_ = false;
  int result_ = 0;
  Sleep* next_ = nullptr;  // among the loop's sleepers
  Sleep* previous_ = nullptr;
};

template <typename F>
class OffloadOp;

struct LoopCounters {
  Counter turns;
  Counter completions;
  Counter posts;
  Counter wakes_by_ring;  // another loop's Post() that needed a MSG_RING
};

class Loop {
 public:
  struct Options {
    size_t index = 0;
    base::Clock* clock = nullptr;  // nullptr: the machine's
    BlockingPool* pool = nullptr;  // required
    BufferPool::Options buffers;
    // For tests: the ring to use instead of the kernel's.
    std::unique_ptr<Ring> ring;
  };

  // Fails with what is missing, and what to change, where the kernel cannot do what the loop needs.
  static absl::StatusOr<std::unique_ptr<Loop>> Create(Options options);
  // After Run() has returned, or without it ever having been called.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // The loop that runs on this thread. REQUIRES: there is one.
  static Loop& Current();
  static Loop* CurrentOrNull();

  size_t index() const { return index_; }
  BufferPool& buffers() { return buffers_; }
  PipePool& pipes() { return pipes_; }
  base::Clock& clock() { return clock_; }
  const LoopCounters& counters() const { return counters_; }
  // Monotonic nanoseconds at the start of this turn: cheap.
  uint64_t now() const { return now_; }

  // Runs on the calling thread until Stop(); then cancels every operation, waits for them all (the
  // coroutines see -ECANCELED) and for what was offloaded, and returns. False if some never came
  // back (a hung disk): then the loop cannot be destroyed, and the process can only _exit().
  bool Run();
  // From any thread.
  void Stop();
  // Whether Stop() was called: loops that retry must end.
  bool stopping() const { return stop_.load(std::memory_order_acquire); }
  // For tests that drive a loop by hand on one thread: one turn; with `wait` it may sleep. True if
  // anything ran. Makes this loop Current() meanwhile.
  bool RunTurn(bool wait);
  // The end of Run() for those.
  bool Shutdown();

  void SetTurnHandler(TurnHandler* handler) { turn_handler_ = handler; }

  // Runs `f` on the loop's thread in one of its next turns, in the order of the calls of one
  // thread. From any thread. What was posted and did not run before the loop ended is destroyed.
  template <typename F>
  void Post(F f);

  // Completes `op` with `result` later in this turn or in the next one. Loop thread.
  void Defer(Op& op, int32_t result = 0);

  // --- Timers ---
  void ArmTimer(Timer& timer, uint64_t deadline_nanos) { timers_.Arm(timer, deadline_nanos); }
  Sleep SleepFor(uint64_t nanos) { return Sleep(*this, nanos); }

  // --- Files. All give >= 0 or -errno. They run with the credentials of `who`, which lives until
  // then; null: the process's. ---
  FileOp Openat2(int dirfd, const char* path, const open_how& how, const base::Identity* who);
  FileOp Statx(int dirfd, const char* path, int flags, unsigned mask, struct statx* out,
               const base::Identity* who);
  // Bytes moved; may be short. Fixed-buffer operations are chosen where the memory is registered.
  FileOp Read(int fd, absl::Span<uint8_t> out, uint64_t offset,
              const base::Identity* who = nullptr);
  FileOp Write(int fd, absl::Span<const uint8_t> data, uint64_t offset, const base::Identity* who);
  // The file's pages themselves go into the pipe, not copies of them. The caller counts them there.
  FileOp ReadToPipe(int fd, const Pipe& pipe, size_t bytes, uint64_t offset,
                    const base::Identity* who = nullptr);
  FileOp Fsync(int fd, bool datasync, const base::Identity* who);
  // An operation where the kernel has it (6.9), else on the blocking pool.
  Task<int32_t> Ftruncate(int fd, uint64_t bytes, const base::Identity* who);
  FileOp Fallocate(int fd, int mode, uint64_t offset, uint64_t bytes, const base::Identity* who);
  FileOp Unlinkat(int dirfd, const char* path, int flags, const base::Identity* who);
  FileOp Renameat2(int from_dirfd, const char* from, int to_dirfd, const char* to, unsigned flags,
                   const base::Identity* who);
  FileOp Mkdirat(int dirfd, const char* path, uint32_t mode, const base::Identity* who);
  FileOp Linkat(int from_dirfd, const char* from, int to_dirfd, const char* to, int flags,
                const base::Identity* who);
  FileOp Symlinkat(const char* target, int dirfd, const char* path, const base::Identity* who);
  // The value's length.
  FileOp Fgetxattr(int fd, const char* name, absl::Span<uint8_t> value);
  FileOp Fsetxattr(int fd, const char* name, absl::Span<const uint8_t> value, int flags);
  // Nobody waits for it.
  void Close(int fd);

  // Runs `fn()` on the blocking pool with the credentials of `who` (nullptr: the process's), then
  // goes on here with its result. Bind a lambda that owns something to a named variable first.
  template <typename F>
  OffloadOp<F> Offload(const base::Identity* who, F fn) {
    return OffloadTo(pool_, who, std::move(fn));
  }
  // The same on a pool of the caller's, which lives until `fn` has run.
  template <typename F>
  OffloadOp<F> OffloadTo(BlockingPool& pool, const base::Identity* who, F fn) {
    return OffloadOp<F>(*this, pool, who, std::move(fn));
  }

  // What the operations above run with. Loop thread.
  Personalities& personalities() { return personalities_; }

  // --- For server/net, and for whoever needs an operation that has no name above ---
  // `op` null: nobody waits.
  void Queue(const Sqe& sqe, Op* op);
  Ring& ring() { return *ring_; }
  // How busy the loop is, for choosing one: its connections. Changed on any thread.
  std::atomic<size_t>& load() { return load_; }

  // An entry of the queue of posted work; see Post(). RunPosted() takes over its ownership,
  // DropPosted() ends it unrun.
  class Posted {
   public:
    virtual void RunPosted() = 0;
    virtual void DropPosted() = 0;

   protected:
    ~Posted() = default;

   private:
    friend class Loop;
    Posted* next_ = nullptr;
  };
  // From any thread.
  void PostEntry(Posted& entry);

 private:
  friend class FileOp;
  friend class Sleep;
  template <typename F>
  friend class OffloadOp;

  Loop(Options options, std::unique_ptr<Ring> ring);

  void EnsureStarted();
  bool Turn(bool wait, uint64_t wait_nanos_max);
  bool RunAllPosted();
  bool Drained() const;
  bool CancelEverything();
  void WakeUp();
  void OnWake(const Completion& completion);
  void OnWakeSent(const Completion& completion);
  void OnTrim();
  void OnServe(const Completion&) { buffers_.ServeWaiters(); }

  const size_t index_;
  base::Clock& clock_;
  BlockingPool& pool_;
  std::unique_ptr<Ring> ring_;
  Personalities personalities_;
  BufferPool buffers_;
  PipePool pipes_;
  TimerHeap timers_;
  TurnHandler* turn_handler_ = nullptr;
  LoopCounters counters_;
  std::vector<Completion> completions_;  // being run
  std::vector<Completion> deferred_;     // to be run
  std::vector<Completion> running_;      // deferred ones being run
  uint64_t now_ = 0;
  size_t operations_ = 0;  // with an Op, not completed yet
  size_t offloads_ = 0;    // on the pool
  Sleep* sleepers_ = nullptr;
  bool started_ = false;
  std::atomic<bool> stop_{false};
  std::atomic<size_t> load_{0};

  MemberOp<Loop, &Loop::OnWake> wake_{this};
  MemberOp<Loop, &Loop::OnWakeSent> wake_sent_{this};
  MemberOp<Loop, &Loop::OnServe> serve_{this};
  MemberTimer<Loop, &Loop::OnTrim> trim_{this};

  std::mutex posted_mutex_;
  Posted* posted_first_ = nullptr;  // posted_mutex_
  Posted* posted_last_ = nullptr;   // posted_mutex_
  std::atomic<bool> posted_any_{false};
};

// See Loop::Offload.
template <typename F>
class [[nodiscard]] OffloadOp final : private BlockingPool::Job, private Loop::Posted {
 public:
  using Result = std::invoke_result_t<F&>;

  OffloadOp(Loop& loop, BlockingPool& pool, const base::Identity* who, F fn)
      : loop_(loop), pool_(pool), who_(who), fn_(std::move(fn)) {}
  OffloadOp(const OffloadOp&) = delete;
  OffloadOp& operator=(const OffloadOp&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) {
    awaiter_ = awaiter;
    ++loop_.offloads_;
    pool_.Submit(*this, who_);
  }
  Result await_resume() {
    if constexpr (!std::is_void_v<Result>) return std::move(*result_);
  }

 private:
  struct Nothing {};
  using Stored = std::conditional_t<std::is_void_v<Result>, Nothing, Result>;

  void RunJob() override {
    if constexpr (std::is_void_v<Result>) {
      fn_();
    } else {
      result_.emplace(fn_());
    }
  }
  void JobDone() override { loop_.PostEntry(*this); }
  void RunPosted() override {
    --loop_.offloads_;
    awaiter_.resume();
  }
  // A loop does not end before what it offloaded has come back.
  void DropPosted() override {}

  Loop& loop_;
  BlockingPool& pool_;
  const base::Identity* who_;
  F fn_;
  std::coroutine_handle<> awaiter_;
  std::optional<Stored> result_;
};

template <typename F>
void Loop::Post(F f) {
  struct Entry final : Posted {
    explicit Entry(F function) : f(std::move(function)) {}
    void RunPosted() override {
      std::unique_ptr<Entry> self(this);
      f();
    }
    void DropPosted() override { delete this; }
    F f;
  };
  PostEntry(*new Entry(std::move(f)));
}

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_LOOP_H_

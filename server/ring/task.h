// Task<T>: a coroutine that starts when it is awaited and gives a T to its one awaiter.
//
// All of a task runs on the loop thread that started it. Frames come from a per-thread slab, so a
// warm request makes no heap allocation for them. Exceptions end the process: the data path has
// none.
//
// GCC 12 destroys some temporaries of a co_await expression twice: bind arguments that own
// something (strings, vectors, unique_ptr, structs of them) to named variables before the co_await.
#ifndef SLUICE_SERVER_RING_TASK_H_
#define SLUICE_SERVER_RING_TASK_H_

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace sluice::ring {

// Memory for coroutine frames. Freed frames are kept for reuse, by size class, per thread.
void* AllocateFrame(size_t bytes);
void FreeFrame(void* frame, size_t bytes);

namespace internal {

struct FinalAwaiter {
  bool await_ready() const noexcept { return false; }
  template <typename Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
    return done.promise().continuation;
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> continuation = std::noop_coroutine();

  static void* operator new(size_t bytes) { return AllocateFrame(bytes); }
  static void operator delete(void* frame, size_t bytes) { FreeFrame(frame, bytes); }
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
};

template <typename T>
struct Promise : PromiseBase {
  std::optional<T> value;

  std::coroutine_handle<Promise> get_return_object() {
    return std::coroutine_handle<Promise>::from_promise(*this);
  }
  template <typename U>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T Take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  std::coroutine_handle<Promise> get_return_object() {
    return std::coroutine_handle<Promise>::from_promise(*this);
  }
  void return_void() const noexcept {}
  void Take() const noexcept {}
};

}  // namespace internal

// Move-only. Destroying a task that has not ended destroys its frame; the awaiter of a running task
// must therefore outlive it.
template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::Promise<T>;

  // Implicit: made by the compiler from the promise.
  Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}  // NOLINT
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    handle_.promise().continuation = awaiter;
    return handle_;
  }
  T await_resume() { return handle_.promise().Take(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

// Runs `task` on the calling thread up to its first suspension; the frame frees itself at the end.
void Spawn(Task<void> task);

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_TASK_H_

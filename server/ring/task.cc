#include "server/ring/task.h"

#include <array>
#include <cstdlib>
#include <new>

namespace sluice::ring {
namespace {

constexpr size_t kClassBytes = 128;
constexpr size_t kClasses = 32;  // frames up to 4 KiB are kept
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr size_t kKeptPerClass = 0;  // so that the sanitizer sees who uses a frame after its end
#else
constexpr size_t kKeptPerClass = 1024;
#endif

struct FreeNode {
  FreeNode* next;
};

// Per thread: a frame is made and freed on its loop.
class FrameSlab {
 public:
  ~FrameSlab() {
    for (List& list : lists_) {
      while (list.head != nullptr) ::operator delete(std::exchange(list.head, list.head->next));
    }
  }

  void* Allocate(size_t bytes) {
    const size_t index = (bytes - 1) / kClassBytes;
    if (index >= kClasses) return ::operator new(bytes);
    List& list = lists_[index];
    if (list.head == nullptr) return ::operator new((index + 1) * kClassBytes);
    --list.count;
    return std::exchange(list.head, list.head->next);
  }

  void Free(void* frame, size_t bytes) {
    const size_t index = (bytes - 1) / kClassBytes;
    if (index >= kClasses || lists_[index].count >= kKeptPerClass) {
      ::operator delete(frame);
      return;
    }
    List& list = lists_[index];
    list.head = new (frame) FreeNode{list.head};
    ++list.count;
  }

 private:
  struct List {
    FreeNode* head = nullptr;
    size_t count = 0;
  };
  std::array<List, kClasses> lists_;
};

thread_local FrameSlab slab;

// Starts at once and owns the task it runs.
struct Detached {
  struct promise_type {
    static void* operator new(size_t bytes) { return AllocateFrame(bytes); }
    static void operator delete(void* frame, size_t bytes) { FreeFrame(frame, bytes); }
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };
};

Detached Run(Task<void> task) { co_await task; }

}  // namespace

void* AllocateFrame(size_t bytes) { return slab.Allocate(bytes); }

void FreeFrame(void* frame, size_t bytes) { slab.Free(frame, bytes); }

void Spawn(Task<void> task) { Run(std::move(task)); }

}  // namespace sluice::ring

// Locks on names, so that what looks at a name and then acts on it (create, open, rename, remove)
// does so alone, whichever loops the requests run on. Waiting suspends the coroutine, never the
// thread.
#ifndef SLUICE_SERVER_FS_NAME_LOCKS_H_
#define SLUICE_SERVER_FS_NAME_LOCKS_H_

#include <array>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace sluice::ring {
class Loop;
}

namespace sluice::fs {

// Thread-safe. Outlives all holds and waiters.
class NameLocks {
 public:
  // Several may hold a name shared; an exclusive hold is alone. First come, first served.
  enum class Mode : uint8_t { kShared, kExclusive };

  // Keeps a name until destroyed. Move-only.
  class Hold {
   public:
    Hold() = default;
    Hold(NameLocks* locks, uint64_t name) : locks_(locks), name_(name) {}
    Hold(Hold&& other) noexcept
        : locks_(std::exchange(other.locks_, nullptr)), name_(other.name_) {}
    Hold& operator=(Hold&& other) noexcept {
      std::swap(locks_, other.locks_);
      std::swap(name_, other.name_);
      return *this;
    }
    ~Hold() { Release(); }
    void Release() {
      if (locks_ != nullptr) std::exchange(locks_, nullptr)->Release(name_);
    }

   private:
    NameLocks* locks_ = nullptr;
    uint64_t name_ = 0;
  };

  // Awaitable; gives a Hold. Runs on a loop's thread.
  class Acquisition {
   public:
    Acquisition(NameLocks* locks, uint64_t name, Mode mode)
        : locks_(locks), name_(name), mode_(mode) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiter) {
      handle_ = awaiter;
      return locks_->Enqueue(this);
    }
    Hold await_resume() { return Hold(locks_, name_); }

   private:
    friend class NameLocks;

    NameLocks* const locks_;
    const uint64_t name_;
    const Mode mode_;
    std::coroutine_handle<> handle_;
    ring::Loop* loop_ = nullptr;
    Acquisition* next_ = nullptr;
  };

  // `name` is a hash: two names with one hash are one lock, which costs waiting and nothing else.
  // Who takes two takes the smaller first and equal ones once.
  Acquisition Acquire(uint64_t name, Mode mode) { return Acquisition(this, name, mode); }

  // Names that are held now.
  size_t held() const;

 private:
  struct Entry {
    int holders = 0;  // -1: exclusive
    Acquisition* first = nullptr;
    Acquisition* last = nullptr;
  };
  struct Shard {
    mutable std::mutex mutex;
    absl::flat_hash_map<uint64_t, Entry> entries;
  };
  static constexpr size_t kShards = 64;

  Shard& ShardOf(uint64_t name) { return shards_[(name >> 32) % kShards]; }
  // False where it was granted at once.
  bool Enqueue(Acquisition* acquisition);
  void Release(uint64_t name);
  static bool Grant(Entry* entry, Mode mode);

  std::array<Shard, kShards> shards_;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_NAME_LOCKS_H_

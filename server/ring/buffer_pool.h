// Pooled memory for frames: one pool per loop, sizes in classes, reused, registered with the ring
// where that helps, given back to the system when a class has been idle.
#ifndef SLUICE_SERVER_RING_BUFFER_POOL_H_
#define SLUICE_SERVER_RING_BUFFER_POOL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "server/ring/buffer_account.h"
#include "server/ring/counters.h"

namespace sluice::ring {

class BufferPool;

// A piece of pooled memory, given back on destruction. Move-only; used and destroyed on its loop's
// thread, before its pool.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        account_(std::exchange(other.account_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(account_, other.account_);
    std::swap(data_, other.data_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Buffer() { Reset(); }

  // Gives the memory back now.
  void Reset();

  uint8_t* data() const { return data_; }
  size_t capacity() const { return capacity_; }
  absl::Span<uint8_t> span() const { return {data_, capacity_}; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, uint8_t* data, size_t capacity)
      : pool_(pool), data_(data), capacity_(capacity) {}

  BufferPool* pool_ = nullptr;
  BufferAccount* account_ = nullptr;  // null: of nobody's account
  uint8_t* data_ = nullptr;
  size_t capacity_ = 0;
};

// Everything on the loop's thread. Every class is one reserved range of addresses, so a buffer's
// place follows from its address; only what was used has memory behind it.
class BufferPool {
 public:
  struct Options {
    // Memory of buffers in use and kept for reuse.
    size_t bytes_max = 512u << 20;
    // Of it, pinned and registered with the ring: never given back.
    size_t registered_bytes_max = 32u << 20;
  };
  // Pins memory as arena `index`; false if the kernel refuses (then the pool stops asking).
  using RegisterArena = std::function<bool(uint16_t index, absl::Span<uint8_t> memory)>;

  static constexpr std::array<size_t, 7> kClassBytes = {1024,
                                                        8192,
                                                        16u << 10,
                                                        (64u << 10) + 4096,
                                                        (256u << 10) + 4096,
                                                        (1u << 20) + 4096,
                                                        (8u << 20) + 8192};
  static constexpr uint16_t kNoArena = 0xFFFF;
  static constexpr uint16_t kArenasMax = 256;

  BufferPool(const Options& options, RegisterArena register_arena);
  ~BufferPool();  // every Buffer must have come back
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  // A buffer of at least `bytes`, with old contents; 64-byte aligned.
  // An empty handle when the pool is exhausted or no class is large enough.
  // Of nobody's account.
  Buffer Acquire(size_t bytes);
  // The same, where the account may have it now.
  Buffer Acquire(size_t bytes, BufferAccount& account);
  // At most limits::answer_bytes_max for an answer that cannot wait: whatever else is in use.
  Buffer AcquireForAnswer(size_t bytes, BufferAccount& account);

  // Whether Acquire() would give it, with nobody of the account waiting for buffers.
  bool Allows(const BufferAccount& account, size_t bytes) const;
  // `waiter` is told, later, when the account may have that much. REQUIRES: a class is large
  // enough.
  void Wait(BufferWaiter& waiter, BufferAccount& account, size_t bytes);
  // `ask` is called where waiters may have become servable; ServeWaiters() is to follow soon, but
  // not from within.
  void SetAskToServe(std::function<void()> ask) { ask_to_serve_ = std::move(ask); }
  void ServeWaiters();
  // Whether somebody was refused or waits because of what others hold, since the last call.
  bool TakeShortage() { return std::exchange(short_, false); }
  // Whether somebody waits because of what others hold.
  bool short_of_memory() const;

  // The registered arena that holds all of this memory, or kNoArena.
  uint16_t ArenaOf(const void* data, size_t bytes) const;

  // Gives back the memory of what lay idle since the last call. The loop calls it from time to
  // time; false if there is nothing more to come.
  bool TrimIdle();

  size_t bytes_in_use() const { return bytes_in_use_; }
  // In use or kept for reuse.
  size_t bytes_held() const { return bytes_held_; }
  size_t bytes_max() const { return bytes_max_; }
  // Accounts of clients without a session.
  size_t untrusted_bytes() const { return untrusted_bytes_; }
  const Counter& exhausted() const { return exhausted_; }
  const Counter& waits() const { return waits_; }

 private:
  friend class Buffer;
  friend class BufferAccount;
  friend class BufferWaiter;

  static constexpr size_t kPageBytes = 4096;
  enum class Verdict : uint8_t { kYes, kAccountFull, kPoolFull };

  // Buffers are numbered along the range; a unit of them is one arena where registered.
  struct Class {
    size_t bytes = 0;
    size_t count = 0;  // the range's length in buffers
    uint8_t* base = nullptr;
    size_t used = 0;                   // numbers below were handed out at least once
    std::vector<uint32_t> pinned;      // free, registered
    std::vector<uint32_t> warm;        // free, memory behind it; used from the back
    std::vector<uint32_t> cold;        // free, memory given back
    size_t warm_low = 0;               // the least of warm.size() since the last trim
    size_t per_unit = 0;               // buffers in an arena
    std::vector<uint16_t> unit_arena;  // by unit: its arena, or kNoArena
  };

  Buffer Take(size_t bytes, size_t bytes_max);
  void Release(uint8_t* data, size_t capacity, BufferAccount* account);
  static bool Full(const Class& c);
  size_t ClassOf(size_t bytes) const;
  size_t UsableClass(size_t bytes) const;
  bool MakeRoom(size_t bytes, size_t bytes_max);
  void Chill(Class& c, size_t n);
  bool PinUnit(Class& c);

  // buffer_account.cc
  Verdict Judge(const BufferAccount& account, const Class& c) const;
  size_t CommittedWith(const Class& c) const;
  Buffer Charge(Buffer buffer, BufferAccount& account);
  void Refund(BufferAccount& account, size_t bytes);
  void AddWaiting(BufferAccount& account);
  void RemoveWaiting(BufferAccount& account);
  void RoomChanged();

  const Options options_;
  RegisterArena register_arena_;  // empty once the kernel has refused
  size_t bytes_max_;
  std::array<Class, kClassBytes.size()> classes_;
  uint8_t* base_ = nullptr;
  size_t range_bytes_ = 0;
  size_t bytes_in_use_ = 0;
  size_t bytes_held_ = 0;
  size_t idle_bytes_ = 0;  // of them, what can be given back: warm buffers of whole pages
  size_t registered_bytes_ = 0;
  uint16_t arenas_ = 0;
  Counter exhausted_;

  size_t untrusted_bytes_ = 0;
  BufferAccount* waiting_first_ = nullptr;  // accounts with waiters
  BufferAccount* waiting_last_ = nullptr;
  BufferAccount* serve_next_ = nullptr;  // the next one to be looked at by ServeWaiters()
  bool served_ = false;
  bool serve_asked_ = false;
  bool short_ = false;
  std::function<void()> ask_to_serve_;
  Counter waits_;
};

inline void Buffer::Reset() {
  if (data_ != nullptr) {
    pool_->Release(std::exchange(data_, nullptr), capacity_, std::exchange(account_, nullptr));
  }
  capacity_ = 0;
}

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_BUFFER_POOL_H_

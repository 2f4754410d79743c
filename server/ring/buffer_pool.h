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
        data_(std::exchange(other.data_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(pool_, other.pool_);
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
  Buffer Acquire(size_t bytes);

  // The registered arena that holds all of this memory, or kNoArena.
  uint16_t ArenaOf(const void* data, size_t bytes) const;

  // Gives back the memory of what lay idle since the last call. The loop calls it from time to
  // time; false if there is nothing more to come.
  bool TrimIdle();

  size_t bytes_in_use() const { return bytes_in_use_; }
  // In use or kept for reuse.
  size_t bytes_held() const { return bytes_held_; }
  size_t bytes_max() const { return bytes_max_; }
  const Counter& exhausted() const { return exhausted_; }

 private:
  friend class Buffer;

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

  void Release(uint8_t* data, size_t capacity);
  size_t ClassOf(size_t bytes) const;
  bool MakeRoom(size_t bytes);
  void Chill(Class& c, size_t n);
  bool PinUnit(Class& c);

  const Options options_;
  RegisterArena register_arena_;  // empty once the kernel has refused
  size_t bytes_max_;
  std::array<Class, kClassBytes.size()> classes_;
  uint8_t* base_ = nullptr;
  size_t range_bytes_ = 0;
  size_t bytes_in_use_ = 0;
  size_t bytes_held_ = 0;
  size_t registered_bytes_ = 0;
  uint16_t arenas_ = 0;
  Counter exhausted_;
};

inline void Buffer::Reset() {
  if (data_ != nullptr) pool_->Release(std::exchange(data_, nullptr), capacity_);
  capacity_ = 0;
}

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_BUFFER_POOL_H_

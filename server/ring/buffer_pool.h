// Pooled memory for frames: one pool per loop, sizes in classes, reused, registered with the ring
// where that helps.
#ifndef SLUICE_SERVER_RING_BUFFER_POOL_H_
#define SLUICE_SERVER_RING_BUFFER_POOL_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/types/span.h"

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
  ~Buffer();

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

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_BUFFER_POOL_H_

// Memory for secrets: it cannot be copied by accident, and wipes itself on destruction and when it
// is moved from.
#ifndef SLUICE_CRYPTO_SECRET_H_
#define SLUICE_CRYPTO_SECRET_H_

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace sluice::crypto {

// Zeroes `size` bytes; the compiler may not leave it out.
void Wipe(void* data, size_t size);

// A secret of N bytes; all zero at first.
template <size_t N>
class SecretBytes {
 public:
  SecretBytes() = default;
  // REQUIRES: bytes.size() == N. The caller wipes its own copy.
  explicit SecretBytes(absl::Span<const uint8_t> bytes) {
    assert(bytes.size() == N);
    std::copy_n(bytes.begin(), std::min(N, bytes.size()), bytes_.begin());
  }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(other.bytes_) { other.Clear(); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      other.Clear();
    }
    return *this;
  }
  ~SecretBytes() { Clear(); }

  // A copy that is asked for by name.
  SecretBytes Clone() const { return SecretBytes(span()); }
  void Clear() { Wipe(bytes_.data(), N); }

  uint8_t* data() { return bytes_.data(); }
  const uint8_t* data() const { return bytes_.data(); }
  static constexpr size_t size() { return N; }
  absl::Span<uint8_t> mutable_span() { return absl::MakeSpan(bytes_); }
  absl::Span<const uint8_t> span() const { return absl::MakeConstSpan(bytes_); }

 private:
  std::array<uint8_t, N> bytes_{};
};

// A secret whose size is known when it is made, on the heap and aligned to a cache line, where the
// vector code of key schedules wants it. Moving moves the pointer: no second copy comes to be.
class SecretBuffer {
 public:
  static constexpr size_t kAlignment = 64;

  SecretBuffer() = default;
  // `size` zero bytes.
  explicit SecretBuffer(size_t size);
  // A copy of `bytes`.
  explicit SecretBuffer(absl::Span<const uint8_t> bytes);
  SecretBuffer(const SecretBuffer&) = delete;
  SecretBuffer& operator=(const SecretBuffer&) = delete;
  SecretBuffer(SecretBuffer&& other) noexcept;
  SecretBuffer& operator=(SecretBuffer&& other) noexcept;
  ~SecretBuffer() { Clear(); }

  SecretBuffer Clone() const { return SecretBuffer(span()); }
  // Wipes and gives the memory back; empty afterwards.
  void Clear();

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  absl::Span<uint8_t> mutable_span() { return {data_, size_}; }
  absl::Span<const uint8_t> span() const { return {data_, size_}; }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sluice::crypto

#endif  // SLUICE_CRYPTO_SECRET_H_

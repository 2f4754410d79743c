#include "crypto/secret.h"

#include <cstring>
#include <new>
#include <utility>

namespace sluice::crypto {

void Wipe(void* data, size_t size) {
  if (size == 0) return;
  std::memset(data, 0, size);
  // The barrier makes the zeroes observable, so that the store before it stays.
  __asm__ __volatile__("" : : "r"(data) : "memory");
}

SecretBuffer::SecretBuffer(size_t size) : size_(size) {
  if (size == 0) return;
  data_ = static_cast<uint8_t*>(::operator new (size, std::align_val_t{kAlignment}));
  std::memset(data_, 0, size);
}

SecretBuffer::SecretBuffer(absl::Span<const uint8_t> bytes) : SecretBuffer(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), data_);
}

SecretBuffer::SecretBuffer(SecretBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBuffer& SecretBuffer::operator=(SecretBuffer&& other) noexcept {
  if (this != &other) {
    Clear();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

void SecretBuffer::Clear() {
  if (data_ == nullptr) return;
  Wipe(data_, size_);
  ::operator delete (data_, std::align_val_t{kAlignment});
  data_ = nullptr;
  size_ = 0;
}

}  // namespace sluice::crypto

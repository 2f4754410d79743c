#include "server/ring/buffer_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)(address), (void)(bytes))
#endif

namespace sluice::ring {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr size_t kArenaBytes = 2u << 20;
constexpr size_t kSmallestPoolBytes = 16u << 20;

// Of large buffers some begin later than their place, by so much from one to the next and up to a
// page, where what was asked for leaves room: at the same offset of their pages, messages that are
// signed side by side in lanes would all compete for the same few sets of the first-level cache.
constexpr size_t kStaggerBytes = 192;
constexpr size_t kStaggerSteps = 16;
constexpr size_t kStaggeredBytesMin = 64u << 10;

size_t RoundUpToPage(size_t bytes) { return (bytes + kPageBytes - 1) & ~(kPageBytes - 1); }

// Its memory can be given back one buffer at a time.
bool Trimmable(size_t class_bytes) { return class_bytes % kPageBytes == 0; }

size_t BuffersOf(size_t class_bytes, size_t bytes_max) {
  // What cannot be given back may take only a part of the whole.
  if (!Trimmable(class_bytes)) bytes_max /= 16;
  return bytes_max / class_bytes + 1;
}

size_t RangeBytes(size_t bytes_max) {
  size_t total = 0;
  for (const size_t bytes : BufferPool::kClassBytes) {
    total += RoundUpToPage(bytes * BuffersOf(bytes, bytes_max));
  }
  return total;
}

}  // namespace

BufferPool::BufferPool(const Options& options, RegisterArena register_arena)
    : options_(options), register_arena_(std::move(register_arena)), bytes_max_(options.bytes_max) {
  // Addresses only; memory comes with use. Where overcommitting is forbidden the range counts in
  // full, and a smaller pool is better than none.
  void* range = MAP_FAILED;
  while (true) {
    range_bytes_ = RangeBytes(bytes_max_);
    range = mmap(nullptr, range_bytes_, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range != MAP_FAILED || bytes_max_ < 2 * kSmallestPoolBytes) break;
    bytes_max_ /= 2;
  }
  if (range == MAP_FAILED) {
    std::fprintf(stderr, "sluice: no address space for a buffer pool of %zu bytes\n", range_bytes_);
    std::abort();
  }
  base_ = static_cast<uint8_t*>(range);
  uint8_t* next = base_;
  for (size_t i = 0; i < classes_.size(); ++i) {
    Class& c = classes_[i];
    c.bytes = kClassBytes[i];
    c.count = BuffersOf(c.bytes, bytes_max_);
    c.base = next;
    next += RoundUpToPage(c.bytes * c.count);
    c.per_unit = Trimmable(c.bytes) ? kArenaBytes / c.bytes : 0;
    if (c.per_unit > 0) c.unit_arena.assign(c.count / c.per_unit + 1, kNoArena);
  }
}

BufferPool::~BufferPool() {
  if (bytes_in_use_ != 0) {
    std::fputs("sluice: a buffer outlives its pool\n", stderr);
    std::abort();
  }
  for (const Class& c : classes_) {
    ASAN_UNPOISON_MEMORY_REGION(c.base, std::min(c.used + 1, c.count) * c.bytes);
  }
  munmap(base_, range_bytes_);
}

// The addresses of the smallest classes may all be in use while there is memory.
size_t BufferPool::UsableClass(size_t bytes) const {
  size_t index = ClassOf(bytes);
  while (index < classes_.size() && classes_[index].bytes < kStaggeredBytesMin &&
         Full(classes_[index])) {
    ++index;
  }
  return index;
}

bool BufferPool::Full(const Class& c) {
  return c.pinned.empty() && c.warm.empty() && c.cold.empty() && c.used == c.count;
}

size_t BufferPool::ClassOf(size_t bytes) const {
  return static_cast<size_t>(std::lower_bound(kClassBytes.begin(), kClassBytes.end(), bytes) -
                             kClassBytes.begin());
}

Buffer BufferPool::Acquire(size_t bytes) {
  Buffer buffer = Take(bytes, bytes_max_);
  short_ = short_ || !buffer;
  return buffer;
}

Buffer BufferPool::Take(size_t bytes, size_t bytes_max) {
  const size_t index = UsableClass(bytes);
  if (index == classes_.size()) return {};
  Class& c = classes_[index];
  uint32_t number;
  if (!c.pinned.empty() || PinUnit(c)) {
    number = c.pinned.back();
    c.pinned.pop_back();
  } else if (!c.warm.empty()) {
    number = c.warm.back();
    c.warm.pop_back();
    c.warm_low = std::min(c.warm_low, c.warm.size());
    if (Trimmable(c.bytes)) idle_bytes_ -= c.bytes;
  } else {
    if ((c.cold.empty() && c.used == c.count) || !MakeRoom(c.bytes, bytes_max)) {
      exhausted_.Add();
      return {};
    }
    bytes_held_ += c.bytes;
    if (!c.cold.empty()) {
      number = c.cold.back();
      c.cold.pop_back();
    } else {
      number = static_cast<uint32_t>(c.used++);
      // What lies behind the last one is poisoned as well, but not the whole range in advance.
      ASAN_POISON_MEMORY_REGION(c.base + c.used * c.bytes, c.used < c.count ? c.bytes : 0);
    }
  }
  bytes_in_use_ += c.bytes;
  uint8_t* data = c.base + number * c.bytes;
  ASAN_UNPOISON_MEMORY_REGION(data, c.bytes);
  size_t later = bytes < kStaggeredBytesMin ? 0 : number % kStaggerSteps * kStaggerBytes;
  if (later > c.bytes - bytes) later = 0;
  return Buffer(this, data + later, c.bytes - later);
}

void BufferPool::Release(uint8_t* data, size_t capacity, BufferAccount* account) {
  Class& c = classes_[ClassOf(capacity)];
  const auto number = static_cast<uint32_t>(static_cast<size_t>(data - c.base) / c.bytes);
  bytes_in_use_ -= c.bytes;
  ASAN_POISON_MEMORY_REGION(c.base + number * c.bytes, c.bytes);
  const bool pinned = c.per_unit > 0 && c.unit_arena[number / c.per_unit] != kNoArena;
  (pinned ? c.pinned : c.warm).push_back(number);
  if (!pinned && Trimmable(c.bytes)) idle_bytes_ += c.bytes;
  if (account != nullptr) Refund(*account, c.bytes);
  if (waiting_first_ != nullptr) RoomChanged();
}

// Takes the next unit of fresh buffers and pins it, as long as the budget lasts.
bool BufferPool::PinUnit(Class& c) {
  const size_t unit_bytes = c.per_unit * c.bytes;
  if (c.per_unit == 0 || !register_arena_ || arenas_ == kArenasMax) return false;
  if (c.used % c.per_unit != 0 || c.used + c.per_unit > c.count) return false;
  if (registered_bytes_ + unit_bytes > options_.registered_bytes_max || !c.warm.empty())
    return false;
  if (bytes_held_ + unit_bytes > bytes_max_) return false;
  if (!register_arena_(arenas_, absl::MakeSpan(c.base + c.used * c.bytes, unit_bytes))) {
    register_arena_ = nullptr;  // the first refusal is the last question
    return false;
  }
  c.unit_arena[c.used / c.per_unit] = arenas_++;
  registered_bytes_ += unit_bytes;
  bytes_held_ += unit_bytes;
  for (size_t i = c.per_unit; i > 0; --i) {
    c.pinned.push_back(static_cast<uint32_t>(c.used + i - 1));
  }
  c.used += c.per_unit;
  return true;
}

uint16_t BufferPool::ArenaOf(const void* data, size_t bytes) const {
  const auto* first = static_cast<const uint8_t*>(data);
  if (arenas_ == 0 || first < base_ || first >= base_ + range_bytes_) return kNoArena;
  for (const Class& c : classes_) {
    const auto offset = static_cast<size_t>(first - c.base);
    if (first < c.base || offset >= c.count * c.bytes) continue;
    if (c.per_unit == 0) return kNoArena;
    const size_t unit_bytes = c.per_unit * c.bytes;
    const size_t unit = offset / unit_bytes;
    if (bytes > unit_bytes - offset % unit_bytes) return kNoArena;
    return c.unit_arena[unit];
  }
  return kNoArena;
}

// Makes `bytes` fit under the bound by giving back memory that is only kept for reuse.
bool BufferPool::MakeRoom(size_t bytes, size_t bytes_max) {
  while (bytes_held_ + bytes > bytes_max) {
    Class* largest = nullptr;
    for (Class& c : classes_) {
      if (!Trimmable(c.bytes) || c.warm.empty()) continue;
      if (largest == nullptr || c.warm.size() * c.bytes > largest->warm.size() * largest->bytes) {
        largest = &c;
      }
    }
    if (largest == nullptr) return false;
    const size_t missing = bytes_held_ + bytes - bytes_max;
    Chill(*largest, std::min(largest->warm.size(), missing / largest->bytes + 1));
  }
  return true;
}

// The front of the list was idle longest.
void BufferPool::Chill(Class& c, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    madvise(c.base + c.warm[i] * c.bytes, c.bytes, MADV_DONTNEED);
    c.cold.push_back(c.warm[i]);
  }
  c.warm.erase(c.warm.begin(), c.warm.begin() + static_cast<ptrdiff_t>(n));
  c.warm_low = std::min(c.warm_low, c.warm.size());
  bytes_held_ -= n * c.bytes;
  idle_bytes_ -= n * c.bytes;
}

bool BufferPool::TrimIdle() {
  bool more = false;
  for (Class& c : classes_) {
    if (!Trimmable(c.bytes)) continue;
    Chill(c, c.warm_low);
    c.warm_low = c.warm.size();
    more = more || !c.warm.empty();
  }
  return more || bytes_in_use_ != 0;
}

}  // namespace sluice::ring

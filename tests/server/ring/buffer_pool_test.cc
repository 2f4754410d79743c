#include "server/ring/buffer_pool.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "server/base/limits.h"

namespace sluice::ring {
namespace {

constexpr size_t kMiB = 1u << 20;

BufferPool::Options Unregistered(size_t bytes_max) {
  return {.bytes_max = bytes_max, .registered_bytes_max = 0};
}

// How much of it has memory behind it.
size_t ResidentBytes(const uint8_t* data, size_t bytes) {
  std::vector<unsigned char> pages(bytes / 4096);
  EXPECT_EQ(mincore(const_cast<uint8_t*>(data), bytes, pages.data()), 0);
  size_t resident = 0;
  for (const unsigned char page : pages) resident += (page & 1) * 4096;
  return resident;
}

TEST(BufferPoolTest, GivesTheSmallestClassThatFits) {
  BufferPool pool(Unregistered(64 * kMiB), nullptr);
  for (const size_t bytes : BufferPool::kClassBytes) {
    EXPECT_EQ(pool.Acquire(bytes).capacity(), bytes);
    if (bytes != BufferPool::kClassBytes.back()) {
      EXPECT_GT(pool.Acquire(bytes + 1).capacity(), bytes);
    }
  }
  EXPECT_FALSE(pool.Acquire(BufferPool::kClassBytes.back() + 1));
  EXPECT_GE(pool.Acquire(limits::frame_bytes_max + 8).capacity(), limits::frame_bytes_max + 8);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

// They would compete for the same sets of the cache.
TEST(BufferPoolTest, LargeOnesBeginAtDifferentOffsetsOfTheirPages) {
  BufferPool pool(Unregistered(64 * kMiB), nullptr);
  std::vector<Buffer> held;
  std::set<uintptr_t> offsets;
  for (int i = 0; i < 16; ++i) {
    held.push_back(pool.Acquire(kMiB + 136));
    ASSERT_GE(held.back().capacity(), kMiB + 136);
    std::memset(held.back().data(), i, held.back().capacity());
    offsets.insert(reinterpret_cast<uintptr_t>(held.back().data()) % 4096);
  }
  EXPECT_EQ(offsets.size(), 16u);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(held[i].span().front(), i);
    EXPECT_EQ(held[i].span().back(), i);
  }
  const size_t held_bytes = pool.bytes_held();
  held.clear();
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  for (int i = 0; i < 16; ++i) held.push_back(pool.Acquire(kMiB + 136));
  EXPECT_EQ(pool.bytes_held(), held_bytes);
}

TEST(BufferPoolTest, BuffersDoNotOverlap) {
  BufferPool pool(Unregistered(64 * kMiB), nullptr);
  std::vector<Buffer> held;
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    if (random() % 3 == 0 && !held.empty()) {
      const size_t which = random() % held.size();
      const Buffer buffer = std::move(held[which]);
      held[which] = std::move(held.back());
      held.pop_back();
      for (const uint8_t byte : buffer.span().subspan(1, 100)) ASSERT_EQ(byte, buffer.data()[0]);
    }
    Buffer buffer = pool.Acquire(1 + random() % 80'000);
    if (!buffer) continue;
    ASSERT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0u);
    std::memset(buffer.data(), i, buffer.capacity());
    held.push_back(std::move(buffer));
  }
}

TEST(BufferPoolTest, IsBounded) {
  BufferPool pool(Unregistered(16 * kMiB), nullptr);
  std::vector<Buffer> held;
  while (true) {
    Buffer buffer = pool.Acquire(kMiB);
    if (!buffer) break;
    held.push_back(std::move(buffer));
  }
  EXPECT_EQ(held.size(), 15u);
  EXPECT_EQ(pool.exhausted().value(), 1u);
  EXPECT_LE(pool.bytes_held(), pool.bytes_max());
  held.pop_back();
  EXPECT_TRUE(pool.Acquire(kMiB));
}

TEST(BufferPoolTest, MemoryOfOneClassMakesRoomForAnother) {
  BufferPool pool(Unregistered(32 * kMiB), nullptr);
  {
    std::vector<Buffer> held;
    for (int i = 0; i < 30; ++i) held.push_back(pool.Acquire(kMiB));
    EXPECT_TRUE(held.back());
  }
  EXPECT_GT(pool.bytes_held(), 30 * kMiB);
  std::vector<Buffer> large;
  for (int i = 0; i < 3; ++i) large.push_back(pool.Acquire(8 * kMiB));
  EXPECT_TRUE(large.back());
  EXPECT_LE(pool.bytes_held(), pool.bytes_max());
}

TEST(BufferPoolTest, IdleMemoryGoesBackAfterTwoTrims) {
  BufferPool pool(Unregistered(64 * kMiB), nullptr);
  const uint8_t* data;
  {
    std::vector<Buffer> held;
    for (int i = 0; i < 8; ++i) {
      held.push_back(pool.Acquire(kMiB));
      std::memset(held.back().data(), 1, held.back().capacity());
    }
    data = held[0].data();
    EXPECT_EQ(ResidentBytes(data, kMiB), kMiB);
  }
  EXPECT_TRUE(pool.TrimIdle());
  EXPECT_GT(pool.bytes_held(), 8 * kMiB);
  {
    const Buffer busy = pool.Acquire(kMiB);  // one is used in between
  }
  EXPECT_TRUE(pool.TrimIdle());
  EXPECT_EQ(pool.bytes_held(), kMiB + 4096);
  pool.TrimIdle();
  EXPECT_EQ(pool.bytes_held(), 0u);
  EXPECT_FALSE(pool.TrimIdle());
  EXPECT_EQ(ResidentBytes(data, kMiB), 0u);
  const Buffer again = pool.Acquire(kMiB);
  EXPECT_TRUE(again);
}

TEST(BufferPoolTest, RegistersArenasAndFindsThem) {
  std::vector<absl::Span<uint8_t>> arenas;
  BufferPool pool({.bytes_max = 64 * kMiB, .registered_bytes_max = 8 * kMiB},
                  [&](uint16_t index, absl::Span<uint8_t> memory) {
                    EXPECT_EQ(index, arenas.size());
                    arenas.push_back(memory);
                    return true;
                  });
  std::vector<Buffer> held;
  size_t registered = 0;
  for (int i = 0; i < 300; ++i) {
    held.push_back(pool.Acquire(68'000));
    const Buffer& buffer = held.back();
    const uint16_t arena = pool.ArenaOf(buffer.data(), buffer.capacity());
    if (arena == BufferPool::kNoArena) continue;
    ++registered;
    ASSERT_LT(arena, arenas.size());
    EXPECT_GE(buffer.data(), arenas[arena].begin());
    EXPECT_LE(buffer.data() + buffer.capacity(), arenas[arena].end());
    EXPECT_EQ(pool.ArenaOf(buffer.data() + 80, buffer.capacity() - 80), arena);
  }
  EXPECT_GT(registered, 90u);
  EXPECT_LT(registered, 125u);
  // The registered ones are taken first and are never given back.
  held.clear();
  pool.TrimIdle();
  pool.TrimIdle();
  const Buffer buffer = pool.Acquire(68'000);
  EXPECT_NE(pool.ArenaOf(buffer.data(), buffer.capacity()), BufferPool::kNoArena);
  EXPECT_GT(pool.bytes_held(), 7 * kMiB);
  // Memory across the end of an arena, and memory of others, is in none.
  EXPECT_EQ(pool.ArenaOf(arenas[0].end() - 10, 20), BufferPool::kNoArena);
  uint8_t other[10];
  EXPECT_EQ(pool.ArenaOf(other, sizeof(other)), BufferPool::kNoArena);
}

TEST(BufferPoolTest, GoesOnWithoutRegistration) {
  int asked = 0;
  BufferPool pool({.bytes_max = 64 * kMiB, .registered_bytes_max = 8 * kMiB},
                  [&](uint16_t, absl::Span<uint8_t>) {
                    ++asked;
                    return false;
                  });
  for (const size_t bytes : BufferPool::kClassBytes) {
    const Buffer buffer = pool.Acquire(bytes);
    EXPECT_TRUE(buffer);
    EXPECT_EQ(pool.ArenaOf(buffer.data(), buffer.capacity()), BufferPool::kNoArena);
  }
  EXPECT_EQ(asked, 1);
}

TEST(BufferPoolTest, MovingLeavesAnEmptyHandle) {
  BufferPool pool(Unregistered(16 * kMiB), nullptr);
  Buffer first = pool.Acquire(100);
  uint8_t* const data = first.data();
  Buffer second = std::move(first);
  EXPECT_FALSE(first);
  EXPECT_EQ(second.data(), data);
  second.Reset();
  second.Reset();
  EXPECT_FALSE(second);
  EXPECT_EQ(second.capacity(), 0u);
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

}  // namespace
}  // namespace sluice::ring

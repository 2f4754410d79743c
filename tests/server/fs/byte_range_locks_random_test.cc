// The tree of locks beside a plain list that asks every lock: what either grants, refuses and
// counts is the same for any sequence of calls.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <random>
#include <tuple>
#include <vector>

#include "server/fs/byte_range_locks.h"
#include "server/fs/open_file.h"

namespace sluice::fs {
namespace {

class NaiveLocks {
 public:
  bool Add(const OpenFile* owner, const ByteRange& range, bool exclusive) {
    for (const Lock& lock : locks_) {
      if (!exclusive && (!lock.exclusive || lock.owner == owner)) continue;
      if (Overlap(lock.range, range)) return false;
    }
    locks_.push_back({owner, range, exclusive});
    return true;
  }
  bool Remove(const OpenFile* owner, const ByteRange& range, bool exclusive) {
    const auto found = std::find_if(locks_.begin(), locks_.end(), [&](const Lock& lock) {
      return lock.owner == owner && lock.range == range && lock.exclusive == exclusive;
    });
    if (found == locks_.end()) return false;
    locks_.erase(found);
    return true;
  }
  size_t RemoveAll(const OpenFile* owner) {
    const size_t before = locks_.size();
    locks_.erase(std::remove_if(locks_.begin(), locks_.end(),
                                [owner](const Lock& lock) { return lock.owner == owner; }),
                 locks_.end());
    return before - locks_.size();
  }
  bool MayRead(const OpenFile* owner, const ByteRange& range) const {
    return std::none_of(locks_.begin(), locks_.end(), [&](const Lock& lock) {
      return lock.exclusive && lock.owner != owner && Overlap(lock.range, range);
    });
  }
  bool MayWrite(const OpenFile* owner, const ByteRange& range) const {
    return std::none_of(locks_.begin(), locks_.end(), [&](const Lock& lock) {
      return (!lock.exclusive || lock.owner != owner) && Overlap(lock.range, range);
    });
  }
  std::vector<HeldLock> Of(const OpenFile* owner) const {
    std::vector<HeldLock> held;
    for (const Lock& lock : locks_) {
      if (lock.owner == owner) held.push_back({lock.range, lock.exclusive});
    }
    return held;
  }
  size_t size() const { return locks_.size(); }

 private:
  struct Lock {
    const OpenFile* owner;
    ByteRange range;
    bool exclusive;
  };
  std::vector<Lock> locks_;
};

std::vector<std::tuple<uint64_t, uint64_t, bool>> Sorted(const std::vector<HeldLock>& locks) {
  std::vector<std::tuple<uint64_t, uint64_t, bool>> sorted;
  for (const HeldLock& lock : locks) {
    sorted.emplace_back(lock.range.offset, lock.range.length, lock.exclusive);
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

class RandomLocks : public ::testing::TestWithParam<uint64_t> {
 protected:
  uint64_t Below(uint64_t n) { return random_() % n; }
  // Few offsets, so that much overlaps; no bytes, one, some; and both ends of what there is.
  ByteRange Range() {
    const uint64_t base = Below(8) == 0 ? UINT64_MAX - kOffsets : 0;
    ByteRange range{base + Below(kOffsets + 1), Below(4) == 0 ? 0 : 1 + Below(6)};
    if (Below(50) == 0) range.length = UINT64_MAX;
    if (Below(50) == 0) range = {UINT64_MAX, Below(2)};
    if (!range.valid()) range.length = UINT64_MAX - range.offset + (range.offset != 0 ? 1 : 0);
    return range;
  }

  static constexpr uint64_t kOffsets = 60;
  std::mt19937_64 random_{GetParam()};
  std::array<OpenFile, 5> owners_;
  ByteRangeLocks tree_;
  NaiveLocks naive_;
};

INSTANTIATE_TEST_SUITE_P(Seeds, RandomLocks, ::testing::Range<uint64_t>(1, 21));

TEST_P(RandomLocks, GrantsWhatAListGrants) {
  for (int step = 0; step < 5'000; ++step) {
    SCOPED_TRACE(testing::Message() << "seed " << GetParam() << " step " << step);
    const OpenFile* const owner = &owners_[Below(owners_.size())];
    const ByteRange range = Range();
    const bool exclusive = Below(3) == 0;
    const uint64_t act = Below(step / 500 % 2 == 0 ? 100 : 40);
    if (act < 30) {
      ASSERT_EQ(tree_.Fits(owner, range, exclusive),
                NaiveLocks(naive_).Add(owner, range, exclusive));
      ASSERT_EQ(tree_.Add(owner, range, exclusive), naive_.Add(owner, range, exclusive));
    } else if (act < 39) {
      // Mostly one that is held.
      const std::vector<HeldLock> held = naive_.Of(owner);
      const HeldLock some =
          held.empty() || Below(4) == 0 ? HeldLock{range, exclusive} : held[Below(held.size())];
      ASSERT_EQ(tree_.Remove(owner, some.range, some.exclusive),
                naive_.Remove(owner, some.range, some.exclusive));
    } else if (act < 40) {
      ASSERT_EQ(tree_.RemoveAll(owner), naive_.RemoveAll(owner));
    } else {
      ASSERT_EQ(tree_.MayRead(owner, range), naive_.MayRead(owner, range));
      ASSERT_EQ(tree_.MayWrite(owner, range), naive_.MayWrite(owner, range));
    }
    ASSERT_EQ(tree_.size(), naive_.size());
    ASSERT_EQ(tree_.Count(owner), naive_.Of(owner).size());
    ASSERT_EQ(Sorted(tree_.Of(owner)), Sorted(naive_.Of(owner)));
  }
}

TEST(ByteRangeLocksOfOneOpenTest, AreReleasedSomeAtATime) {
  OpenFile one;
  OpenFile other;
  ByteRangeLocks locks;
  for (uint64_t i = 0; i < 10; ++i) EXPECT_TRUE(locks.Add(&one, {i / 2, 1}, false));
  EXPECT_TRUE(locks.Add(&other, {0, 1}, false));
  EXPECT_EQ(locks.RemoveAll(&one, 7), 7u);
  EXPECT_EQ(locks.Count(&one), 3u);
  EXPECT_EQ(locks.RemoveAll(&one, 7), 3u);
  EXPECT_EQ(locks.RemoveAll(&one, 7), 0u);
  EXPECT_EQ(locks.size(), 1u);
}

}  // namespace
}  // namespace sluice::fs

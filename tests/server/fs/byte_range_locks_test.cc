#include "server/fs/byte_range_locks.h"

#include <gtest/gtest.h>

#include "server/fs/open_file.h"

namespace sluice::fs {
namespace {

class ByteRangeLocksTest : public ::testing::Test {
 protected:
  OpenFile one_;
  OpenFile other_;
  ByteRangeLocks locks_;
};

TEST(ByteRangeTest, TheLastByteMustHaveAnOffset) {
  EXPECT_TRUE((ByteRange{UINT64_MAX, 1}.valid()));
  EXPECT_TRUE((ByteRange{0, UINT64_MAX}.valid()));
  EXPECT_TRUE((ByteRange{UINT64_MAX, 0}.valid()));
  EXPECT_FALSE((ByteRange{UINT64_MAX, 2}.valid()));
  EXPECT_FALSE((ByteRange{2, UINT64_MAX}.valid()));
}

TEST(ByteRangeTest, RangesOfNoBytesLieBetweenBytes) {
  const ByteRange between{10, 0};
  EXPECT_FALSE(Overlap(between, {10, 0}));
  EXPECT_FALSE(Overlap(between, {9, 1}));
  EXPECT_FALSE(Overlap(between, {10, 1}));
  EXPECT_TRUE(Overlap(between, {9, 2}));
  EXPECT_FALSE(Overlap({0, 0}, {0, 5}));
}

TEST(ByteRangeTest, OverlapsUpToTheLastByte) {
  EXPECT_FALSE(Overlap({UINT64_MAX, 1}, {0, UINT64_MAX}));
  EXPECT_TRUE(Overlap({UINT64_MAX, 1}, {1, UINT64_MAX}));
  EXPECT_TRUE(Overlap({0, 10}, {9, 1}));
  EXPECT_FALSE(Overlap({0, 10}, {10, 1}));
}

TEST_F(ByteRangeLocksTest, ExclusiveLocksAreAlone) {
  EXPECT_TRUE(locks_.Add(&one_, {0, 10}, true));
  EXPECT_FALSE(locks_.Add(&other_, {9, 1}, true));
  EXPECT_FALSE(locks_.Add(&other_, {9, 1}, false));
  EXPECT_FALSE(locks_.Add(&one_, {0, 10}, true)) << "not even of the same open";
  EXPECT_TRUE(locks_.Add(&other_, {10, 1}, true));
}

TEST_F(ByteRangeLocksTest, SharedLocksStack) {
  EXPECT_TRUE(locks_.Add(&one_, {0, 10}, false));
  EXPECT_TRUE(locks_.Add(&one_, {0, 10}, false));
  EXPECT_TRUE(locks_.Add(&other_, {5, 10}, false));
  EXPECT_FALSE(locks_.Add(&one_, {0, 1}, true));
  EXPECT_EQ(locks_.Count(&one_), 2u);
}

TEST_F(ByteRangeLocksTest, ASharedLockLiesOnTheOwnersExclusiveOne) {
  EXPECT_TRUE(locks_.Add(&one_, {0, 10}, true));
  EXPECT_TRUE(locks_.Add(&one_, {0, 10}, false));
  EXPECT_TRUE(locks_.Remove(&one_, {0, 10})) << "the exclusive one";
  EXPECT_TRUE(locks_.Add(&other_, {0, 10}, false));
  EXPECT_FALSE(locks_.Add(&other_, {0, 10}, true));
}

TEST_F(ByteRangeLocksTest, OnlyTheExactRangeOfTheOwnerIsReleased) {
  EXPECT_TRUE(locks_.Add(&one_, {0, 10}, true));
  EXPECT_FALSE(locks_.Remove(&one_, {0, 9}));
  EXPECT_FALSE(locks_.Remove(&other_, {0, 10}));
  EXPECT_TRUE(locks_.Remove(&one_, {0, 10}));
  EXPECT_FALSE(locks_.Remove(&one_, {0, 10}));
  EXPECT_TRUE(locks_.empty());
}

TEST_F(ByteRangeLocksTest, RemoveAllTakesOneOpensOnly) {
  EXPECT_TRUE(locks_.Add(&one_, {0, 1}, true));
  EXPECT_TRUE(locks_.Add(&other_, {1, 1}, true));
  EXPECT_TRUE(locks_.Add(&one_, {2, 1}, false));
  EXPECT_EQ(locks_.RemoveAll(&one_), 2u);
  EXPECT_EQ(locks_.size(), 1u);
}

TEST_F(ByteRangeLocksTest, ReadingStopsAtOthersExclusiveLocks) {
  EXPECT_TRUE(locks_.Add(&one_, {0, 10}, true));
  EXPECT_TRUE(locks_.Add(&one_, {20, 10}, false));
  EXPECT_TRUE(locks_.MayRead(&one_, {0, 30}));
  EXPECT_FALSE(locks_.MayRead(&other_, {9, 1}));
  EXPECT_TRUE(locks_.MayRead(&other_, {10, 20}));
}

TEST_F(ByteRangeLocksTest, WritingStopsAtEverySharedLock) {
  EXPECT_TRUE(locks_.Add(&one_, {0, 10}, true));
  EXPECT_TRUE(locks_.Add(&one_, {20, 10}, false));
  EXPECT_TRUE(locks_.MayWrite(&one_, {0, 20}));
  EXPECT_FALSE(locks_.MayWrite(&one_, {29, 1})) << "also of its own";
  EXPECT_FALSE(locks_.MayWrite(&other_, {0, 1}));
  EXPECT_TRUE(locks_.MayWrite(&other_, {10, 10}));
}

}  // namespace
}  // namespace sluice::fs

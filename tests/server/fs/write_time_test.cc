#include "server/fs/write_time.h"

#include <gtest/gtest.h>

namespace sluice::fs {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

TEST(WriteTimeTest, FollowsStorageUntilTheFirstWrite) {
  WriteTime time;
  time.Observe(100);
  EXPECT_EQ(time.Visible(100, 0), 100);
  EXPECT_EQ(time.Visible(150, 1), 150) << "changed by somebody else";
  EXPECT_FALSE(time.pending());
}

TEST(WriteTimeTest, AFirstWriteShowsTwoSecondsLater) {
  WriteTime time;
  time.Observe(100);
  time.NoteWrite(kSecond, false);
  EXPECT_TRUE(time.pending());
  EXPECT_EQ(time.Visible(200, kSecond + WriteTime::kDelayNanos - 1), 100);
  EXPECT_EQ(time.Visible(200, kSecond + WriteTime::kDelayNanos), 200);
  EXPECT_FALSE(time.pending());
  EXPECT_EQ(time.AtClose(999), std::nullopt) << "storage has it already";
}

TEST(WriteTimeTest, FurtherWritesShowAtTheClose) {
  WriteTime time;
  time.Observe(100);
  time.NoteWrite(0, false);
  EXPECT_EQ(time.Visible(200, 3 * kSecond), 200);
  time.NoteWrite(3 * kSecond, false);
  EXPECT_EQ(time.Visible(300, 9 * kSecond), 200);
  EXPECT_EQ(time.AtClose(999), 999);
  EXPECT_EQ(time.Visible(999, 10 * kSecond), 999);
}

TEST(WriteTimeTest, ACloseSoonAfterTheFirstWriteLeavesStoragesTime) {
  WriteTime time;
  time.Observe(100);
  time.NoteWrite(0, false);
  EXPECT_EQ(time.AtClose(999), std::nullopt);
  EXPECT_EQ(time.Visible(200, 1), 200);
}

TEST(WriteTimeTest, ACommitShowsAtOnce) {
  WriteTime time;
  time.Observe(100);
  time.NoteWrite(0, false);
  time.Commit(200);
  EXPECT_EQ(time.Visible(300, 1), 200);
  EXPECT_EQ(time.AtClose(999), std::nullopt);
}

TEST(WriteTimeTest, ATimeThatWasSetStays) {
  WriteTime time;
  time.Observe(100);
  time.NoteWrite(0, false);
  time.Set(50);
  EXPECT_EQ(time.Visible(50, 9 * kSecond), 50);
  EXPECT_EQ(time.AtClose(999), std::nullopt);
}

TEST(WriteTimeTest, WritesOfAFrozenOpenArePutBack) {
  WriteTime time;
  time.Observe(100);
  time.Set(50);
  time.NoteWrite(0, true);
  EXPECT_EQ(time.Visible(300, 9 * kSecond), 50);
  EXPECT_EQ(time.AtClose(999), 50);
  EXPECT_EQ(time.AtClose(999), std::nullopt) << "once";
}

TEST(WriteTimeTest, FreezingHoldsWhatShows) {
  WriteTime time;
  time.Observe(100);
  EXPECT_EQ(time.Visible(100, 0), 100);
  time.Freeze();
  time.NoteWrite(0, true);
  EXPECT_EQ(time.Visible(300, 9 * kSecond), 100);
  EXPECT_EQ(time.AtClose(999), 100);
}

}  // namespace
}  // namespace sluice::fs

#include "server/fs/name_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace sluice::fs {
namespace {

TEST(FoldedNamesTest, FindsWithoutRegardToCase) {
  FoldedNames names;
  names.Add("Read Me.txt");
  names.Add("GRÜN");
  EXPECT_EQ(names.Find("READ ME.TXT"), "Read Me.txt");
  EXPECT_EQ(names.Find("grün"), "GRÜN");
  EXPECT_EQ(names.Find("other"), "");
  EXPECT_EQ(names.Find(""), "");
}

TEST(FoldedNamesTest, FindsTheNameClientsSeeInstead) {
  FoldedNames names;
  names.Add("a:b");
  EXPECT_EQ(names.Find("A4WTMA~A"), "a:b");
  EXPECT_EQ(names.Find("a4wtma~a"), "a:b");
  EXPECT_EQ(names.Find("a:b"), "a:b");
}

TEST(FoldedNamesTest, TheFirstOfSeveralSpellingsWins) {
  FoldedNames names;
  names.Add("File");
  names.Add("FILE");
  EXPECT_EQ(names.Find("file"), "File");
  EXPECT_FALSE(names.Remove("File"));
}

TEST(FoldedNamesTest, RemovesAndAddsAgain) {
  FoldedNames names;
  names.Add("file");
  names.Add("a:b");
  EXPECT_TRUE(names.Remove("file"));
  EXPECT_TRUE(names.Remove("a:b"));
  EXPECT_TRUE(names.Remove("never there"));
  EXPECT_EQ(names.Find("file"), "");
  EXPECT_EQ(names.Find("A4WTMA~A"), "");
  names.Add("FILE");
  EXPECT_EQ(names.Find("file"), "FILE");
}

TEST(FoldedNamesTest, HoldsManyNames) {
  FoldedNames names;
  for (int i = 0; i < 20'000; ++i) names.Add(absl::StrCat("Name", i));
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_EQ(names.Find(absl::StrCat("nAME", i)), absl::StrCat("Name", i));
  }
  EXPECT_GT(names.bytes(), 20'000u * 10);
}

using Answer = NameCache::Answer;

class NameCacheTest : public testing::Test {
 protected:
  static constexpr uint64_t kSecond = 1'000'000'000;
  static constexpr int64_t kWall = 1000;

  static storage::Stat Directory(uint64_t inode, int64_t changed) {
    storage::Stat stat;
    stat.device = 1;
    stat.inode = inode;
    stat.modified = stat.changed = changed;
    return stat;
  }
  static FoldedNames Names(const std::vector<std::string>& list) {
    FoldedNames names;
    for (const std::string& name : list) names.Add(name);
    return names;
  }
  // As read a second after the directory's last change.
  void Insert(const storage::Stat& stat, absl::string_view path,
              const std::vector<std::string>& list, uint64_t now = 0) {
    const NameCache::Reading reading(cache_, path);
    cache_.Insert(stat, reading, Names(list), now, now + 1000,
                  stat.changed + storage::kTicksPerSecond);
  }
  Answer Find(const storage::Stat& stat, absl::string_view name, uint64_t now = 0) {
    return cache_.Find(stat, name, now, &actual_);
  }

  NameCache cache_{1u << 20, 8};
  std::string actual_;
};

TEST_F(NameCacheTest, AnswersAsLongAsTheTimesAreTheSame) {
  const storage::Stat stat = Directory(1, 100);
  EXPECT_EQ(Find(stat, "file"), Answer::kUnknown);
  Insert(stat, "dir", {"File"});
  EXPECT_EQ(Find(stat, "file"), Answer::kFound);
  EXPECT_EQ(actual_, "File");
  EXPECT_EQ(Find(stat, "other"), Answer::kNone);
  EXPECT_EQ(Find(stat, "other", 1000 * kSecond), Answer::kNone);
  EXPECT_EQ(Find(Directory(1, 101), "file"), Answer::kUnknown);
  EXPECT_EQ(Find(Directory(2, 100), "file"), Answer::kUnknown);
}

TEST_F(NameCacheTest, ATimeTooYoungToTellTheNextChangeProvesNoAbsence) {
  const storage::Stat stat = Directory(1, 5 * storage::kTicksPerSecond);
  const NameCache::Reading reading(cache_, "dir");
  cache_.Insert(stat, reading, Names({"File"}), 0, 1000,
                stat.changed + storage::kTicksPerSecond / 1000);
  EXPECT_EQ(Find(stat, "file"), Answer::kFound);
  EXPECT_EQ(Find(stat, "other"), Answer::kUnknown);
}

TEST_F(NameCacheTest, OwnChangesAreEntered) {
  Insert(Directory(1, 100), "dir", {"File"});
  cache_.NoteCreated("dir", "New", kWall);
  const storage::Stat after = Directory(1, 200);
  EXPECT_EQ(Find(after, "new"), Answer::kFound);
  EXPECT_EQ(Find(after, "other"), Answer::kNone);
  cache_.NoteRemoved("dir", "File", kWall);
  const storage::Stat later = Directory(1, 300);
  EXPECT_EQ(Find(later, "file"), Answer::kNone);
  EXPECT_EQ(Find(later, "new", kSecond), Answer::kUnknown);
}

// Whether what is read has it depends on when.
TEST_F(NameCacheTest, WhatChangesWhileTheDirectoryIsReadIsEntered) {
  Insert(Directory(1, 100), "dir", {"File"});
  cache_.NoteCreated("dir", "Before", kWall);
  {
    const NameCache::Reading reading(cache_, "dir");
    cache_.NoteCreated("dir", "New", kWall);
    cache_.NoteCreated("dir", "Both", kWall);
    cache_.NoteRemoved("dir", "File", kWall);
    cache_.NoteCreated("other", "Elsewhere", kWall);
    cache_.Insert(Directory(1, 200), reading, Names({"Before", "Both", "File"}), 0, 1000, kWall);
  }
  const storage::Stat after = Directory(1, 300);
  for (const char* name : {"before", "both", "new"}) EXPECT_EQ(Find(after, name), Answer::kFound);
  for (const char* name : {"file", "elsewhere"}) EXPECT_EQ(Find(after, name), Answer::kNone);
}

TEST_F(NameCacheTest, DirectoriesThatTakeLongToReadAreTrustedLonger) {
  const NameCache::Reading reading(cache_, "dir");
  cache_.Insert(Directory(1, 100), reading, Names({}), 0, kSecond, 2 * storage::kTicksPerSecond);
  cache_.NoteCreated("dir", "New", kWall);
  EXPECT_EQ(Find(Directory(1, 200), "x", 10 * kSecond), Answer::kNone);
  EXPECT_EQ(Find(Directory(1, 200), "x", 21 * kSecond), Answer::kUnknown);
}

TEST_F(NameCacheTest, ALaterChangeIsSomebodyElses) {
  Insert(Directory(1, 100), "dir", {});
  cache_.NoteCreated("dir", "a", kWall);
  EXPECT_EQ(Find(Directory(1, kWall + storage::kTicksPerSecond / 10), "x"), Answer::kNone);
  EXPECT_EQ(Find(Directory(1, kWall + storage::kTicksPerSecond / 10 + 1), "x"), Answer::kUnknown);
  cache_.NoteCreated("dir", "b", kWall + 1);
  EXPECT_EQ(Find(Directory(1, kWall + storage::kTicksPerSecond / 10 + 1), "x"), Answer::kNone);
}

TEST_F(NameCacheTest, ABusyDirectoryStaysTrustedWhenReadAgain) {
  Insert(Directory(1, 100), "dir", {});
  cache_.NoteCreated("dir", "a", kWall);
  Insert(Directory(1, 200), "dir", {"a"}, kSecond);
  EXPECT_EQ(Find(Directory(1, 300), "x", kSecond + 1), Answer::kNone);
}

TEST_F(NameCacheTest, WhenOwnChangesAreOverTheTimesCountAgain) {
  Insert(Directory(1, 100), "dir", {});
  cache_.NoteCreated("dir", "a", kWall);
  Insert(Directory(1, 200), "dir", {"a"}, kSecond);
  EXPECT_EQ(Find(Directory(1, 200), "x", 100 * kSecond), Answer::kNone);
  EXPECT_EQ(Find(Directory(1, 300), "x", 100 * kSecond), Answer::kUnknown);
}

TEST_F(NameCacheTest, ChangesElsewhereAreNothingToIt) {
  Insert(Directory(1, 100), "dir", {"File"});
  cache_.NoteCreated("other", "New", kWall);
  cache_.NoteRemoved("other", "File", kWall);
  EXPECT_EQ(Find(Directory(1, 100), "new"), Answer::kNone);
  EXPECT_EQ(Find(Directory(1, 100), "file"), Answer::kFound);
}

TEST_F(NameCacheTest, ForgetsADirectoryWhoseNamesBecameUncertain) {
  Insert(Directory(1, 100), "dir", {"File", "FILE"});
  cache_.NoteRemoved("dir", "File", kWall);
  EXPECT_EQ(Find(Directory(1, 100), "file"), Answer::kUnknown);
}

TEST_F(NameCacheTest, KeepsTheMostRecentlyUsed) {
  for (uint64_t i = 0; i < 8; ++i) Insert(Directory(i, 100), absl::StrCat("d", i), {"x"});
  EXPECT_EQ(Find(Directory(0, 100), "x"), Answer::kFound);
  Insert(Directory(8, 100), "d8", {"x"});
  EXPECT_EQ(Find(Directory(0, 100), "x"), Answer::kFound);
  EXPECT_EQ(Find(Directory(1, 100), "x"), Answer::kUnknown);
  EXPECT_EQ(Find(Directory(8, 100), "x"), Answer::kFound);
}

TEST_F(NameCacheTest, BoundsItsMemory) {
  NameCache cache(100'000, 1000);
  for (uint64_t i = 0; i < 100; ++i) {
    FoldedNames names;
    for (int j = 0; j < 1000; ++j) names.Add(absl::StrCat("name", j));
    ASSERT_LT(names.bytes(), 100'000u);
    cache.Insert(Directory(i, 100), NameCache::Reading(cache, absl::StrCat("d", i)),
                 std::move(names), 0, 0, 1 << 30);
  }
  int kept = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    kept += cache.Find(Directory(i, 100), "name1", 0, &actual_) == Answer::kFound;
  }
  EXPECT_GE(kept, 1);
  EXPECT_LE(kept, 10);
  // One that does not fit at all is not kept, and one that grows too large goes.
  FoldedNames huge;
  for (int j = 0; j < 20'000; ++j) huge.Add(absl::StrCat("name", j));
  cache.Insert(Directory(500, 100), NameCache::Reading(cache, "huge"), std::move(huge), 0, 0,
               1 << 30);
  EXPECT_EQ(cache.Find(Directory(500, 100), "name1", 0, &actual_), Answer::kUnknown);
  cache.Insert(Directory(501, 100), NameCache::Reading(cache, "grows"), FoldedNames(), 0, 0,
               1 << 30);
  for (int j = 0; j < 20'000; ++j) cache.NoteCreated("grows", absl::StrCat("name", j), kWall);
  EXPECT_EQ(cache.Find(Directory(501, 100), "name1", 0, &actual_), Answer::kUnknown);
}

TEST_F(NameCacheTest, IsThreadSafe) {
  std::atomic<int> found{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      std::string actual;
      for (int i = 0; i < 500; ++i) {
        const uint64_t inode = (t + i) % 12;
        const storage::Stat stat = Directory(inode, 100);
        const std::string path = absl::StrCat("d", inode);
        if (cache_.Find(stat, "x", 0, &actual) == Answer::kFound) ++found;
        Insert(stat, path, {"X"});
        cache_.NoteCreated(path, "y", kWall);
        cache_.NoteRemoved(path, "y", kWall);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(found, 0);
}

}  // namespace
}  // namespace sluice::fs

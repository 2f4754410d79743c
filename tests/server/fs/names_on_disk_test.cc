// Names that clients cannot say, and the numbers that files have beside their names.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "server/fs/directory_scan.h"
#include "server/fs/name_rules.h"
#include "server/fs/volume.h"
#include "tests/server/fs/volume_fixture.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

constexpr char kOnDisk[] = "dir:1/a\\b";

class NamesOnDiskTest : public VolumeTest {
 protected:
  void SetUp() override {
    ASSERT_EQ(runner_.Run(backend_->MakeDirectory(who_, "dir:1", 0777)), 0);
    storage::OpenFlags flags;
    flags.write = flags.create = true;
    ASSERT_TRUE(runner_.Run(MakeTask(flags)));
    shown_ = PathForClient(kOnDisk);
    ASSERT_EQ(shown_.find(':'), std::string::npos);
  }
  std::map<std::string, ScannedEntry> List(absl::string_view directory,
                                           absl::string_view pattern = "*") {
    Opening how;
    how.disposition = proto::kDispositionOpen;
    how.access = kFileReadData;
    const auto open = Create(directory, how);
    std::map<std::string, ScannedEntry> entries;
    DirectoryScan scan(open.get());
    scan.Restart(pattern);
    NtStatus status = NtStatus::kOk;
    while (const ScannedEntry* entry = runner_.Run(scan.Peek(100, &status))) {
      entries[entry->name] = *entry;
      scan.Advance();
    }
    Close(open);
    return entries;
  }
  bool OnDisk(absl::string_view path) { return runner_.Run(backend_->GetStat(who_, path)).ok(); }

  std::string shown_;

 private:
  ring::Task<bool> MakeTask(storage::OpenFlags flags) {
    auto opened = co_await backend_->Open(who_, kOnDisk, flags);
    co_return opened.ok();
  }
};

TEST_F(NamesOnDiskTest, AreOpenedByWhatIsShown) {
  Opening how;
  how.disposition = proto::kDispositionOpen;
  for (const bool sensitive : {false, true}) {
    volume_.set_case_sensitive(sensitive);
    const auto open = Create(shown_, how);
    ASSERT_NE(open, nullptr);
    EXPECT_EQ(open->node->PathOf(*open), kOnDisk);
    const auto stream = Create(shown_ + ":stream");
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(stream->node->PathOf(*stream), kOnDisk);
    Close(stream);
    Close(open);
    EXPECT_EQ(List(PathForClient("dir:1")).count(PathForClient("a\\b")), 1u);
  }
  // Exactly that; another spelling is another name there.
  Make("Name");
  how.access = kFileReadAttributes;
  EXPECT_EQ(StatusOf("NAME", how), NtStatus::kObjectNameNotFound);
}

TEST_F(NamesOnDiskTest, AreNotListedByThemselves) {
  EXPECT_TRUE(List("", "dir:1").empty());
  EXPECT_EQ(List("", PathForClient("dir:1")).size(), 1u);
}

TEST_F(NamesOnDiskTest, StayWhenRenamedToWhatIsShown) {
  const auto open = Create(shown_);
  EXPECT_EQ(Rename(*open, shown_), NtStatus::kOk);
  Close(open);
  EXPECT_TRUE(OnDisk(kOnDisk));
}

TEST_F(NamesOnDiskTest, NewNamesBelowThemAreMade) {
  const auto open = Create(shown_);
  EXPECT_EQ(Rename(*open, PathForClient("dir:1") + "\\plain"), NtStatus::kOk);
  Close(open);
  EXPECT_TRUE(OnDisk("dir:1/plain"));
}

TEST_F(NamesOnDiskTest, TheDirectoryAboveHasItsOwnNumber) {
  MakeDirectory("top");
  MakeDirectory("top\\sub");
  const auto root = List("");
  const auto top = List("top");
  const auto sub = List("top\\sub");
  const auto id = [](const ScannedEntry& entry) { return entry.metadata.stat.inode; };
  EXPECT_EQ(id(sub.at("..")), id(top.at(".")));
  EXPECT_EQ(id(top.at("..")), id(root.at(".")));
  EXPECT_NE(id(sub.at("..")), id(sub.at(".")));
  // Nothing is above the root.
  EXPECT_EQ(id(root.at("..")), id(root.at(".")));
  EXPECT_EQ(id(top.at("sub")), id(sub.at(".")));
}

TEST_F(NamesOnDiskTest, NumbersOfOtherFileSystemsAreMixed) {
  storage::Stat stat;
  stat.inode = 12345;
  stat.file_system = backend_->file_system();
  EXPECT_EQ(volume_.FileIdOf(stat), 12345u);
  stat.file_system = 77;
  const uint64_t elsewhere = volume_.FileIdOf(stat);
  EXPECT_NE(elsewhere & uint64_t{1} << 63, 0u);
  // Clients keep them over restarts and upgrades.
  EXPECT_EQ(elsewhere, 0xB3DCEF99D17E6FF1u);
  stat.file_system = 78;
  EXPECT_NE(volume_.FileIdOf(stat), elsewhere);
}

TEST_F(NamesOnDiskTest, StreamsGoWithTheirFile) {
  const auto file = Create("file");
  const auto stream = Create("file:stream");
  const auto going = Create("file:going");
  EXPECT_EQ(SetDeletePending(*going, true), NtStatus::kOk);
  EXPECT_EQ(Rename(*file, "moved"), NtStatus::kOk);
  EXPECT_EQ(stream->node->PathOf(*stream), "moved");
  Close(going);
  std::vector<StreamListing> streams;
  EXPECT_EQ(runner_.Run(volume_.GetStreams(*file, &streams)), NtStatus::kOk);
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams[0].name, "stream");
  EXPECT_EQ(SetDeletePending(*stream, true), NtStatus::kOk);
  Close(stream);
  EXPECT_EQ(runner_.Run(volume_.GetStreams(*file, &streams)), NtStatus::kOk);
  EXPECT_TRUE(streams.empty());
  Close(file);
}

}  // namespace
}  // namespace sluice::fs

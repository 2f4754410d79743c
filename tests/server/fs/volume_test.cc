#include "server/fs/volume.h"

#include <algorithm>

#include "server/fs/directory_scan.h"
#include "server/fs/dos_attributes.h"
#include "server/fs/file_times.h"
#include "tests/server/fs/volume_fixture.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

// --- Deletion ---

TEST_F(VolumeTest, ADeletePendingFileGoesWithItsLastOpen) {
  const auto one = Create("file");
  const auto other = Create("file");
  EXPECT_EQ(SetDeletePending(*one, true), NtStatus::kOk);
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kDeletePending);
  Close(one);
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kDeletePending);
  EXPECT_EQ(SetDeletePending(*other, false), NtStatus::kOk) << "taken back";
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(*other, true), NtStatus::kOk);
  Close(other);
  EXPECT_FALSE(Exists("file"));
  EXPECT_EQ(nodes_.size(), 0u);
}

TEST_F(VolumeTest, OnlyEmptyDirectoriesAreDeleted) {
  MakeDirectory("dir");
  Make("dir\\file");
  const auto open = Create("dir");
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kDirectoryNotEmpty);
  const auto file = Create("dir\\file");
  EXPECT_EQ(SetDeletePending(*file, true), NtStatus::kOk);
  Close(file);
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kOk);
  Close(open);
  EXPECT_FALSE(Exists("dir"));
}

TEST_F(VolumeTest, ReadOnlyFilesAndTheRootAreNotDeleted) {
  Opening how;
  how.attributes = kAttributeReadOnly;
  const auto open = Create("file", how);
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kCannotDelete);
  EXPECT_EQ(runner_.Run(volume_.SetDisposition(*open, who_, true, true)), NtStatus::kOk)
      << "read-only may be passed over";
  Close(open);
  EXPECT_FALSE(Exists("file"));
  how = Opening();
  how.disposition = proto::kDispositionOpen;
  how.access = kFileGenericRead;
  const auto root = Create("", how);
  EXPECT_EQ(SetDeletePending(*root, true), NtStatus::kAccessDenied);
  Close(root);
}

TEST_F(VolumeTest, ADeletionFollowsARename) {
  const auto open = Create("file");
  EXPECT_EQ(Rename(*open, "renamed"), NtStatus::kOk);
  Make("file");
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kOk);
  Close(open);
  EXPECT_FALSE(Exists("renamed"));
  EXPECT_TRUE(Exists("file"));
}

// --- Rename and link ---

TEST_F(VolumeTest, RenamesAndKnowsTheNewName) {
  const auto open = Create("file");
  const auto other = Create("file");
  EXPECT_EQ(Rename(*open, "other"), NtStatus::kOk);
  EXPECT_FALSE(Exists("file"));
  EXPECT_EQ(other->node->PathOf(*other), "other") << "every open knows it";
  Close(open);
  Close(other);
  EXPECT_TRUE(Exists("other"));
}

TEST_F(VolumeTest, ARenameReplacesOnlyWhenAsked) {
  Make("target");
  const auto open = Create("file");
  EXPECT_EQ(Rename(*open, "target"), NtStatus::kObjectNameCollision);
  EXPECT_EQ(Rename(*open, "target", true), NtStatus::kOk);
  Close(open);
  EXPECT_FALSE(Exists("file"));
}

TEST_F(VolumeTest, ARenameDoesNotReplaceWhatIsInUseOrReadOnlyOrADirectory) {
  const auto open = Create("file");
  const auto target = Create("target");
  EXPECT_EQ(Rename(*open, "target", true), NtStatus::kAccessDenied);
  Close(target);
  Opening how;
  how.attributes = kAttributeReadOnly;
  Close(Create("fixed", how));
  EXPECT_EQ(Rename(*open, "fixed", true), NtStatus::kAccessDenied);
  MakeDirectory("dir");
  EXPECT_EQ(Rename(*open, "dir", true), NtStatus::kAccessDenied);
  Close(open);
}

TEST_F(VolumeTest, NothingMovesIntoADirectoryThatSomebodyMayDelete) {
  MakeDirectory("dir");
  const auto open = Create("file");
  Opening how;
  how.options = proto::kOptionDirectoryFile;
  const auto directory = Create("dir", how);
  EXPECT_EQ(Rename(*open, "dir\\file"), NtStatus::kSharingViolation);
  EXPECT_EQ(Rename(*open, "other"), NtStatus::kOk);
  Close(directory);
  how.access = kFileAllAccess & ~kDelete;
  const auto harmless = Create("dir", how);
  EXPECT_EQ(Rename(*open, "dir\\file"), NtStatus::kOk);
  Close(harmless);
  Close(open);
}

TEST_F(VolumeTest, ARenameChangesTheCaseOfAName) {
  const auto open = Create("file");
  EXPECT_EQ(Rename(*open, "FILE"), NtStatus::kOk);
  EXPECT_EQ(open->node->PathOf(*open), "FILE");
  EXPECT_EQ(Rename(*open, "FILE"), NtStatus::kOk) << "to itself";
  Close(open);
}

TEST_F(VolumeTest, ADirectoryWithOpenFilesBelowIsNotRenamed) {
  MakeDirectory("dir");
  MakeDirectory("dir\\sub");
  const auto file = Create("dir\\sub\\file");
  const auto directory = Create("dir");
  EXPECT_EQ(Rename(*directory, "other"), NtStatus::kAccessDenied);
  Close(file);
  EXPECT_EQ(Rename(*directory, "other"), NtStatus::kOk);
  Close(directory);
  EXPECT_TRUE(Exists("other\\sub\\file"));
}

TEST_F(VolumeTest, RefusesNamesThatCannotBe) {
  const auto open = Create("file");
  EXPECT_EQ(Rename(*open, "a*b"), NtStatus::kObjectNameInvalid);
  EXPECT_EQ(Rename(*open, "..\\out"), NtStatus::kObjectPathSyntaxBad);
  EXPECT_EQ(Rename(*open, "none\\below"), NtStatus::kObjectPathNotFound);
  EXPECT_EQ(Rename(*open, ""), NtStatus::kAccessDenied);
  Close(open);
}

TEST_F(VolumeTest, ALinkIsAnotherNameOfTheSameFile) {
  const auto open = Create("file");
  Write(*open, "data");
  const std::vector<uint8_t> name = Wire("link");
  EXPECT_EQ(runner_.Run(volume_.Link(*open, who_, name, false)), NtStatus::kOk);
  EXPECT_EQ(runner_.Run(volume_.Link(*open, who_, name, false)), NtStatus::kObjectNameCollision);
  const auto link = Create("link");
  EXPECT_EQ(link->node, open->node);
  EXPECT_EQ(Read(*link), "data");
  EXPECT_EQ(Metadata(*link).stat.links, 2u);
  Close(link);
  Close(open);
}

TEST_F(VolumeTest, ALinkNeedsTheRightToWriteAttributes) {
  const auto made = Create("file");
  Opening how;
  how.access = kFileReadAttributes;
  const auto open = Create("file", how);
  EXPECT_EQ(runner_.Run(made->file->SetMode(0644)), 0);
  base::Identity stranger = who_;
  stranger.uid = stranger.gid = 2000;
  const std::vector<uint8_t> name = Wire("link");
  EXPECT_EQ(runner_.Run(volume_.Link(*open, stranger, name, false)), NtStatus::kAccessDenied);
  EXPECT_FALSE(Exists("link"));
  // Its owner could have opened it with the right.
  EXPECT_EQ(runner_.Run(volume_.Link(*open, who_, name, false)), NtStatus::kOk);
  Close(open);
  Close(made);
}

TEST_F(VolumeTest, AClosedOpenGetsNoLockLinkRenameOrDeletion) {
  const auto other = Create("file");
  const auto open = Create("file");
  Close(open);
  EXPECT_EQ(open->node->TryLock(*open, {0, 10}, true), NtStatus::kFileClosed);
  EXPECT_EQ(other->node->TryLock(*other, {0, 10}, true), NtStatus::kOk);
  const std::vector<uint8_t> name = Wire("link");
  EXPECT_EQ(runner_.Run(volume_.Link(*open, who_, name, false)), NtStatus::kFileClosed);
  EXPECT_EQ(Rename(*open, "other"), NtStatus::kFileClosed);
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kFileClosed);
  EXPECT_FALSE(other->node->DeletePending(*other));
  Close(other);
}

// --- Attributes and times ---

TEST_F(VolumeTest, ExplicitTimesStay) {
  const auto open = Create("file");
  BasicChange change;
  change.created = 1000;
  change.accessed = 2000;
  change.modified = 3000;
  EXPECT_EQ(runner_.Run(volume_.SetBasic(*open, change)), NtStatus::kOk);
  clock_.Advance(10'000'000'000);
  Write(*open, "later");
  FileMetadata metadata = Metadata(*open);
  EXPECT_EQ(metadata.created, 1000);
  EXPECT_EQ(metadata.stat.modified, 3000);
  metadata = Close(open);
  EXPECT_EQ(metadata.stat.modified, 3000) << "put back at the close";
}

TEST_F(VolumeTest, TimesReachAsFarAsFileTime) {
  const auto open = Create("file");
  BasicChange change;
  change.created = change.modified = FromFileTime(266'768'591'350'000'000);  // in 2446
  EXPECT_EQ(runner_.Run(volume_.SetBasic(*open, change)), NtStatus::kOk);
  EXPECT_EQ(ToFileTime(Metadata(*open).created), 266'768'591'350'000'000u);
  EXPECT_EQ(ToFileTime(Metadata(*open).stat.modified), 266'768'591'350'000'000u);
  Close(open);
}

TEST_F(VolumeTest, AWriteShowsLaterUnlessItIsCommitted) {
  const auto open = Create("file");
  const int64_t made = Metadata(*open).stat.modified;
  clock_.Advance(1'000'000'000);
  Write(*open, "x");
  EXPECT_EQ(Metadata(*open).stat.modified, made);
  runner_.Run([](Volume* volume, OpenFile* file) -> ring::Task<bool> {
    co_await volume->CommitWrites(*file);
    co_return true;
  }(&volume_, open.get()));
  EXPECT_GT(Metadata(*open).stat.modified, made);
  Close(open);
}

TEST_F(VolumeTest, AttributesAreKeptWithTheFile) {
  const auto open = Create("file");
  BasicChange change;
  change.attributes = kAttributeHidden | kAttributeSystem;
  EXPECT_EQ(runner_.Run(volume_.SetBasic(*open, change)), NtStatus::kOk);
  EXPECT_EQ(Close(open).attributes, kAttributeHidden | kAttributeSystem);
  const auto again = Create("file");
  change.attributes = kAttributeNormal;
  EXPECT_EQ(runner_.Run(volume_.SetBasic(*again, change)), NtStatus::kOk);
  EXPECT_EQ(Metadata(*again).attributes, kAttributeNormal);
  Close(again);
}

TEST_F(VolumeTest, WhatADotHidesIsNotStoredAsHidden) {
  auto open = Create(".profile");
  BasicChange change;
  change.created = change.modified = 3000;
  EXPECT_EQ(runner_.Run(volume_.SetBasic(*open, change)), NtStatus::kOk);
  EXPECT_EQ(runner_.Run(volume_.SetSparse(*open, true)), NtStatus::kOk);
  EXPECT_EQ(runner_.Run(volume_.SetSparse(*open, false)), NtStatus::kOk);
  EXPECT_EQ(Metadata(*open).attributes, kAttributeArchive | kAttributeHidden);
  EXPECT_EQ(Rename(*open, "profile"), NtStatus::kOk);
  EXPECT_EQ(Metadata(*open).attributes, kAttributeArchive);
  change.attributes = kAttributeHidden;
  EXPECT_EQ(runner_.Run(volume_.SetBasic(*open, change)), NtStatus::kOk);
  EXPECT_EQ(Close(open).attributes, kAttributeHidden) << "what a client asks for stays";
}

TEST_F(VolumeTest, SizesChangeButNotThroughLocks) {
  const auto open = Create("file");
  EXPECT_EQ(runner_.Run(volume_.SetEndOfFile(*open, 100)), NtStatus::kOk);
  EXPECT_EQ(Metadata(*open).end_of_file, 100u);
  const auto other = Create("file");
  EXPECT_EQ(other->node->TryLock(*other, {90, 20}, true), NtStatus::kOk);
  EXPECT_EQ(runner_.Run(volume_.SetEndOfFile(*open, 95)), NtStatus::kFileLockConflict);
  EXPECT_EQ(runner_.Run(volume_.SetEndOfFile(*open, UINT64_MAX)), NtStatus::kInvalidParameter);
  Close(other);
  EXPECT_EQ(runner_.Run(volume_.SetEndOfFile(*open, 95)), NtStatus::kOk);
  EXPECT_EQ(runner_.Run(volume_.SetAllocation(*open, 1 << 20)), NtStatus::kOk);
  EXPECT_EQ(Metadata(*open).end_of_file, 95u);
  EXPECT_EQ(runner_.Run(volume_.SetAllocation(*open, 50)), NtStatus::kOk);
  EXPECT_EQ(Metadata(*open).end_of_file, 50u) << "less than its size cuts a file";
  Close(open);
}

// --- Extended attributes and streams ---

TEST_F(VolumeTest, KeepsExtendedAttributesWithoutRegardToCase) {
  const auto open = Create("file");
  const std::vector<proto::EaEntry> first = {{0, "One", "1"}, {0, "Two", "2"}};
  EXPECT_EQ(runner_.Run(volume_.SetEas(*open, first)), NtStatus::kOk);
  const std::vector<proto::EaEntry> second = {{0, "ONE", "3"}, {0, "two", ""}};
  EXPECT_EQ(runner_.Run(volume_.SetEas(*open, second)), NtStatus::kOk);
  std::vector<proto::EaEntry> eas;
  EXPECT_EQ(runner_.Run(volume_.GetEas(*open, &eas)), NtStatus::kOk);
  ASSERT_EQ(eas.size(), 1u) << "and what the gateway itself keeps is none";
  EXPECT_EQ(eas[0].name, "One");
  EXPECT_EQ(eas[0].value, "3");
  const std::vector<proto::EaEntry> reserved = {{0, "DOSATTRIB", "x"}};
  EXPECT_EQ(runner_.Run(volume_.SetEas(*open, reserved)), NtStatus::kAccessDenied);
  Close(open);
}

TEST_F(VolumeTest, NoCaseOfAnEasNameReachesWhatTheGatewayKeeps) {
  const auto stream = Create("file:s");
  Write(*stream, "stream data");
  const auto open = Create("file");
  BasicChange change;
  change.attributes = kAttributeSystem;
  EXPECT_EQ(runner_.Run(volume_.SetBasic(*open, change)), NtStatus::kOk);
  for (const char* name : {"DosAttrib", "dosattrib", "dosstream.S:$data", "DOSSTREAM.new:$DATA",
                           "samba_pai", "smbreparse", "Samba_Streams"}) {
    const std::vector<proto::EaEntry> set = {{0, name, "x"}};
    EXPECT_EQ(runner_.Run(volume_.SetEas(*open, set)), NtStatus::kAccessDenied) << name;
    const std::vector<proto::EaEntry> remove = {{0, name, ""}};
    EXPECT_EQ(runner_.Run(volume_.SetEas(*open, remove)), NtStatus::kAccessDenied) << name;
  }
  EXPECT_EQ(Read(*stream), "stream data");
  EXPECT_EQ(Metadata(*open).attributes, kAttributeSystem);
  // What lies on the disk in another case is not shown either.
  EXPECT_EQ(runner_.Run(open->file->SetXattr("user.DosAttrib", "x", storage::As::kProcess)), 0);
  std::vector<proto::EaEntry> eas;
  EXPECT_EQ(runner_.Run(volume_.GetEas(*open, &eas)), NtStatus::kOk);
  EXPECT_TRUE(eas.empty());
  Close(stream);
  Close(open);
}

TEST_F(VolumeTest, OneListOfEasMakesNoTwoThatDifferInCase) {
  const auto open = Create("file");
  const std::vector<proto::EaEntry> list = {{0, "One", "1"}, {0, "ONE", "2"}};
  EXPECT_EQ(runner_.Run(volume_.SetEas(*open, list)), NtStatus::kOk);
  std::vector<proto::EaEntry> eas;
  EXPECT_EQ(runner_.Run(volume_.GetEas(*open, &eas)), NtStatus::kOk);
  ASSERT_EQ(eas.size(), 1u);
  EXPECT_EQ(eas[0].value, "2");
  Close(open);
}

TEST_F(VolumeTest, StreamsAreFilesOfTheirOwn) {
  const auto stream = Create("file:Extra");
  EXPECT_TRUE(Exists("file")) << "its file is made with it";
  Write(*stream, "stream data");
  EXPECT_EQ(Metadata(*stream).end_of_file, 11u);
  const auto base = Create("file");
  EXPECT_NE(base->node, stream->node);
  EXPECT_EQ(Metadata(*base).end_of_file, 0u);
  EXPECT_EQ(base->node->key().inode, stream->node->key().inode);
  std::vector<StreamListing> streams;
  EXPECT_EQ(runner_.Run(volume_.GetStreams(*base, &streams)), NtStatus::kOk);
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams[0].name, "Extra");
  EXPECT_EQ(streams[0].bytes, 11u);
  Close(stream);
  Close(base);
  const auto again = Create("FILE:extra:$DATA");
  EXPECT_EQ(Read(*again), "stream data");
  EXPECT_EQ(SetDeletePending(*again, true), NtStatus::kOk);
  Close(again);
  Opening how;
  how.disposition = proto::kDispositionOpen;
  EXPECT_EQ(StatusOf("file:extra", how), NtStatus::kObjectNameNotFound);
  EXPECT_TRUE(Exists("file"));
}

TEST_F(VolumeTest, AnOverwriteThatIsRefusedLeavesTheStreamAsItWas) {
  Opening how;
  how.share = 0;
  const auto stream = Create("file:s", how);
  Write(*stream, "data");
  how.disposition = proto::kDispositionOverwriteIf;
  EXPECT_EQ(StatusOf("file:s", how), NtStatus::kSharingViolation);
  EXPECT_EQ(Read(*stream), "data");
  Close(stream);
  const auto again = Create("file:s", how);
  EXPECT_EQ(Read(*again), "");
  Close(again);
}

TEST_F(VolumeTest, AStreamIsNoLongerThanAnAttribute) {
  const auto stream = Create("file:s");
  EXPECT_EQ(runner_.Run(volume_.SetEndOfFile(*stream, 65'536)), NtStatus::kDiskFull);
  EXPECT_EQ(runner_.Run(volume_.SetEndOfFile(*stream, 65'000)), NtStatus::kOk);
  EXPECT_EQ(Metadata(*stream).end_of_file, 65'000u);
  Close(stream);
}

TEST_F(VolumeTest, TheNamelessStreamIsTheFileItself) {
  const auto open = Create("file::$DATA");
  const auto base = Create("file");
  EXPECT_EQ(open->node, base->node);
  Close(open);
  Close(base);
}

// --- Listings ---

class ScanTest : public VolumeTest {
 protected:
  std::vector<std::string> List(OpenFile& directory, absl::string_view pattern,
                                size_t wanted = 100) {
    DirectoryScan scan(&directory);
    scan.Restart(pattern);
    std::vector<std::string> names;
    NtStatus status = NtStatus::kOk;
    while (const ScannedEntry* entry = runner_.Run(scan.Peek(wanted, &status))) {
      names.push_back(entry->name);
      scan.Advance();
    }
    EXPECT_EQ(status, NtStatus::kOk);
    EXPECT_EQ(scan.gave_any(), !names.empty());
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(ScanTest, ListsDotsAndEveryName) {
  MakeDirectory("dir");
  for (int i = 0; i < 300; ++i) Make("dir\\file" + std::to_string(i));
  const auto directory = Create("dir");
  EXPECT_EQ(List(*directory, "*").size(), 302u);
  EXPECT_EQ(List(*directory, "", 1).size(), 302u) << "one at a time";
  EXPECT_EQ(List(*directory, "*")[0], ".");
  Close(directory);
}

TEST_F(ScanTest, MatchesPatternsWithoutRegardToCase) {
  MakeDirectory("dir");
  for (const char* name : {"a.txt", "B.TXT", "c.doc"}) Make(std::string("dir\\") + name);
  const auto directory = Create("dir");
  EXPECT_EQ(List(*directory, "*.Txt"), (std::vector<std::string>{"B.TXT", "a.txt"}));
  EXPECT_EQ(List(*directory, "A.TXT"), std::vector<std::string>{"a.txt"});
  EXPECT_EQ(List(*directory, "a.txt"), std::vector<std::string>{"a.txt"});
  EXPECT_EQ(List(*directory, "."), std::vector<std::string>{"."});
  EXPECT_TRUE(List(*directory, "none").empty());
  Close(directory);
}

TEST_F(ScanTest, WhatWentMeanwhileIsNotListed) {
  MakeDirectory("dir");
  for (const char* name : {"one", "two", "three"}) Make(std::string("dir\\") + name);
  const auto directory = Create("dir");
  DirectoryScan scan(directory.get());
  scan.Restart("*");
  NtStatus status = NtStatus::kOk;
  ASSERT_NE(runner_.Run(scan.Peek(1, &status)), nullptr);
  for (const char* name : {"one", "two", "three"}) {
    const auto file = Create(std::string("dir\\") + name);
    EXPECT_EQ(SetDeletePending(*file, true), NtStatus::kOk);
    Close(file);
  }
  while (const ScannedEntry* entry = runner_.Run(scan.Peek(1, &status))) {
    EXPECT_TRUE(entry->name == "." || entry->name == "..") << entry->name;
    scan.Advance();
  }
  Close(directory);
}

}  // namespace
}  // namespace sluice::fs

// What CREATE does with symlinks.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "server/fs/directory_scan.h"
#include "server/fs/dos_attributes.h"
#include "server/fs/volume.h"
#include "tests/server/fs/volume_fixture.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

class SymlinkTest : public VolumeTest {
 protected:
  void SetUp() override {
    MakeDirectory("dir");
    Make("dir/inner");
    const auto file = Create("file");
    Write(*file, "content");
    Close(file);
    MakeSymlink("file", "to-file");
    MakeSymlink("dir", "to-dir");
    MakeSymlink("nothing", "broken");
    MakeSymlink("/etc/passwd", "absolute");
    MakeSymlink("../outside", "out");
    // The names are read anew: these came by no open.
    clock_.AdvanceMillis(10'000);
  }
  void MakeSymlink(absl::string_view target, absl::string_view path) {
    ASSERT_EQ(runner_.Run(backend_->MakeSymlink(who_, target, path)), 0);
  }
  bool OnDisk(absl::string_view path) { return runner_.Run(backend_->GetStat(who_, path)).ok(); }
  static Opening Open(uint32_t access, uint32_t options = 0) {
    Opening how;
    how.disposition = proto::kDispositionOpen;
    how.access = access;
    how.options = options;
    return how;
  }
  std::map<std::string, uint32_t> List(absl::string_view directory) {
    const auto open = Create(directory, Open(kFileReadData, proto::kOptionDirectoryFile));
    std::map<std::string, uint32_t> attributes;
    DirectoryScan scan(open.get());
    scan.Restart("*");
    NtStatus status = NtStatus::kOk;
    while (const ScannedEntry* entry = runner_.Run(scan.Peek(100, &status))) {
      attributes[entry->name] = entry->metadata.attributes;
      scan.Advance();
    }
    EXPECT_EQ(status, NtStatus::kOk);
    Close(open);
    return attributes;
  }
};

constexpr const char* kAll[] = {"to-file", "to-dir", "broken", "absolute", "out"};

TEST_F(SymlinkTest, AreListedAsReparsePoints) {
  const auto attributes = List("");
  for (const char* name : kAll) {
    ASSERT_EQ(attributes.count(name), 1u) << name;
    const bool directory = std::string(name) == "to-dir";
    EXPECT_EQ(attributes.at(name), kAttributeReparsePoint | (directory ? kAttributeDirectory : 0))
        << name;
  }
  EXPECT_EQ(attributes.at("file") & kAttributeReparsePoint, 0u);
}

TEST_F(SymlinkTest, AreOpenedThemselvesAsReparsePoints) {
  for (const char* name : kAll) {
    // Data access is granted, but there is no data.
    for (const uint32_t access : {kFileReadAttributes, kFileGenericRead, kMaximumAllowed}) {
      const auto open = Create(name, Open(access, proto::kOptionOpenReparsePoint));
      ASSERT_NE(open, nullptr) << name;
      EXPECT_TRUE(open->symlink) << name;
      const FileMetadata metadata = Metadata(*open);
      EXPECT_NE(metadata.attributes & kAttributeReparsePoint, 0u) << name;
      EXPECT_EQ((metadata.attributes & kAttributeDirectory) != 0, std::string(name) == "to-dir");
      EXPECT_EQ(metadata.end_of_file, 0u) << name;
      Close(open);
    }
  }
}

TEST_F(SymlinkTest, AreNotOverwrittenThemselves) {
  Opening how = Open(kFileGenericWrite, proto::kOptionOpenReparsePoint);
  how.disposition = proto::kDispositionOverwriteIf;
  EXPECT_EQ(StatusOf("to-file", how), NtStatus::kAccessDenied);
  const auto file = Create("file");
  EXPECT_EQ(Read(*file), "content");
  Close(file);
}

TEST_F(SymlinkTest, GiveTheDataOfAFileInTheShare) {
  for (const uint32_t access : {kFileGenericRead, kMaximumAllowed, kFileAllAccess}) {
    const auto open = Create("TO-FILE", Open(access));
    EXPECT_FALSE(open->symlink);
    EXPECT_EQ(Read(*open), "content");
    EXPECT_EQ(Metadata(*open).attributes & kAttributeReparsePoint, 0u);
    Close(open);
  }
  const auto inner = Create("to-dir\\inner", Open(kFileAllAccess));
  Close(inner);
}

TEST_F(SymlinkTest, StopOpensOfOtherThings) {
  const struct {
    const char* name;
    uint32_t access;
    uint32_t options;
    const char* target;
    const char* unparsed;
  } rows[] = {
      {"to-file", kFileReadAttributes, 0, "file", ""},
      {"to-dir", kFileReadAttributes, 0, "dir", ""},
      {"to-dir", kFileReadData, proto::kOptionDirectoryFile, "dir", ""},
      {"to-dir", kMaximumAllowed, 0, "dir", ""},
      {"TO-DIR", kFileGenericRead, 0, "dir", ""},
      {"broken", kFileGenericRead, 0, "nothing", ""},
      {"absolute", kFileGenericRead, 0, "/etc/passwd", ""},
      {"out", kFileGenericRead, 0, "../outside", ""},
      {"out\\a\\b", kFileGenericRead, 0, "../outside", "a/b"},
      {"out\\a\\b", kFileReadAttributes, proto::kOptionOpenReparsePoint, "../outside", "a/b"},
  };
  for (const auto& row : rows) {
    for (const uint32_t disposition : {proto::kDispositionOpen, proto::kDispositionOpenIf}) {
      Opening how = Open(row.access, row.options);
      how.disposition = disposition;
      CreateResult result;
      EXPECT_EQ(TryCreate(row.name, how, &result), NtStatus::kStoppedOnSymlink) << row.name;
      EXPECT_EQ(result.link_target, row.target) << row.name;
      EXPECT_EQ(result.unparsed, row.unparsed) << row.name;
    }
  }
  EXPECT_EQ(nodes_.size(), 0u);
  EXPECT_FALSE(OnDisk("nothing"));
}

// Whatever the client's way to delete: the link goes, and nothing that it leads to.
TEST_F(SymlinkTest, AreDeletedThemselves) {
  for (const char* name : kAll) {
    const uint32_t with = proto::kOptionDeleteOnClose;
    for (const Opening& how :
         {Open(kDelete, with), Open(kDelete, with | proto::kOptionOpenReparsePoint),
          Open(kDelete | kFileGenericRead, with), Open(kDelete, proto::kOptionNonDirectoryFile),
          Open(kDelete), Open(kFileAllAccess, proto::kOptionOpenReparsePoint)}) {
      const std::string target = runner_.Run(backend_->ReadSymlink(who_, name)).value();
      const auto open = Create(name, how);
      ASSERT_NE(open, nullptr) << name;
      if ((how.options & with) == 0) {
        EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kOk) << name;
      }
      Close(open);
      EXPECT_FALSE(OnDisk(name)) << name;
      MakeSymlink(target, name);
    }
  }
  // rmdir of what is shown as a directory, and of what is not.
  EXPECT_EQ(
      StatusOf("to-dir", Open(kDelete, proto::kOptionDirectoryFile | proto::kOptionDeleteOnClose)),
      NtStatus::kOk);
  EXPECT_FALSE(OnDisk("to-dir"));
  EXPECT_EQ(
      StatusOf("to-file", Open(kDelete, proto::kOptionDirectoryFile | proto::kOptionDeleteOnClose)),
      NtStatus::kNotADirectory);
  EXPECT_TRUE(OnDisk("dir/inner"));
  EXPECT_TRUE(OnDisk("file"));
}

TEST_F(SymlinkTest, DeletingAnOpenOfTheDataDeletesTheLink) {
  const auto open = Create("to-file", Open(kFileAllAccess));
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kOk);
  Close(open);
  EXPECT_FALSE(OnDisk("to-file"));
  EXPECT_TRUE(OnDisk("file"));
}

TEST_F(SymlinkTest, DeletingALinkLeavesItsTargetToOthers) {
  const auto open = Create("to-file", Open(kFileAllAccess));
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kOk);
  CreateResult result;
  EXPECT_EQ(TryCreate("file", Open(kFileReadData), &result), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(*result.open, true), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(*result.open, false), NtStatus::kOk);
  Close(result.open);
  Close(open);
  EXPECT_TRUE(OnDisk("file"));
}

// The link's own mode says nothing.
TEST_F(SymlinkTest, DeletingBelowALinkTakesTheRightsToTheDirectory) {
  const auto directory = Create("dir", Open(kFileReadAttributes, proto::kOptionDirectoryFile));
  EXPECT_EQ(runner_.Run(directory->file->SetMode(0755)), 0);
  Close(directory);
  who_.uid = who_.gid = 2000;
  for (const char* name : {"dir\\inner", "to-dir\\inner"}) {
    CreateResult result;
    EXPECT_EQ(TryCreate(name, Open(kDelete), &result), NtStatus::kAccessDenied) << name;
  }
}

TEST_F(SymlinkTest, AreRenamedThemselves) {
  const auto open = Create("to-dir", Open(kDelete));
  EXPECT_EQ(Rename(*open, "moved"), NtStatus::kOk);
  Close(open);
  EXPECT_FALSE(OnDisk("to-dir"));
  EXPECT_EQ(List("")["moved"], kAttributeReparsePoint | kAttributeDirectory);
  EXPECT_TRUE(OnDisk("dir/inner"));
}

TEST_F(SymlinkTest, NamesOfBrokenOnesAreTaken) {
  Opening how;
  how.disposition = proto::kDispositionCreate;
  EXPECT_EQ(StatusOf("broken", how), NtStatus::kObjectNameCollision);
  how.options = proto::kOptionDirectoryFile;
  EXPECT_EQ(StatusOf("broken", how), NtStatus::kObjectNameCollision);
}

}  // namespace
}  // namespace sluice::fs

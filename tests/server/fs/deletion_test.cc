// What delete-pending is a property of: one name of a file, or a directory with what is in it.
#include <vector>

#include "server/fs/volume.h"
#include "tests/server/fs/volume_fixture.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

class DeletionTest : public VolumeTest {
 protected:
  NtStatus Link(OpenFile& open, absl::string_view name) {
    const std::vector<uint8_t> utf16 = Wire(name);
    return runner_.Run(volume_.Link(open, who_, utf16, false));
  }
};

TEST_F(DeletionTest, OneNameOfSeveralGoesByItself) {
  const auto open = Create("file");
  ASSERT_EQ(Link(*open, "link"), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kOk);
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kDeletePending);
  const auto link = Create("link");
  EXPECT_EQ(link->node, open->node);
  EXPECT_TRUE(open->node->DeletePending(*open));
  EXPECT_FALSE(link->node->DeletePending(*link));
  EXPECT_EQ(link->node->names_going(), 1u);
  Close(open);
  EXPECT_FALSE(Exists("file")) << "although the other name is open";
  EXPECT_EQ(link->node->names_going(), 0u);
  EXPECT_EQ(Link(*link, "third"), NtStatus::kOk) << "nothing is pending for this name";
  Close(link);
  EXPECT_TRUE(Exists("link"));
  EXPECT_EQ(nodes_.size(), 0u);
}

TEST_F(DeletionTest, ANameGoesWithTheLastOpenByThatName) {
  const auto one = Create("file");
  ASSERT_EQ(Link(*one, "link"), NtStatus::kOk);
  const auto other = Create("file");
  const auto link = Create("link");
  EXPECT_EQ(SetDeletePending(*one, true), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(*link, true), NtStatus::kOk);
  Close(one);
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kDeletePending);
  EXPECT_EQ(SetDeletePending(*link, false), NtStatus::kOk) << "takes back this name's only";
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kDeletePending);
  Close(other);
  EXPECT_FALSE(Exists("file"));
  Close(link);
  EXPECT_TRUE(Exists("link"));
}

TEST_F(DeletionTest, DeleteOnCloseIsOfOneNameToo) {
  const auto first = Create("file");
  ASSERT_EQ(Link(*first, "link"), NtStatus::kOk);
  Close(first);
  Opening how;
  how.options = proto::kOptionDeleteOnClose;
  const auto open = Create("file", how);
  const auto link = Create("link");
  Close(open);
  EXPECT_FALSE(Exists("file"));
  EXPECT_EQ(StatusOf("link", Opening()), NtStatus::kOk);
  Close(link);
  EXPECT_TRUE(Exists("link"));
}

TEST_F(DeletionTest, NothingIsMadeInADirectoryThatIsToGo) {
  MakeDirectory("dir");
  const auto file = Create("file");
  const auto one = Create("dir");
  const auto other = Create("dir");
  EXPECT_EQ(SetDeletePending(*one, true), NtStatus::kOk);
  Opening directory;
  directory.options = proto::kOptionDirectoryFile;
  const auto refused = [&] {
    EXPECT_EQ(StatusOf("dir\\new", Opening()), NtStatus::kDeletePending);
    EXPECT_EQ(StatusOf("dir\\new:stream", Opening()), NtStatus::kDeletePending);
    EXPECT_EQ(StatusOf("dir\\new", directory), NtStatus::kDeletePending);
    EXPECT_EQ(Rename(*file, "dir\\file"), NtStatus::kDeletePending);
    EXPECT_EQ(Link(*file, "dir\\link"), NtStatus::kDeletePending);
  };
  refused();
  Make("elsewhere");
  Close(one);
  refused();
  EXPECT_EQ(SetDeletePending(*other, false), NtStatus::kOk);
  Make("dir\\new");
  EXPECT_EQ(SetDeletePending(*other, true), NtStatus::kDirectoryNotEmpty);
  Make("dir\\newer");
  Close(other);
  EXPECT_TRUE(Exists("dir"));
  EXPECT_FALSE(nodes_.AnyDirectoryGoing());
  Close(file);
}

TEST_F(DeletionTest, ADirectoryThatGoesLeavesNothingCounted) {
  MakeDirectory("dir");
  const auto open = Create("dir");
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kOk) << "twice is once";
  EXPECT_TRUE(nodes_.AnyDirectoryGoing());
  Close(open);
  EXPECT_FALSE(Exists("dir"));
  EXPECT_FALSE(nodes_.AnyDirectoryGoing());
}

TEST_F(DeletionTest, ADirectoryWithFilesIsNotPendingWhenItsOpenerLeaves) {
  MakeDirectory("dir");
  Opening how;
  how.options = proto::kOptionDeleteOnClose;
  const auto open = Create("dir", how);
  const auto other = Create("dir");
  Make("dir\\file");
  Close(open);
  EXPECT_TRUE(Exists("dir"));
  Close(other);
  EXPECT_TRUE(Exists("dir\\file"));
}

TEST_F(DeletionTest, NoStreamOpensOnAFileThatIsToGo) {
  Close(Create("file:s"));
  const auto open = Create("file");
  ASSERT_EQ(Link(*open, "link"), NtStatus::kOk);
  EXPECT_EQ(SetDeletePending(*open, true), NtStatus::kOk);
  Opening how;
  EXPECT_EQ(StatusOf("file:new", how), NtStatus::kDeletePending);
  how.disposition = proto::kDispositionOpen;
  EXPECT_EQ(StatusOf("file:s", how), NtStatus::kDeletePending);
  EXPECT_EQ(StatusOf("link:s", how), NtStatus::kOk) << "by a name that stays";
  std::vector<StreamListing> streams;
  EXPECT_EQ(runner_.Run(volume_.GetStreams(*open, &streams)), NtStatus::kOk);
  EXPECT_EQ(streams.size(), 1u);
  Close(open);
}

}  // namespace
}  // namespace sluice::fs

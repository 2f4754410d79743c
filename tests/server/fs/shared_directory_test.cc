// Several shares over the same directories of the machine.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "proto/smb2/create.h"
#include "proto/wire/utf16.h"
#include "server/fs/node_table.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"
#include "server/storage/posix_backend.h"
#include "tests/fakes/fake_clock.h"
#include "tests/server/storage/run_on_loop.h"
#include "tests/server/storage/test_share.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

class SharedDirectoryTest : public ::testing::Test {
 protected:
  SharedDirectoryTest() {
    std::filesystem::create_directories(root_.path() + "/sub");
    std::filesystem::create_directories(root_.path() + "/other");
    for (const char* below : {"", "", "/sub"}) {
      auto backend = storage::OpenPosixBackend(root_.path() + below);
      EXPECT_TRUE(backend.ok());
      volumes_.push_back(std::make_shared<Volume>(std::move(backend.value()), nodes_, clock_,
                                                  Volume::Options{"x", false}));
    }
  }
  ~SharedDirectoryTest() override {
    for (const auto& open : opens_) Close(open);
  }
  std::shared_ptr<OpenFile> Open(Volume& volume, absl::string_view name, uint32_t options = 0,
                                 uint32_t access = kFileAllAccess) {
    std::vector<uint8_t> utf16;
    EXPECT_TRUE(proto::Utf8ToUtf16(name, &utf16));
    CreateParams params;
    params.who = &who_;
    params.name = utf16;
    params.desired_access = access;
    params.share_access = 7;
    params.disposition = proto::kDispositionOpenIf;
    params.options = options;
    CreateResult result;
    EXPECT_EQ(runner_.Run(volume.Create(params, &result)), NtStatus::kOk) << name;
    if (result.open != nullptr) opens_.push_back(result.open);
    return result.open;
  }
  void Close(const std::shared_ptr<OpenFile>& open) {
    if (!open->closed) runner_.Run(CloseTask(open));
  }
  NtStatus Rename(Volume& volume, OpenFile& open, absl::string_view to) {
    std::vector<uint8_t> utf16;
    EXPECT_TRUE(proto::Utf8ToUtf16(to, &utf16));
    return runner_.Run(volume.Rename(open, who_, utf16, true));
  }
  bool OnDisk(const std::string& path) {
    return std::filesystem::exists(root_.path() + "/" + path);
  }

  storage::TemporaryDirectory root_;
  storage::LoopRunner runner_;
  fakes::FakeClock clock_;
  base::Identity who_{getuid(), getgid()};
  NodeTable nodes_;
  std::vector<std::shared_ptr<Volume>> volumes_;  // two over the root, one over sub
  std::vector<std::shared_ptr<OpenFile>> opens_;

 private:
  ring::Task<bool> CloseTask(std::shared_ptr<OpenFile> open) {
    co_await open->volume->Close(open, nullptr);
    co_return true;
  }
};

TEST_F(SharedDirectoryTest, ARenameReachesTheOpensOfEveryShare) {
  const auto one = Open(*volumes_[0], "sub\\file");
  const auto two = Open(*volumes_[1], "sub\\file");
  const auto three = Open(*volumes_[2], "file");
  const auto stream = Open(*volumes_[2], "file:stream");
  ASSERT_EQ(one->node, three->node);
  EXPECT_EQ(Rename(*volumes_[0], *one, "sub\\moved"), NtStatus::kOk);
  EXPECT_EQ(one->node->PathOf(*one), "sub/moved");
  EXPECT_EQ(one->node->PathOf(*two), "sub/moved");
  EXPECT_EQ(one->node->PathOf(*three), "moved");
  EXPECT_EQ(stream->node->PathOf(*stream), "moved");
  // And from below.
  EXPECT_EQ(Rename(*volumes_[2], *three, "again"), NtStatus::kOk);
  EXPECT_EQ(one->node->PathOf(*one), "sub/again");
  // What it deletes is the file.
  EXPECT_EQ(runner_.Run(volumes_[1]->SetDisposition(*two, who_, true, false)), NtStatus::kOk);
  for (const auto& open : opens_) Close(open);
  EXPECT_FALSE(OnDisk("sub/again"));
}

TEST_F(SharedDirectoryTest, ADirectoryWithOpensOfAnotherShareBelowStays) {
  std::filesystem::create_directories(root_.path() + "/sub/dir");
  const auto below = Open(*volumes_[2], "dir\\file");
  const auto directory = Open(*volumes_[0], "sub\\dir", proto::kOptionDirectoryFile);
  EXPECT_EQ(Rename(*volumes_[0], *directory, "sub\\moved"), NtStatus::kAccessDenied);
  Close(below);
  EXPECT_EQ(Rename(*volumes_[0], *directory, "sub\\moved"), NtStatus::kOk);
}

// Out of a share, or by somebody else: the old name may mean another file then.
TEST_F(SharedDirectoryTest, AnOpenThatLostItsNameRenamesNothingElse) {
  const auto one = Open(*volumes_[0], "sub\\file");
  const auto three = Open(*volumes_[2], "file");
  EXPECT_EQ(Rename(*volumes_[0], *one, "other\\file"), NtStatus::kOk);
  std::ofstream(root_.path() + "/sub/file") << "another";
  EXPECT_EQ(Rename(*volumes_[2], *three, "mine"), NtStatus::kObjectNameNotFound);
  EXPECT_TRUE(OnDisk("sub/file"));
  EXPECT_EQ(runner_.Run(volumes_[2]->SetDisposition(*three, who_, true, false)), NtStatus::kOk);
  for (const auto& open : opens_) Close(open);
  EXPECT_TRUE(OnDisk("sub/file"));
}

TEST_F(SharedDirectoryTest, SharesOfOneFileSystemHaveItsNumber) {
  EXPECT_EQ(volumes_[0]->serial(), volumes_[2]->serial());
  EXPECT_NE(volumes_[0]->serial(), 0u);
}

}  // namespace
}  // namespace sluice::fs

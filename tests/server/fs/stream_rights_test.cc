// Who may do what to a file's named streams.
#include <string>

#include "server/fs/dos_attributes.h"
#include "server/fs/volume.h"
#include "tests/server/fs/counting_backend.h"
#include "tests/server/fs/volume_fixture.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

constexpr uint32_t kMaking[] = {proto::kDispositionSupersede, proto::kDispositionCreate,
                                proto::kDispositionOpenIf, proto::kDispositionOverwriteIf};

// `volume_` is somebody's who may do everything. `strict_` serves the same files, and its storage
// can refuse changes; `fixed_` is a read-only share.
class StreamRightsTest : public VolumeTest {
 protected:
  NtStatus TryIn(Volume& volume, absl::string_view name, const Opening& how, CreateResult* result) {
    const std::vector<uint8_t> utf16 = Wire(name);
    CreateParams params;
    params.who = &who_;
    params.name = utf16;
    params.desired_access = how.access;
    params.file_attributes = how.attributes;
    params.share_access = how.share;
    params.disposition = how.disposition;
    params.options = how.options;
    return runner_.Run(volume.Create(params, result));
  }
  NtStatus StatusIn(Volume& volume, absl::string_view name, const Opening& how) {
    CreateResult result;
    const NtStatus status = TryIn(volume, name, how, &result);
    if (status == NtStatus::kOk) Close(result.open);
    return status;
  }
  // The names of the streams, each with a space behind it.
  std::string Streams(absl::string_view name) {
    Opening how;
    how.disposition = proto::kDispositionOpen;
    how.access = kFileReadAttributes;
    const auto open = Create(name, how);
    std::vector<StreamListing> streams;
    EXPECT_EQ(runner_.Run(volume_.GetStreams(*open, &streams)), NtStatus::kOk);
    Close(open);
    std::string names;
    for (const StreamListing& stream : streams) names += stream.name + " ";
    return names;
  }

  const std::shared_ptr<CountingBackend> counting_owner_ =
      std::make_shared<CountingBackend>(*backend_);
  CountingBackend& counting_ = *counting_owner_;
  const std::shared_ptr<Volume> strict_owner_ =
      std::make_shared<Volume>(counting_owner_, nodes_, clock_, Volume::Options{"strict", false});
  Volume& strict_ = *strict_owner_;
  const std::shared_ptr<Volume> fixed_owner_ =
      std::make_shared<Volume>(backend_, nodes_, clock_, Volume::Options{"fixed", true});
  Volume& fixed_ = *fixed_owner_;
};

TEST_F(StreamRightsTest, AReadOnlyShareMakesNoStream) {
  Make("file");
  MakeDirectory("dir");
  Opening how;
  how.access = kFileReadAttributes;
  for (const uint32_t disposition : kMaking) {
    how.disposition = disposition;
    EXPECT_EQ(StatusIn(fixed_, "file:x", how), NtStatus::kAccessDenied) << disposition;
    EXPECT_EQ(StatusIn(fixed_, "dir:x", how), NtStatus::kAccessDenied) << disposition;
    EXPECT_EQ(StatusIn(fixed_, "new:x", how), NtStatus::kAccessDenied) << disposition;
  }
  EXPECT_EQ(Streams("file"), "");
  EXPECT_EQ(Streams("dir"), "");
  EXPECT_FALSE(Exists("new"));
  Close(Create("file:x"));
  how.disposition = proto::kDispositionOpenIf;
  EXPECT_EQ(StatusIn(fixed_, "file:x", how), NtStatus::kOk) << "nothing is made";
}

TEST_F(StreamRightsTest, StorageJudgesTheMakingOfAStream) {
  Make("file");
  MakeDirectory("dir");
  counting_.set_refuses_users(true);
  Opening how;
  how.access = kFileReadAttributes;
  for (const uint32_t disposition : kMaking) {
    how.disposition = disposition;
    EXPECT_EQ(StatusIn(strict_, "file:x", how), NtStatus::kAccessDenied) << disposition;
    EXPECT_EQ(StatusIn(strict_, "dir:x", how), NtStatus::kAccessDenied) << disposition;
  }
  EXPECT_EQ(Streams("file"), "");
  EXPECT_EQ(Streams("dir"), "");
  EXPECT_EQ(nodes_.size(), 0u);
}

TEST_F(StreamRightsTest, StorageJudgesEveryChangeOfAStream) {
  MakeDirectory("dir");
  const auto made = Create("dir:x");
  Write(*made, "data");
  Close(made);
  counting_.set_refuses_users(true);
  Opening how;
  how.access = kFileReadAttributes;
  for (const uint32_t disposition : {proto::kDispositionSupersede, proto::kDispositionOverwrite,
                                     proto::kDispositionOverwriteIf}) {
    how.disposition = disposition;
    EXPECT_EQ(StatusIn(strict_, "dir:x", how), NtStatus::kAccessDenied) << disposition;
  }
  how.disposition = proto::kDispositionOpen;
  how.access = kFileAllAccess;
  CreateResult result;
  ASSERT_EQ(TryIn(strict_, "dir:x", how, &result), NtStatus::kOk);
  const uint8_t byte = 'x';
  EXPECT_EQ(runner_.Run(result.open->file->Write(absl::MakeConstSpan(&byte, 1), 0)), -EACCES);
  EXPECT_EQ(runner_.Run(strict_.SetEndOfFile(*result.open, 0)), NtStatus::kAccessDenied);
  EXPECT_EQ(Read(*result.open), "data");
  // A deletion that storage refuses leaves the stream.
  EXPECT_EQ(runner_.Run(strict_.SetDisposition(*result.open, who_, true, false)), NtStatus::kOk);
  Close(result.open);
  EXPECT_EQ(Streams("dir"), "x ");
}

TEST_F(StreamRightsTest, AReadOnlyFileGetsNoNewStream) {
  Opening how;
  how.attributes = kAttributeReadOnly;
  Close(Create("file:first", how));
  EXPECT_EQ(Streams("file"), "first ") << "the one who makes the file makes its stream";
  how.attributes = 0;
  how.access = kFileReadAttributes;
  EXPECT_EQ(StatusOf("file:x", how), NtStatus::kAccessDenied);
  how.disposition = proto::kDispositionSupersede;
  EXPECT_EQ(StatusOf("file:first", how), NtStatus::kAccessDenied);
  EXPECT_EQ(Streams("file"), "first ");
}

TEST_F(StreamRightsTest, WhoMayNotWriteTheFileMayNotDeleteItsStreams) {
  Close(Create("file:x"));
  Opening how;
  how.disposition = proto::kDispositionOpen;
  const auto owner = Create("file", how);
  EXPECT_EQ(runner_.Run(owner->file->SetMode(0644)), 0);
  Close(owner);
  who_.uid = who_.gid = 2000;
  how.access = kMaximumAllowed;
  const auto open = Create("file:x", how);
  EXPECT_FALSE(open->Granted(kDelete | kFileWriteData | kFileAppendData | kFileWriteEa));
  EXPECT_TRUE(open->Granted(kFileReadData));
  Close(open);
  how.access = kMaximumAllowed;
  const auto base = Create("file", how);
  EXPECT_TRUE(base->Granted(kDelete)) << "the directory is everybody's";
  Close(base);
}

}  // namespace
}  // namespace sluice::fs

#include "server/fs/dos_attributes.h"
#include "server/fs/file_times.h"
#include "server/fs/volume.h"
#include "tests/server/fs/counting_backend.h"
#include "tests/server/fs/volume_fixture.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

class CreationTest : public VolumeTest {
 protected:
  NtStatus With(uint32_t disposition, absl::string_view name, uint32_t* action) {
    Opening how;
    how.disposition = disposition;
    CreateResult result;
    const NtStatus status = TryCreate(name, how, &result);
    *action = result.action;
    if (status == NtStatus::kOk) Close(result.open);
    return status;
  }
};

TEST_F(CreationTest, DispositionsDecideWhatHappens) {
  const struct {
    uint32_t disposition;
    NtStatus without;
    uint32_t without_action;
    NtStatus with;
    uint32_t with_action;
  } rows[] = {
      {proto::kDispositionSupersede, NtStatus::kOk, proto::kActionCreated, NtStatus::kOk,
       proto::kActionSuperseded},
      {proto::kDispositionOpen, NtStatus::kObjectNameNotFound, 0, NtStatus::kOk,
       proto::kActionOpened},
      {proto::kDispositionCreate, NtStatus::kOk, proto::kActionCreated,
       NtStatus::kObjectNameCollision, 0},
      {proto::kDispositionOpenIf, NtStatus::kOk, proto::kActionCreated, NtStatus::kOk,
       proto::kActionOpened},
      {proto::kDispositionOverwrite, NtStatus::kObjectNameNotFound, 0, NtStatus::kOk,
       proto::kActionOverwritten},
      {proto::kDispositionOverwriteIf, NtStatus::kOk, proto::kActionCreated, NtStatus::kOk,
       proto::kActionOverwritten},
  };
  Make("there");
  for (const auto& row : rows) {
    uint32_t action = 0;
    const std::string name = "new" + std::to_string(row.disposition);
    EXPECT_EQ(With(row.disposition, name, &action), row.without) << row.disposition;
    if (row.without == NtStatus::kOk) {
      EXPECT_EQ(action, row.without_action) << row.disposition;
    }
    EXPECT_EQ(With(row.disposition, "there", &action), row.with) << row.disposition;
    if (row.with == NtStatus::kOk) {
      EXPECT_EQ(action, row.with_action) << row.disposition;
    }
  }
  EXPECT_EQ(nodes_.size(), 0u) << "all opens are closed";
}

TEST_F(CreationTest, AnOverwriteEmptiesTheFile) {
  const auto open = Create("file");
  Write(*open, "content");
  Close(open);
  Opening how;
  how.disposition = proto::kDispositionOverwriteIf;
  const auto again = Create("file", how);
  EXPECT_EQ(Metadata(*again).end_of_file, 0u);
  Close(again);
}

// What a file has besides its data.
class OverwriteTest : public CreationTest {
 protected:
  void MakeFull() {
    Close(Create("file:one"));
    Close(Create("file:two"));
    const auto open = Create("file");
    const std::vector<proto::EaEntry> eas = {{0, "Old", "value"}};
    EXPECT_EQ(runner_.Run(volume_.SetEas(*open, eas)), NtStatus::kOk);
    Write(*open, "data");
    Close(open);
  }
  std::string Describe() {
    Opening how;
    how.disposition = proto::kDispositionOpen;
    const auto open = Create("file", how);
    std::string found = Read(*open);
    std::vector<StreamListing> streams;
    EXPECT_EQ(runner_.Run(volume_.GetStreams(*open, &streams)), NtStatus::kOk);
    for (const StreamListing& stream : streams) found += " :" + stream.name;
    std::vector<proto::EaEntry> eas;
    EXPECT_EQ(runner_.Run(volume_.GetEas(*open, &eas)), NtStatus::kOk);
    for (const proto::EaEntry& ea : eas) found += " " + ea.name + "=" + ea.value;
    Close(open);
    return found;
  }
};

TEST_F(OverwriteTest, LeavesNoStreamsAndNoEas) {
  for (const uint32_t disposition : {proto::kDispositionOverwrite, proto::kDispositionOverwriteIf,
                                     proto::kDispositionSupersede}) {
    MakeFull();
    ASSERT_EQ(Describe(), "data :one :two Old=value");
    Opening how;
    how.disposition = disposition;
    EXPECT_EQ(StatusOf("file", how), NtStatus::kOk);
    EXPECT_EQ(Describe(), "") << disposition;
  }
  MakeFull();
  Opening how;
  how.disposition = proto::kDispositionOverwrite;
  EXPECT_EQ(StatusOf("file:one", how), NtStatus::kOk);
  EXPECT_EQ(Describe(), "data :one :two Old=value") << "of a stream only its data goes";
}

TEST_F(OverwriteTest, TakesTheRequestsEasButNotItsSecurityDescriptor) {
  MakeFull();
  const std::vector<uint8_t> name = Wire("file");
  const std::vector<proto::EaEntry> eas = {{0, "New", "1"}};
  storage::Stat stat;
  stat.mode = 0600;
  const std::string descriptor = SecurityDescriptorFromMode(stat, kDaclSecurityInformation);
  CreateParams params;
  params.who = &who_;
  params.name = name;
  params.desired_access = kFileAllAccess;
  params.disposition = proto::kDispositionOverwriteIf;
  params.eas = eas;
  params.security_descriptor = descriptor;
  CreateResult result;
  ASSERT_EQ(runner_.Run(volume_.Create(params, &result)), NtStatus::kOk);
  EXPECT_EQ(Metadata(*result.open).stat.mode, 0666u);
  Close(result.open);
  EXPECT_EQ(Describe(), " New=1");
}

TEST_F(OverwriteTest, AnOpenStreamGoesWhenItCloses) {
  MakeFull();
  Opening how;
  how.disposition = proto::kDispositionOpen;
  const auto stream = Create("file:one", how);
  Write(*stream, "stream data");
  how.disposition = proto::kDispositionOverwrite;
  EXPECT_EQ(StatusOf("file", how), NtStatus::kOk);
  EXPECT_EQ(Read(*stream), "stream data");
  EXPECT_EQ(StatusOf("file:one", Opening()), NtStatus::kDeletePending);
  Close(stream);
  EXPECT_EQ(Describe(), "");
}

TEST_F(OverwriteTest, IsRefusedWhileAStreamIsOpenThatNobodyMayDelete) {
  MakeFull();
  Opening how;
  how.disposition = proto::kDispositionOpen;
  how.share = kShareRead | kShareWrite;
  const auto stream = Create("file:one", how);
  how.disposition = proto::kDispositionOverwrite;
  EXPECT_EQ(StatusOf("file", how), NtStatus::kSharingViolation);
  EXPECT_EQ(Describe(), "data :one :two Old=value");
  Close(stream);
}

TEST_F(CreationTest, NamesAreFoundWithoutRegardToCase) {
  Make("Some Name.TXT");
  EXPECT_TRUE(Exists("some name.txt"));
  Opening how;
  how.disposition = proto::kDispositionCreate;
  EXPECT_EQ(StatusOf("SOME NAME.txt", how), NtStatus::kObjectNameCollision);
}

TEST_F(CreationTest, TellsAMissingNameFromAMissingWay) {
  Opening how;
  how.disposition = proto::kDispositionOpen;
  EXPECT_EQ(StatusOf("none", how), NtStatus::kObjectNameNotFound);
  EXPECT_EQ(StatusOf("none\\below", how), NtStatus::kObjectPathNotFound);
  how.disposition = proto::kDispositionCreate;
  EXPECT_EQ(StatusOf("none\\below", how), NtStatus::kObjectPathNotFound);
}

TEST_F(CreationTest, DirectoriesAndFilesAreNotMistakenForEachOther) {
  MakeDirectory("dir");
  Make("file");
  Opening how;
  how.disposition = proto::kDispositionOpen;
  how.options = proto::kOptionNonDirectoryFile;
  EXPECT_EQ(StatusOf("dir", how), NtStatus::kFileIsADirectory);
  EXPECT_EQ(StatusOf("file", how), NtStatus::kOk);
  how.options = proto::kOptionDirectoryFile;
  EXPECT_EQ(StatusOf("file", how), NtStatus::kNotADirectory);
  EXPECT_EQ(StatusOf("dir", how), NtStatus::kOk);
  how.options = 0;
  EXPECT_EQ(StatusOf("dir", how), NtStatus::kOk) << "with data access, too";
  how.disposition = proto::kDispositionOverwriteIf;
  EXPECT_EQ(StatusOf("dir", how), NtStatus::kObjectNameCollision);
}

TEST_F(CreationTest, TheRootOpensByTheEmptyName) {
  Opening how;
  how.disposition = proto::kDispositionOpen;
  how.access = kGenericRead;
  CreateResult result;
  ASSERT_EQ(TryCreate("", how, &result), NtStatus::kOk);
  EXPECT_TRUE(result.open->directory);
  EXPECT_EQ(result.maximal_access & kDelete, 0u);
  Close(result.open);
}

TEST_F(CreationTest, GrantsWhatWasAskedFor) {
  Make("file");
  Opening how;
  how.access = kFileReadData | kSynchronize;
  auto open = Create("file", how);
  EXPECT_EQ(open->mode.access, kFileReadData | kSynchronize);
  Close(open);
  how.access = kMaximumAllowed;
  open = Create("file", how);
  EXPECT_EQ(open->mode.access, kFileAllAccess);
  Close(open);
}

TEST_F(CreationTest, ShareModesHoldAcrossOpens) {
  Opening alone;
  alone.share = 0;
  const auto open = Create("file", alone);
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kSharingViolation);
  Opening attributes;
  attributes.access = kFileReadAttributes;
  EXPECT_EQ(StatusOf("file", attributes), NtStatus::kOk);
  Close(open);
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kOk);
}

TEST_F(CreationTest, AnOverwriteIsAWriteToTheOthers) {
  Opening reader;
  reader.access = kFileReadData;
  reader.share = kShareRead;
  Make("file");
  const auto open = Create("file", reader);
  Opening how;
  how.access = kFileReadData;
  EXPECT_EQ(StatusOf("file", how), NtStatus::kOk);
  how.disposition = proto::kDispositionOverwrite;
  EXPECT_EQ(StatusOf("file", how), NtStatus::kSharingViolation);
  Close(open);
}

TEST_F(CreationTest, ReadOnlyFilesAreNotWritten) {
  Opening how;
  how.attributes = kAttributeReadOnly;
  const auto open = Create("file", how);
  EXPECT_TRUE(open->Granted(kFileWriteData)) << "the one who makes it may fill it";
  Close(open);
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kAccessDenied);
  Opening reader;
  reader.access = kFileGenericRead;
  EXPECT_EQ(StatusOf("file", reader), NtStatus::kOk);
  reader.access |= kDelete;
  reader.options = proto::kOptionDeleteOnClose;
  EXPECT_EQ(StatusOf("file", reader), NtStatus::kCannotDelete);
}

TEST_F(CreationTest, HiddenFilesAreOverwrittenOnlyAsHidden) {
  Opening how;
  how.attributes = kAttributeHidden;
  Close(Create("file", how));
  how.disposition = proto::kDispositionOverwrite;
  how.attributes = 0;
  EXPECT_EQ(StatusOf("file", how), NtStatus::kAccessDenied);
  how.attributes = kAttributeHidden;
  EXPECT_EQ(StatusOf("file", how), NtStatus::kOk);
}

TEST_F(CreationTest, FilesThatADotHidesAreOverwritten) {
  Make(".profile");
  Opening how;
  for (const uint32_t disposition : {proto::kDispositionOverwrite, proto::kDispositionOverwriteIf,
                                     proto::kDispositionSupersede}) {
    how.disposition = disposition;
    EXPECT_EQ(StatusOf(".profile", how), NtStatus::kOk) << disposition;
  }
  how.disposition = proto::kDispositionOpen;
  const auto open = Create(".profile", how);
  EXPECT_EQ(Metadata(*open).attributes, kAttributeArchive | kAttributeHidden);
  EXPECT_EQ(Metadata(*open).stored_attributes, kAttributeArchive);
  Close(open);
}

TEST_F(CreationTest, RemembersWhenItWasMade) {
  CreateResult result;
  ASSERT_EQ(TryCreate("file", Opening(), &result), NtStatus::kOk);
  const int64_t made = result.metadata.created;
  EXPECT_EQ(made, WallTime(clock_));
  Close(result.open);
  clock_.Advance(5'000'000'000);
  Opening how;
  how.disposition = proto::kDispositionOverwrite;
  ASSERT_EQ(TryCreate("file", how, &result), NtStatus::kOk);
  EXPECT_EQ(result.metadata.created, made);
  EXPECT_EQ(result.metadata.attributes, kAttributeArchive);
  Close(result.open);
}

TEST_F(CreationTest, DeleteOnCloseRemovesAtTheEnd) {
  Opening how;
  how.options = proto::kOptionDeleteOnClose;
  const auto first = Create("file", how);
  const auto second = Create("file");
  Close(first);
  EXPECT_EQ(StatusOf("file", Opening()), NtStatus::kDeletePending);
  Close(second);
  EXPECT_FALSE(Exists("file"));
}

TEST_F(CreationTest, AReadOnlyShareMakesNothing) {
  Make("file");
  const auto owner =
      std::make_shared<Volume>(backend_, nodes_, clock_, Volume::Options{"fixed", true});
  Volume& fixed = *owner;
  const std::vector<uint8_t> name = Wire("new");
  CreateParams params;
  params.who = &who_;
  params.name = name;
  params.desired_access = kFileGenericRead;
  params.share_access = 7;
  params.disposition = proto::kDispositionOpenIf;
  CreateResult result;
  EXPECT_EQ(runner_.Run(fixed.Create(params, &result)), NtStatus::kAccessDenied);
  const std::vector<uint8_t> present = Wire("file");
  params.name = present;
  params.desired_access = kMaximumAllowed;
  ASSERT_EQ(runner_.Run(fixed.Create(params, &result)), NtStatus::kOk);
  EXPECT_FALSE(result.open->Granted(kFileWriteData | kDelete | kFileWriteAttributes));
  Close(result.open);
}

TEST_F(CreationTest, TwoCreatesOfOneNameMakeItOnce) {
  const std::vector<uint8_t> name = Wire("file");
  CreateParams params;
  params.who = &who_;
  params.name = name;
  params.desired_access = kFileAllAccess;
  params.disposition = proto::kDispositionCreate;
  CreateResult results[2];
  const NtStatus first = runner_.Run(volume_.Create(params, &results[0]));
  const NtStatus second = runner_.Run(volume_.Create(params, &results[1]));
  EXPECT_EQ(first, NtStatus::kOk);
  EXPECT_EQ(second, NtStatus::kObjectNameCollision);
  Close(results[0].open);
}

// A share whose storage counts, and what it costs to make files in it.
class CountedCreationTest : public CreationTest {
 protected:
  NtStatus CreateCounted(absl::string_view name, uint32_t disposition, CreateResult* result) {
    const std::vector<uint8_t> utf16 = Wire(name);
    CreateParams params;
    params.who = &who_;
    params.name = utf16;
    params.desired_access = kFileAllAccess;
    params.share_access = 7;
    params.disposition = disposition;
    const NtStatus status = runner_.Run(counted_.Create(params, result));
    if (status == NtStatus::kOk) Close(result->open);
    return status;
  }
  // Some other program's doing.
  void MakeBehindOurBack(const std::string& name) {
    storage::OpenFlags flags;
    flags.read = flags.write = flags.create = flags.exclusive = true;
    auto file = runner_.Run(backend_->Open(who_, name, flags));
    ASSERT_TRUE(file.ok());
    runner_.Do([&] { file.value().reset(); });
  }

  const std::shared_ptr<CountingBackend> counting_owner_ =
      std::make_shared<CountingBackend>(*backend_);
  CountingBackend& counting_ = *counting_owner_;
  const std::shared_ptr<Volume> counted_owner_ =
      std::make_shared<Volume>(counting_owner_, nodes_, clock_, Volume::Options{"counted", false});
  Volume& counted_ = *counted_owner_;
};

TEST_F(CountedCreationTest, ANameThatIsKnownToBeMissingIsNotLookedFor) {
  CreateResult result;
  ASSERT_EQ(CreateCounted("first", proto::kDispositionOpenIf, &result), NtStatus::kOk);
  for (const uint32_t disposition :
       {proto::kDispositionCreate, proto::kDispositionOpenIf, proto::kDispositionOverwriteIf,
        proto::kDispositionSupersede}) {
    const int before = counting_.opens();
    const std::string name = "new" + std::to_string(disposition);
    ASSERT_EQ(CreateCounted(name, disposition, &result), NtStatus::kOk);
    EXPECT_EQ(result.action, proto::kActionCreated);
    EXPECT_EQ(counting_.opens(), before + 2) << "the directory and the file, " << disposition;
  }
  // And what is there is opened at once.
  const int before = counting_.opens();
  ASSERT_EQ(CreateCounted("first", proto::kDispositionOpenIf, &result), NtStatus::kOk);
  EXPECT_EQ(counting_.opens(), before + 1);
  EXPECT_EQ(CreateCounted("FIRST", proto::kDispositionCreate, &result),
            NtStatus::kObjectNameCollision);
}

TEST_F(CountedCreationTest, AFileThatAnotherProgramMadeMeanwhileIsThere) {
  CreateResult result;
  ASSERT_EQ(CreateCounted("first", proto::kDispositionOpenIf, &result), NtStatus::kOk);
  const struct {
    uint32_t disposition;
    NtStatus status;
    uint32_t action;
  } rows[] = {
      {proto::kDispositionCreate, NtStatus::kObjectNameCollision, 0},
      {proto::kDispositionOpenIf, NtStatus::kOk, proto::kActionOpened},
      {proto::kDispositionOverwriteIf, NtStatus::kOk, proto::kActionOverwritten},
      {proto::kDispositionSupersede, NtStatus::kOk, proto::kActionSuperseded},
  };
  for (const auto& row : rows) {
    const std::string name = "foreign" + std::to_string(row.disposition);
    MakeBehindOurBack(name);
    CreateResult made;
    EXPECT_EQ(CreateCounted(name, row.disposition, &made), row.status) << name;
    EXPECT_EQ(made.action, row.action) << name;
  }
  EXPECT_EQ(nodes_.size(), 0u);
}

}  // namespace
}  // namespace sluice::fs

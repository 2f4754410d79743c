#include "server/fs/change_watches.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/smb2/change_notify.h"
#include "server/base/limits.h"
#include "tests/server/fs/volume_fixture.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

constexpr uint32_t kNames = proto::kNotifyFileName | proto::kNotifyDirName;
constexpr uint32_t kAll = proto::kNotifyValidMask;

// "+a" added, "-a" removed, "*a" modified, "<a" old name, ">a" new name, "{a" "}a" "~a" streams.
std::string Text(const proto::NotifyEntry& entry) {
  std::string name;
  EXPECT_TRUE(proto::Utf16ToUtf8(entry.name, &name));
  return absl::StrCat(std::string(1, "?+-*<>{}~"[static_cast<size_t>(entry.action)]), name);
}

class ChangeWatchesTest : public VolumeTest {
 protected:
  void SetUp() override {
    MakeDirectory("dir");
    MakeDirectory("dir\\sub");
    directory_ = OpenDirectory("dir");
  }
  void TearDown() override {
    if (!directory_->closed) Close(directory_);
  }
  // For listing only: with the right to delete it nothing could be moved into it.
  std::shared_ptr<OpenFile> OpenDirectory(absl::string_view name, uint32_t more_options = 0) {
    Opening how;
    how.disposition = proto::kDispositionOpen;
    how.options = proto::kOptionDirectoryFile | more_options;
    how.access = kFileReadData | (more_options != 0 ? kDelete : 0);
    return Create(name, how);
  }
  void Watch(uint32_t filter, bool tree = false, size_t buffer_bytes = 4096) {
    volume_.Watch(*directory_, {filter, tree, buffer_bytes});
  }
  // A request that does not wait.
  std::optional<NtStatus> Ask(size_t buffer_bytes = 4096) {
    seen_.clear();
    ChangeWait wait(volume_.watches(), volume_.Watch(*directory_, {}), buffer_bytes);
    if (!wait.TryFinish()) return std::nullopt;
    Take(wait);
    return wait.status();
  }
  // One that must have to wait; `then` happens meanwhile.
  template <typename F>
  NtStatus AskAnd(F then) {
    seen_.clear();
    runner_.loop().Post([this, then] { runner_.loop().Post(then); });
    return runner_.Run(Await());
  }
  ring::Task<NtStatus> Await() {
    ChangeWait wait(volume_.watches(), volume_.Watch(*directory_, {}), 4096);
    EXPECT_FALSE(wait.TryFinish());
    wait_ = &wait;
    co_await wait;
    wait_ = nullptr;
    Take(wait);
    co_return wait.status();
  }
  void Take(const ChangeWait& wait) {
    for (const proto::NotifyEntry& entry : wait.entries()) seen_.push_back(Text(entry));
  }
  using Texts = std::vector<std::string>;

  std::shared_ptr<OpenFile> directory_;
  ChangeWait* wait_ = nullptr;
  Texts seen_;
};

TEST_F(ChangeWatchesTest, CollectsFromTheFirstRequestOn) {
  Make("dir\\early");
  EXPECT_EQ(volume_.watches().any(), false);
  Watch(kNames);
  EXPECT_EQ(Ask(), std::nullopt);
  Make("dir\\file");
  MakeDirectory("dir\\directory");
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, (Texts{"+file", "+directory"}));
  EXPECT_EQ(Ask(), std::nullopt);
}

TEST_F(ChangeWatchesTest, TermsOfTheFirstRequestHold) {
  Watch(proto::kNotifyDirName);
  Watch(kAll, true);
  Make("dir\\file");
  MakeDirectory("dir\\sub\\below");
  EXPECT_EQ(Ask(), std::nullopt);
  MakeDirectory("dir\\beside");
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, Texts{"+beside"});
}

TEST_F(ChangeWatchesTest, TreeIsTheDirectoriesBelowAndNoOthers) {
  Watch(kNames, true);
  MakeDirectory("dir2");
  Make("dir2\\file");
  Make("file");
  Make("dir\\sub\\deep");
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, Texts{"+sub\\deep"});
}

TEST_F(ChangeWatchesTest, DirectoryItselfIsNotReported) {
  Watch(kAll, true);
  BasicChange change;
  change.attributes = kAttributeHidden;
  EXPECT_EQ(runner_.Run(volume_.SetBasic(*directory_, change)), NtStatus::kOk);
  EXPECT_EQ(Ask(), std::nullopt);
}

TEST_F(ChangeWatchesTest, RootIsWatchedLikeAnyDirectory) {
  Close(directory_);
  directory_ = OpenDirectory("");
  Watch(kNames, true);
  Make("dir\\file");
  Make("top");
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, (Texts{"+dir\\file", "+top"}));
}

TEST_F(ChangeWatchesTest, EveryKindOfChangeHasItsFilter) {
  const auto attributes = [this](uint32_t value) {
    const std::shared_ptr<OpenFile> file = Create("dir\\file");
    BasicChange change;
    change.attributes = value;
    EXPECT_EQ(runner_.Run(volume_.SetBasic(*file, change)), NtStatus::kOk);
    Close(file);
  };
  const auto time = [this](std::optional<int64_t> BasicChange::*which) {
    const std::shared_ptr<OpenFile> file = Create("dir\\file");
    BasicChange change;
    change.*which = 1'000'000;
    EXPECT_EQ(runner_.Run(volume_.SetBasic(*file, change)), NtStatus::kOk);
    Close(file);
  };
  const auto write = [this] {
    const std::shared_ptr<OpenFile> file = Create("dir\\file");
    Write(*file, "data");
    EXPECT_EQ(Ask(), std::nullopt);  // not before it closes
    Close(file);
  };
  const auto size = [this] {
    const std::shared_ptr<OpenFile> file = Create("dir\\file");
    EXPECT_EQ(runner_.Run(volume_.SetEndOfFile(*file, 100)), NtStatus::kOk);
    Close(file);
  };
  const auto ea = [this] {
    const std::shared_ptr<OpenFile> file = Create("dir\\file");
    const std::vector<proto::EaEntry> eas = {{0, "one", "1"}};
    EXPECT_EQ(runner_.Run(volume_.SetEas(*file, eas)), NtStatus::kOk);
    Close(file);
  };
  const auto security = [this] {
    const std::shared_ptr<OpenFile> file = Create("dir\\file");
    std::string descriptor;
    EXPECT_EQ(runner_.Run(volume_.GetSecurity(*file, kDaclSecurityInformation, &descriptor)),
              NtStatus::kOk);
    EXPECT_EQ(runner_.Run(volume_.SetSecurity(*file, descriptor, kDaclSecurityInformation)),
              NtStatus::kOk);
    Close(file);
  };
  const auto overwrite = [this] {
    Opening how;
    how.disposition = proto::kDispositionOverwrite;
    how.attributes = kAttributeHidden;  // as it is
    Close(Create("dir\\file", how));
  };
  const struct {
    const char* what;
    std::function<void()> change;
    uint32_t filter;
  } kCases[] = {
      {"attributes", [&] { attributes(kAttributeHidden); }, proto::kNotifyAttributes},
      {"creation time", [&] { time(&BasicChange::created); }, proto::kNotifyCreation},
      {"access time", [&] { time(&BasicChange::accessed); }, proto::kNotifyLastAccess},
      {"write time", [&] { time(&BasicChange::modified); }, proto::kNotifyLastWrite},
      {"write", write, proto::kNotifyLastWrite | proto::kNotifySize},
      {"size", size, proto::kNotifyLastWrite | proto::kNotifySize},
      {"overwriting", overwrite,
       proto::kNotifyLastWrite | proto::kNotifySize | proto::kNotifyAttributes},
      {"extended attributes", ea, proto::kNotifyEa},
      {"security", security, proto::kNotifySecurity},
  };
  Make("dir\\file");
  for (const auto& test : kCases) {
    for (uint32_t bit = 1; bit <= kAll; bit <<= 1) {
      Close(directory_);
      directory_ = OpenDirectory("dir");
      Watch(bit);
      test.change();
      const std::optional<NtStatus> status = Ask();
      EXPECT_EQ(status.has_value(), (test.filter & bit) != 0) << test.what << " " << bit;
      EXPECT_TRUE(!status.has_value() || seen_ == Texts{"*file"}) << test.what;
    }
  }
}

TEST_F(ChangeWatchesTest, ThingsToldTwiceInARowAreToldOnce) {
  Make("dir\\file");
  Watch(kAll);
  for (int i = 0; i < 3; ++i) {
    const std::shared_ptr<OpenFile> file = Create("dir\\file");
    Write(*file, "data");
    Close(file);
  }
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, Texts{"*file"});
}

TEST_F(ChangeWatchesTest, RemovalIsToldWhenTheNameGoes) {
  Make("dir\\file");
  Watch(kNames, true);
  const std::shared_ptr<OpenFile> file = Create("dir\\file");
  EXPECT_EQ(SetDeletePending(*file, true), NtStatus::kOk);
  EXPECT_EQ(Ask(), std::nullopt);
  Close(file);
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, Texts{"-file"});
}

TEST_F(ChangeWatchesTest, RenameTellsBothNamesAtOnce) {
  Make("dir\\file");
  Watch(kNames, true);
  std::shared_ptr<OpenFile> file = Create("dir\\file");
  EXPECT_EQ(Rename(*file, "dir\\other"), NtStatus::kOk);
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, (Texts{"<file", ">other"}));
  EXPECT_EQ(Rename(*file, "dir\\sub\\other"), NtStatus::kOk);
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, (Texts{"-other", "+sub\\other"}));
  EXPECT_EQ(Rename(*file, "outside"), NtStatus::kOk);
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, Texts{"-sub\\other"});
  Close(file);
}

TEST_F(ChangeWatchesTest, RenameOverAnotherTellsThatItIsGone) {
  Make("dir\\file");
  Make("dir\\victim");
  Watch(kNames);
  const std::shared_ptr<OpenFile> file = Create("dir\\file");
  EXPECT_EQ(Rename(*file, "dir\\victim", true), NtStatus::kOk);
  Close(file);
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, (Texts{"-victim", "<file", ">victim"}));
}

TEST_F(ChangeWatchesTest, StreamsHaveFiltersOfTheirOwn) {
  Make("dir\\file");
  Watch(proto::kNotifyStreamName | proto::kNotifyStreamSize);
  const std::shared_ptr<OpenFile> stream = Create("dir\\file:notes");
  Write(*stream, "data");
  EXPECT_EQ(SetDeletePending(*stream, true), NtStatus::kOk);
  Close(stream);
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, (Texts{"{file:notes", "}file:notes"}));
  const std::shared_ptr<OpenFile> again = Create("dir\\file:notes");
  Write(*again, "data");
  Close(again);
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, (Texts{"{file:notes", "~file:notes"}));
}

TEST_F(ChangeWatchesTest, FailedCreateIsNotTold) {
  Watch(kAll);
  Opening how;
  how.options = proto::kOptionDeleteOnClose;
  how.attributes = kAttributeReadOnly;
  EXPECT_EQ(StatusOf("dir\\file", how), NtStatus::kCannotDelete);
  EXPECT_EQ(Ask(), std::nullopt);
}

TEST_F(ChangeWatchesTest, TooMuchForTheBufferMakesTheClientLook) {
  Watch(kNames, false, 3 * proto::NotifyEntryBytes(2));
  for (const char* name : {"dir\\a", "dir\\b", "dir\\c"}) Make(name);
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_.size(), 3u);
  for (const char* name : {"dir\\d", "dir\\e", "dir\\f", "dir\\g", "dir\\h"}) Make(name);
  EXPECT_EQ(Ask(), NtStatus::kNotifyEnumDir);
  EXPECT_TRUE(seen_.empty());
  // And from there on as before.
  Make("dir\\i");
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, Texts{"+i"});
}

TEST_F(ChangeWatchesTest, RequestWithLessRoomLosesWhatDoesNotFit) {
  Watch(kNames);
  Make("dir\\a");
  EXPECT_EQ(Ask(proto::NotifyEntryBytes(2) - 1), NtStatus::kNotifyEnumDir);
  EXPECT_EQ(Ask(), std::nullopt);
  Make("dir\\b");
  EXPECT_EQ(Ask(proto::NotifyEntryBytes(2)), NtStatus::kOk);
}

TEST_F(ChangeWatchesTest, ShareHoldsNoMoreThanItsLimit) {
  constexpr size_t kWatches = limits::notify_buffered_bytes_max / limits::notify_buffer_bytes_max;
  ChangeWatches watches;
  std::vector<std::shared_ptr<ChangeWatch>> all;
  for (size_t i = 0; i <= kWatches; ++i) all.push_back(watches.Add("", {kAll, true, ~size_t{0}}));
  const std::string name(255, 'x');
  const size_t bytes = proto::NotifyEntryBytes(2 * (name.size() + 5));
  const size_t entries = limits::notify_buffer_bytes_max / bytes;
  for (size_t i = 0; i < entries; ++i) {
    watches.Report(kAll, proto::NotifyAction::kAdded, absl::StrCat(10000 + i, name));
  }
  // The last watch fits only as far as entries leave room for one more; then one is too many.
  watches.Report(kAll, proto::NotifyAction::kAdded, absl::StrCat(20000, name));
  size_t lost = 0;
  for (const std::shared_ptr<ChangeWatch>& watch : all) {
    ChangeWait wait(watches, watch, ~size_t{0});
    EXPECT_TRUE(wait.TryFinish());
    lost += wait.status() == NtStatus::kNotifyEnumDir ? 1 : 0;
    watches.Remove(watch);
  }
  EXPECT_EQ(lost, all.size());
  EXPECT_FALSE(watches.any());
}

TEST_F(ChangeWatchesTest, WaitsUntilSomethingChanges) {
  Watch(kNames);
  EXPECT_EQ(AskAnd([this] {
              volume_.watches().Report(proto::kNotifyFileName, proto::NotifyAction::kAdded,
                                       "dir/file");
            }),
            NtStatus::kOk);
  EXPECT_EQ(seen_, Texts{"+file"});
}

TEST_F(ChangeWatchesTest, WaitIsCancelledAndTheWatchGoesOn) {
  Watch(kNames);
  EXPECT_EQ(AskAnd([this] { wait_->Cancel(); }), NtStatus::kCancelled);
  Make("dir\\file");
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, Texts{"+file"});
}

TEST_F(ChangeWatchesTest, CloseCleansUp) {
  Watch(kNames);
  EXPECT_EQ(AskAnd([this] { volume_.watches().Remove(directory_->watch); }),
            NtStatus::kNotifyCleanup);
  EXPECT_EQ(Ask(), NtStatus::kNotifyCleanup);
  EXPECT_FALSE(volume_.watches().any());
}

TEST_F(ChangeWatchesTest, DirectoryThatIsToGoIsPendingUntilItStays) {
  Close(directory_);
  MakeDirectory("dir\\empty");
  directory_ = OpenDirectory("dir\\empty");
  Watch(kNames);
  Opening how;
  how.options = proto::kOptionDirectoryFile;
  const std::shared_ptr<OpenFile> other = Create("dir\\empty", how);
  EXPECT_EQ(SetDeletePending(*other, true), NtStatus::kOk);
  EXPECT_EQ(Ask(), NtStatus::kDeletePending);
  EXPECT_EQ(SetDeletePending(*other, false), NtStatus::kOk);
  EXPECT_EQ(AskAnd([this] { volume_.watches().SetGoing("dir/empty", true); }),
            NtStatus::kDeletePending);
  Close(other);
}

TEST_F(ChangeWatchesTest, DeleteOnCloseOfAnotherOpenEndsTheWait) {
  Close(directory_);
  MakeDirectory("dir\\empty");
  directory_ = OpenDirectory("dir\\empty");
  Watch(kNames);
  const std::shared_ptr<OpenFile> other = OpenDirectory("dir\\empty", proto::kOptionDeleteOnClose);
  EXPECT_EQ(Ask(), std::nullopt);
  Close(other);
  EXPECT_EQ(Ask(), NtStatus::kDeletePending);
}

TEST_F(ChangeWatchesTest, WatchGoesWithItsDirectory) {
  Watch(kNames);
  Opening how;
  how.options = proto::kOptionDirectoryFile;
  const std::shared_ptr<OpenFile> other = Create("dir", how);
  EXPECT_EQ(Rename(*other, "moved"), NtStatus::kOk);
  Close(other);
  Make("moved\\file");
  EXPECT_EQ(Ask(), NtStatus::kOk);
  EXPECT_EQ(seen_, Texts{"+file"});
}

}  // namespace
}  // namespace sluice::fs

#include "server/fs/path_resolver.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/fs/counting_backend.h"
#include "tests/server/storage/run_on_loop.h"
#include "tests/server/storage/test_share.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;
using storage::FileType;
using storage::MemoryShare;
using storage::OpenFlags;
using storage::PosixShare;

template <typename Share>
class PathResolverTest : public testing::Test {
 protected:
  template <typename T>
  T Await(ring::Task<T> task) {
    return runner_.Run(std::move(task));
  }
  void MakeFile(absl::string_view path) {
    OpenFlags flags;
    flags.write = flags.create = true;
    auto opened = Await(share_.backend().Open(who_, path, flags));
    ASSERT_TRUE(opened.ok()) << path;
    runner_.Do([&] { opened.value().reset(); });
  }
  void MakeDirectory(absl::string_view path) {
    ASSERT_EQ(Await(share_.backend().MakeDirectory(who_, path, 0755)), 0);
  }
  void MakeSymlink(absl::string_view target, absl::string_view path) {
    ASSERT_EQ(Await(share_.backend().MakeSymlink(who_, target, path)), 0);
  }
  void Remove(absl::string_view path) {
    ASSERT_EQ(Await(share_.backend().Remove(who_, path, false)), 0);
  }
  Resolution Find(absl::string_view path, bool no_follow = false) {
    return Await(resolver_.Find(who_, path, no_follow));
  }
  // Opens and closes.
  Resolution Open(absl::string_view path, OpenFlags flags) {
    Resolution resolution = Await(resolver_.Open(who_, path, flags));
    EXPECT_EQ(resolution.file != nullptr, resolution.status == NtStatus::kOk) << path;
    runner_.Do([&] { resolution.file.reset(); });
    return resolution;
  }
  static OpenFlags Read(bool directory = false) {
    OpenFlags flags;
    flags.read = true;
    flags.directory = directory;
    return flags;
  }
  // The spelling on disk, or the status.
  std::string Spelling(absl::string_view path) {
    const Resolution found = Find(path);
    return found.status == NtStatus::kOk ? found.path : proto::Name(found.status);
  }
  // Lets the directories' times become old enough to be relied on.
  void Settle() { clock_.AdvanceMillis(1000); }

  storage::LoopRunner runner_;
  Share share_;
  CountingBackend backend_{share_.backend()};
  // Ahead of the files' times, so that these are old at once.
  struct LateClock final : base::Clock {
    uint64_t MonotonicNanos() const override { return nanos; }
    int64_t WallNanos() const override { return int64_t{4'000'000'000} * 1'000'000'000; }
    void AdvanceMillis(uint64_t millis) { nanos += millis * 1'000'000; }
    uint64_t nanos = 1;
  } clock_;
  PathResolver resolver_{backend_, clock_};
  base::Identity who_;
};

using Shares = testing::Types<PosixShare, MemoryShare>;
TYPED_TEST_SUITE(PathResolverTest, Shares);

TYPED_TEST(PathResolverTest, AnExactNameIsOneOpen) {
  this->MakeDirectory("dir");
  this->MakeFile("dir/file");
  const int before = this->backend_.opens();
  const Resolution found = this->Open("dir/file", this->Read());
  EXPECT_EQ(found.status, NtStatus::kOk);
  EXPECT_EQ(found.path, "dir/file");
  EXPECT_EQ(found.stat.type, FileType::kRegular);
  EXPECT_EQ(this->backend_.opens(), before + 1);
  EXPECT_EQ(this->backend_.directory_reads(), 0);
}

TYPED_TEST(PathResolverTest, KnowsWhatIsMissingOnlyWhereItHasLooked) {
  const auto known = [this](absl::string_view path) {
    return this->Await(this->resolver_.KnownMissing(this->who_, path));
  };
  this->MakeDirectory("dir");
  this->MakeFile("dir/There");
  EXPECT_FALSE(known("dir/new")) << "nobody has looked";
  EXPECT_EQ(this->Find("dir/new").status, NtStatus::kObjectNameNotFound);
  EXPECT_TRUE(known("dir/new"));
  EXPECT_TRUE(known("dir/NEW"));
  EXPECT_FALSE(known("dir/there"));
  EXPECT_FALSE(known("DIR/new")) << "no directory of this spelling";
  EXPECT_FALSE(known(""));
  this->resolver_.set_case_sensitive(true);
  EXPECT_FALSE(known("dir/new"));
  this->resolver_.set_case_sensitive(false);
  // What the directory's times tell counts more than what is remembered of it.
  this->MakeFile("dir/new");
  EXPECT_FALSE(known("dir/new"));
  EXPECT_EQ(this->Spelling("dir/NEW"), "dir/new");
  EXPECT_FALSE(known("dir/new"));
}

TYPED_TEST(PathResolverTest, FindsOtherSpellings) {
  this->MakeDirectory("Dir");
  this->MakeDirectory("Dir/Größe");
  this->MakeFile("Dir/Größe/ReadMe.TXT");
  EXPECT_EQ(this->Spelling("Dir/Größe/readme.txt"), "Dir/Größe/ReadMe.TXT");
  EXPECT_EQ(this->Spelling("DIR/GRÖßE/README.txt"), "Dir/Größe/ReadMe.TXT");
  EXPECT_EQ(this->Spelling("dir"), "Dir");
  EXPECT_EQ(this->Spelling(""), "");
  const Resolution opened = this->Open("dir/größe/readme.txt", this->Read());
  EXPECT_EQ(opened.status, NtStatus::kOk);
  EXPECT_EQ(opened.path, "Dir/Größe/ReadMe.TXT");
}

TYPED_TEST(PathResolverTest, TheExactNameGoesFirst) {
  this->MakeFile("file");
  this->MakeFile("FILE");
  this->MakeFile("File");
  EXPECT_EQ(this->Spelling("file"), "file");
  EXPECT_EQ(this->Spelling("FILE"), "FILE");
  EXPECT_EQ(this->Spelling("File"), "File");
}

TYPED_TEST(PathResolverTest, TellsAMissingNameFromAMissingPath) {
  this->MakeDirectory("Dir");
  this->MakeFile("Dir/file");
  Resolution missing = this->Find("dir/New");
  EXPECT_EQ(missing.status, NtStatus::kObjectNameNotFound);
  EXPECT_TRUE(missing.can_create);
  EXPECT_EQ(missing.path, "Dir/New");
  missing = this->Open("New", this->Read());
  EXPECT_EQ(missing.status, NtStatus::kObjectNameNotFound);
  EXPECT_TRUE(missing.can_create);
  EXPECT_EQ(missing.path, "New");
  for (const char* path :
       {"no/file", "Dir/no/file", "dir/no/file", "Dir/file/x", "dir/FILE/x", "Dir/file/x/y"}) {
    EXPECT_EQ(this->Find(path).status, NtStatus::kObjectPathNotFound) << path;
    EXPECT_EQ(this->Open(path, this->Read()).status, NtStatus::kObjectPathNotFound) << path;
    EXPECT_EQ(this->Open(path, this->Read(true)).status, NtStatus::kObjectPathNotFound) << path;
  }
}

TYPED_TEST(PathResolverTest, OpenTellsTheWrongKind) {
  this->MakeDirectory("Dir");
  this->MakeFile("File");
  EXPECT_EQ(this->Open("File", this->Read(true)).status, NtStatus::kNotADirectory);
  EXPECT_EQ(this->Open("file", this->Read(true)).status, NtStatus::kNotADirectory);
  OpenFlags write;
  write.write = true;
  EXPECT_EQ(this->Open("Dir", write).status, NtStatus::kFileIsADirectory);
  EXPECT_EQ(this->Open("dir", write).status, NtStatus::kFileIsADirectory);
  EXPECT_EQ(this->Open("dir", this->Read(true)).status, NtStatus::kOk);
}

TYPED_TEST(PathResolverTest, FollowsLinksInside) {
  this->MakeDirectory("Dir");
  this->MakeFile("Dir/File");
  this->MakeSymlink("Dir", "Link");
  this->MakeSymlink("Dir/File", "FileLink");
  EXPECT_EQ(this->Spelling("link/file"), "Link/File");
  EXPECT_EQ(this->Find("filelink").stat.type, FileType::kRegular);
  EXPECT_EQ(this->Find("filelink", true).stat.type, FileType::kSymlink);
  EXPECT_EQ(this->Find("FileLink", true).stat.type, FileType::kSymlink);
}

TYPED_TEST(PathResolverTest, StopsAtLinksThatLeadNowhereOrOut) {
  this->MakeDirectory("dir");
  this->MakeSymlink("../nowhere", "dir/Broken");
  this->MakeSymlink("../../outside/file", "dir/Out");
  this->MakeSymlink("/etc/passwd", "dir/Absolute");
  this->MakeSymlink("Loop2", "dir/Loop1");
  this->MakeSymlink("Loop1", "dir/Loop2");
  const struct {
    const char* name;
    const char* on_disk;
    const char* target;
  } rows[] = {{"Broken", "dir/Broken", "../nowhere"},      {"Out", "dir/Out", "../../outside/file"},
              {"Absolute", "dir/Absolute", "/etc/passwd"}, {"Loop1", "dir/Loop1", "Loop2"},
              {"broken", "dir/Broken", "../nowhere"},      {"OUT", "dir/Out", "../../outside/file"},
              {"absolute", "dir/Absolute", "/etc/passwd"}, {"loop1", "dir/Loop1", "Loop2"}};
  for (const bool sensitive : {false, true}) {
    this->resolver_.set_case_sensitive(sensitive);
    for (const auto& row : rows) {
      const std::string path = absl::StrCat("dir/", row.name);
      if (sensitive && path != row.on_disk) continue;
      for (const char* rest : {"", "x", "x/Y"}) {
        const std::string whole = *rest == '\0' ? path : absl::StrCat(path, "/", rest);
        const Resolution found = this->Find(whole);
        EXPECT_EQ(found.status, NtStatus::kStoppedOnSymlink) << whole;
        EXPECT_EQ(found.path, row.on_disk) << whole;
        EXPECT_EQ(found.link_target, row.target) << whole;
        EXPECT_EQ(found.unparsed, rest) << whole;
        EXPECT_FALSE(found.can_create) << whole;
        EXPECT_EQ(this->Open(whole, this->Read()).status, NtStatus::kStoppedOnSymlink) << whole;
      }
      EXPECT_EQ(this->Find(path, true).status, NtStatus::kOk) << path;
    }
  }
}

TYPED_TEST(PathResolverTest, StopsAtALastLinkThatIsNotToBeFollowed) {
  this->MakeDirectory("Dir");
  this->MakeFile("Dir/File");
  this->MakeSymlink("Dir", "DirLink");
  this->MakeSymlink("Dir/File", "FileLink");
  this->MakeSymlink("DirLink/File", "Far");
  for (const char* name : {"DirLink", "FileLink", "Far", "dirlink", "filelink", "FAR"}) {
    for (const bool directory : {false, true}) {
      OpenFlags flags = this->Read(directory);
      flags.no_follow = true;
      const Resolution found = this->Open(name, flags);
      EXPECT_EQ(found.status, NtStatus::kStoppedOnSymlink) << name << directory;
      EXPECT_EQ(found.unparsed, "") << name;
      flags.read = false;
      flags.path_only = true;
      const Resolution itself = this->Open(name, flags);
      EXPECT_EQ(itself.status, directory ? NtStatus::kStoppedOnSymlink : NtStatus::kOk) << name;
    }
  }
  // On the way they are followed.
  OpenFlags flags = this->Read();
  flags.no_follow = true;
  EXPECT_EQ(this->Open("DirLink/File", flags).status, NtStatus::kOk);
  EXPECT_EQ(this->Open("dirlink/file", flags).status, NtStatus::kOk);
}

TYPED_TEST(PathResolverTest, FindsTheNamesShownForIllegalOnes) {
  this->MakeFile("a:b");
  EXPECT_EQ(this->Spelling("A4WTMA~A"), "a:b");
  EXPECT_EQ(this->Spelling("a4wtma~a"), "a:b");
}

TYPED_TEST(PathResolverTest, MissesInADirectoryReadItOnce) {
  this->MakeDirectory("dir");
  for (int i = 0; i < 50; ++i) this->MakeFile(absl::StrCat("dir/File", i));
  this->Settle();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(this->Find(absl::StrCat("dir/no", i)).status, NtStatus::kObjectNameNotFound);
    EXPECT_EQ(this->Spelling(absl::StrCat("dir/FILE", i)), absl::StrCat("dir/File", i));
  }
  EXPECT_EQ(this->backend_.directory_reads(), 1);
}

TYPED_TEST(PathResolverTest, SeesWhatOthersChange) {
  this->MakeDirectory("dir");
  this->MakeFile("dir/Old");
  this->Settle();
  EXPECT_EQ(this->Spelling("dir/old"), "dir/Old");
  // Slow machines' file times tick seldom.
  ::usleep(TypeParam::kOnDisk ? 20'000 : 0);
  this->MakeFile("dir/New");
  this->Remove("dir/Old");
  EXPECT_EQ(this->Spelling("dir/new"), "dir/New");
  EXPECT_EQ(this->Spelling("dir/old"), "STATUS_OBJECT_NAME_NOT_FOUND");
}

TYPED_TEST(PathResolverTest, OwnChangesDoNotReadTheDirectoryAgain) {
  this->MakeDirectory("dir");
  EXPECT_TRUE(this->Find("dir/First").can_create);
  const int before = this->backend_.directory_reads();
  for (int i = 0; i < 50; ++i) {
    const std::string path = absl::StrCat("dir/File", i);
    EXPECT_TRUE(this->Find(path).can_create);
    this->MakeFile(path);
    this->resolver_.NoteCreated(path);
    EXPECT_EQ(this->Spelling(absl::StrCat("dir/FILE", i)), path);
  }
  for (int i = 0; i < 50; i += 2) {
    const std::string path = absl::StrCat("dir/File", i);
    this->Remove(path);
    this->resolver_.NoteRemoved(path);
    EXPECT_TRUE(this->Find(absl::StrCat("dir/FILE", i)).can_create);
  }
  EXPECT_EQ(this->backend_.directory_reads(), before);
  // But not for ever.
  this->clock_.AdvanceMillis(1500);
  EXPECT_TRUE(this->Find("dir/other").can_create);
  EXPECT_EQ(this->backend_.directory_reads(), before + 1);
}

TYPED_TEST(PathResolverTest, AStaleNameIsLookedUpAgain) {
  this->MakeDirectory("dir");
  this->MakeFile("dir/Name");
  this->Settle();
  EXPECT_EQ(this->Spelling("dir/name"), "dir/Name");
  this->MakeFile("dir/own");
  this->resolver_.NoteCreated("dir/own");
  // Behind its back, while own changes hide the directory's times.
  this->Remove("dir/Name");
  this->MakeFile("dir/NAME");
  EXPECT_EQ(this->Spelling("dir/name"), "dir/NAME");
}

class PosixResolverTest : public PathResolverTest<PosixShare> {};

TEST_F(PosixResolverTest, SpecialFilesAreDenied) {
  ASSERT_EQ(::mkfifo((share_.path() + "/Fifo").c_str(), 0666), 0);
  EXPECT_EQ(Find("Fifo").status, NtStatus::kAccessDenied);
  EXPECT_EQ(Open("fifo", Read()).status, NtStatus::kAccessDenied);
}

TEST_F(PosixResolverTest, WithoutTheRightToReadADirectoryExactNamesAreFound) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  MakeDirectory("dir");
  MakeFile("dir/Known");
  ASSERT_EQ(::chmod(share_.outside().c_str(), 0755), 0);
  ASSERT_EQ(::chmod((share_.path() + "/dir").c_str(), 0711), 0);
  who_.uid = who_.gid = 65534;
  EXPECT_EQ(Find("dir/Known").status, NtStatus::kOk);
  EXPECT_EQ(Find("dir/known").status, NtStatus::kObjectNameNotFound);
  ASSERT_EQ(::chmod((share_.path() + "/dir").c_str(), 0700), 0);
  EXPECT_EQ(Find("dir/Known").status, NtStatus::kAccessDenied);
}

}  // namespace
}  // namespace sluice::fs

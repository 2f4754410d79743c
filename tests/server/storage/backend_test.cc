// What every backend does alike.
#include "server/storage/backend.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/storage/run_on_loop.h"
#include "tests/server/storage/test_share.h"

namespace sluice::storage {
namespace {

OpenFlags Flags(const char* letters) {
  OpenFlags flags;
  for (; *letters != '\0'; ++letters) {
    switch (*letters) {
      case 'r':
        flags.read = true;
        break;
      case 'w':
        flags.write = true;
        break;
      case 'c':
        flags.create = true;
        break;
      case 'x':
        flags.exclusive = true;
        break;
      case 'd':
        flags.directory = true;
        break;
      case 'p':
        flags.path_only = true;
        break;
      case 'n':
        flags.no_follow = true;
        break;
    }
  }
  return flags;
}

absl::Span<const uint8_t> Bytes(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

template <typename Share>
class BackendTest : public testing::Test {
 protected:
  using FilePtr = std::unique_ptr<File>;

  ~BackendTest() override { EXPECT_EQ(open_files_, 0); }

  Backend& backend() { return share_.backend(); }

  // A file that the loop's thread lets go.
  class Handle {
   public:
    Handle(BackendTest* test, Result<FilePtr> opened)
        : test_(test), error_(opened.error()), file_(std::move(opened.value())) {
      if (file_ != nullptr) ++test_->open_files_;
    }
    Handle(Handle&&) = delete;
    ~Handle() { Close(); }
    void Close() {
      if (file_ == nullptr) return;
      --test_->open_files_;
      test_->runner_.Do([this] { file_.reset(); });
    }
    int error() const { return error_; }
    File* operator->() { return file_.get(); }

   private:
    BackendTest* test_;
    int error_;
    FilePtr file_;
  };

  Handle Open(absl::string_view path, const char* flags) {
    return Handle(this, Await(backend().Open(who_, path, Flags(flags))));
  }
  int OpenError(absl::string_view path, const char* flags) { return Open(path, flags).error(); }

  void MakeFile(absl::string_view path, absl::string_view content = "") {
    Handle file = Open(path, "rwc");
    ASSERT_EQ(file.error(), 0) << path;
    ASSERT_EQ(Await(file->Write(Bytes(content), 0)), static_cast<int64_t>(content.size()));
  }
  void MakeDirectory(absl::string_view path) {
    ASSERT_EQ(Await(backend().MakeDirectory(who_, path, 0755)), 0) << path;
  }
  void MakeSymlink(absl::string_view target, absl::string_view path) {
    ASSERT_EQ(Await(backend().MakeSymlink(who_, target, path)), 0) << path;
  }
  std::string ReadAll(File& file) {
    std::string content(1u << 20, '\0');
    const int64_t bytes =
        Await(file.Read({reinterpret_cast<uint8_t*>(content.data()), content.size()}, 0));
    EXPECT_GE(bytes, 0);
    content.resize(std::max<int64_t>(bytes, 0));
    return content;
  }
  std::string ReadAll(absl::string_view path) {
    Handle file = Open(path, "r");
    EXPECT_EQ(file.error(), 0) << path;
    return file.error() == 0 ? ReadAll(*file.operator->()) : "";
  }
  int StatError(absl::string_view path) { return Await(backend().GetStat(who_, path)).error(); }
  Stat StatOf(absl::string_view path) {
    Result<Stat> stat = Await(backend().GetStat(who_, path));
    EXPECT_TRUE(stat.ok()) << path << " " << stat.error();
    return stat.value();
  }

  template <typename T>
  T Await(ring::Task<T> task) {
    return runner_.Run(std::move(task));
  }

  LoopRunner runner_;
  Share share_;
  base::Identity who_;
  int open_files_ = 0;
};

using Shares = testing::Types<PosixShare, MemoryShare>;
TYPED_TEST_SUITE(BackendTest, Shares);

TYPED_TEST(BackendTest, WritesAndReadsBack) {
  this->MakeFile("file", "hello");
  EXPECT_EQ(this->ReadAll("file"), "hello");
  const Stat stat = this->StatOf("file");
  EXPECT_EQ(stat.type, FileType::kRegular);
  EXPECT_EQ(stat.size, 5u);
  EXPECT_EQ(stat.links, 1u);
  EXPECT_GT(stat.allocated, 0u);
  EXPECT_NE(stat.inode, 0u);
  EXPECT_NE(stat.born, 0);
}

TYPED_TEST(BackendTest, ZeroesRangesAndFindsData) {
  constexpr uint64_t kBlock = 64 << 10;
  const std::string content(4 * kBlock, 'x');
  this->MakeFile("file", content);
  auto file = this->Open("file", "rw");
  ASSERT_TRUE(this->Await(file->CanPunchHoles()));
  for (const bool deallocate : {false, true}) {
    ASSERT_EQ(this->Await(file->Write(Bytes(content), 0)), static_cast<int64_t>(content.size()));
    ASSERT_EQ(this->Await(file->Zero(kBlock, 2 * kBlock - 10, deallocate)), 0);
    std::string wanted = content;
    wanted.replace(kBlock, 2 * kBlock - 10, 2 * kBlock - 10, '\0');
    EXPECT_EQ(this->ReadAll(*file.operator->()), wanted) << deallocate;
  }
  ASSERT_EQ(this->Await(file->Zero(kBlock, kBlock, true)), 0);
  Result<std::vector<DataRange>> data = this->Await(file->FindData(1, 4 * kBlock - 1, 10));
  ASSERT_TRUE(data.ok()) << data.error();
  ASSERT_EQ(data->size(), 2u);
  EXPECT_EQ(data.value()[0], (DataRange{1, kBlock - 1}));
  EXPECT_EQ(data.value()[1].offset + data.value()[1].bytes, 4 * kBlock);
  EXPECT_EQ(this->Await(file->FindData(0, 4 * kBlock, 1))->size(), 1u);
  EXPECT_TRUE(this->Await(file->FindData(kBlock, kBlock, 10))->empty());
}

TYPED_TEST(BackendTest, FilesThatAreNotOpenForWritingAreNotZeroed) {
  this->MakeFile("file", "hello");
  for (const char* flags : {"r", "p"}) {
    auto file = this->Open("file", flags);
    EXPECT_EQ(this->Await(file->Zero(0, 5, true)), -EBADF) << flags;
  }
  EXPECT_EQ(this->ReadAll("file"), "hello");
}

TYPED_TEST(BackendTest, OpenTellsWhatItFound) {
  this->MakeFile("file", "hello");
  auto file = this->Open("file", "r");
  EXPECT_EQ(file->opened_stat().size, 5u);
  EXPECT_EQ(file->opened_stat().inode, this->StatOf("file").inode);
}

TYPED_TEST(BackendTest, ReadIsShortAtTheEndOnly) {
  this->MakeFile("file", "0123456789");
  auto file = this->Open("file", "r");
  std::vector<uint8_t> out(8);
  EXPECT_EQ(this->Await(file->Read(absl::MakeSpan(out), 0)), 8);
  EXPECT_EQ(this->Await(file->Read(absl::MakeSpan(out), 8)), 2);
  EXPECT_EQ(this->Await(file->Read(absl::MakeSpan(out), 10)), 0);
  EXPECT_EQ(this->Await(file->Read(absl::MakeSpan(out), uint64_t{1} << 40)), 0);
  EXPECT_EQ(this->Await(file->Read(absl::MakeSpan(out), ~uint64_t{0})), -EINVAL);
}

TYPED_TEST(BackendTest, WriteBeyondTheEndLeavesZeros) {
  auto file = this->Open("file", "rwc");
  EXPECT_EQ(this->Await(file->Write(Bytes("end"), 200'000)), 3);
  const std::string content = this->ReadAll(*file.operator->());
  EXPECT_EQ(content, std::string(200'000, '\0') + "end");
}

TYPED_TEST(BackendTest, LargeTransfersComeWhole) {
  std::string content(5'000'001, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7 >> 3);
  auto file = this->Open("file", "rwc");
  EXPECT_EQ(this->Await(file->Write(Bytes(content), 3)), static_cast<int64_t>(content.size()));
  std::string back(content.size(), '\0');
  EXPECT_EQ(this->Await(file->Read({reinterpret_cast<uint8_t*>(back.data()), back.size()}, 3)),
            static_cast<int64_t>(back.size()));
  EXPECT_EQ(back, content);
}

TYPED_TEST(BackendTest, WriteRefusesOffsetsNoFileHas) {
  auto file = this->Open("file", "rwc");
  EXPECT_EQ(this->Await(file->Write(Bytes("x"), ~uint64_t{0})), -EFBIG);
  EXPECT_EQ(this->Await(file->Write(Bytes("xy"), INT64_MAX - 1)), -EFBIG);
  EXPECT_EQ(this->Await(file->Truncate(~uint64_t{0})), -EFBIG);
}

TYPED_TEST(BackendTest, OpenFollowsItsFlags) {
  this->MakeFile("file");
  this->MakeDirectory("dir");
  EXPECT_EQ(this->OpenError("missing", "r"), -ENOENT);
  EXPECT_EQ(this->OpenError("missing/file", "rwc"), -ENOENT);
  EXPECT_EQ(this->OpenError("file/below", "r"), -ENOTDIR);
  EXPECT_EQ(this->OpenError("file", "rwcx"), -EEXIST);
  EXPECT_EQ(this->OpenError("file", "rwc"), 0);
  EXPECT_EQ(this->OpenError("new", "rwcx"), 0);
  EXPECT_EQ(this->OpenError("file", "rd"), -ENOTDIR);
  EXPECT_EQ(this->OpenError("file", "pd"), -ENOTDIR);
  EXPECT_EQ(this->OpenError("dir", "rd"), 0);
  EXPECT_EQ(this->OpenError("dir", "rw"), -EISDIR);
  EXPECT_EQ(this->OpenError("", "rd"), 0);
  EXPECT_EQ(this->OpenError("", "p"), 0);
}

TYPED_TEST(BackendTest, AccessIsWhatTheOpenAsked) {
  this->MakeFile("file", "x");
  std::vector<uint8_t> out(1);
  auto reader = this->Open("file", "r");
  EXPECT_EQ(this->Await(reader->Write(Bytes("y"), 0)), -EBADF);
  auto writer = this->Open("file", "w");
  EXPECT_EQ(this->Await(writer->Read(absl::MakeSpan(out), 0)), -EBADF);
  auto path = this->Open("file", "p");
  EXPECT_EQ(this->Await(path->Read(absl::MakeSpan(out), 0)), -EBADF);
  EXPECT_EQ(this->Await(path->Write(Bytes("y"), 0)), -EBADF);
  EXPECT_EQ(this->Await(path->Truncate(0)), -EBADF);
  EXPECT_EQ(this->Await(path->GetStat()).value().size, 1u);
}

TYPED_TEST(BackendTest, TruncateCutsAndFillsWithZeros) {
  this->MakeFile("file", "0123456789");
  auto file = this->Open("file", "rw");
  EXPECT_EQ(this->Await(file->Truncate(4)), 0);
  EXPECT_EQ(this->Await(file->Truncate(8)), 0);
  EXPECT_EQ(this->ReadAll(*file.operator->()), std::string("0123\0\0\0\0", 8));
  EXPECT_EQ(this->Await(file->GetStat()).value().size, 8u);
}

TYPED_TEST(BackendTest, AllocateKeepsTheSize) {
  auto file = this->Open("file", "rwc");
  EXPECT_EQ(this->Await(file->Allocate(1u << 20)), 0);
  const Stat stat = this->Await(file->GetStat()).value();
  EXPECT_EQ(stat.size, 0u);
  EXPECT_GE(stat.allocated, 1u << 20);
  EXPECT_EQ(this->Await(file->Sync()), 0);
}

TYPED_TEST(BackendTest, SetsTheTimesThatAreGiven) {
  this->MakeFile("file");
  auto file = this->Open("file", "p");
  const int64_t accessed = 10'000'000'000'000'001;
  const int64_t modified = -50'000'000 + 2;  // before 1970
  EXPECT_EQ(this->Await(file->SetTimes(&accessed, &modified, As::kUser)), 0);
  EXPECT_EQ(this->Await(file->SetTimes(nullptr, nullptr, As::kUser)), 0);
  EXPECT_EQ(this->StatOf("file").accessed, accessed);
  EXPECT_EQ(this->StatOf("file").modified, modified);
  EXPECT_EQ(this->Await(file->SetTimes(nullptr, &accessed, As::kProcess)), 0);
  EXPECT_EQ(this->StatOf("file").modified, accessed);
}

TYPED_TEST(BackendTest, SetsTheModeThroughAnyHandle) {
  this->MakeFile("file");
  EXPECT_EQ(this->Await(this->Open("file", "p")->SetMode(0640)), 0);
  EXPECT_EQ(this->StatOf("file").mode, 0640u);
  EXPECT_EQ(this->Await(this->Open("file", "r")->SetMode(0600)), 0);
  EXPECT_EQ(this->StatOf("file").mode, 0600u);
  EXPECT_EQ(this->Await(this->Open("file", "p")->SetOwner(~0u, ~0u)), 0);
}

TYPED_TEST(BackendTest, KeepsExtendedAttributesThroughAnyHandle) {
  this->MakeFile("file");
  this->MakeDirectory("dir");
  for (const char* path : {"file", "dir"}) {
    for (const char* flags : {"r", "p"}) {
      for (const As as : {As::kUser, As::kProcess}) {
        auto file = this->Open(path, flags);
        EXPECT_EQ(this->Await(file->GetXattr("user.a", as)).error(), -ENODATA);
        EXPECT_EQ(this->Await(file->RemoveXattr("user.a", as)), -ENODATA);
        const std::string value("v\0w", 3);
        EXPECT_EQ(this->Await(file->SetXattr("user.a", value, as)), 0);
        EXPECT_EQ(this->Await(file->SetXattr("user.b", "", as)), 0);
        EXPECT_EQ(this->Await(file->GetXattr("user.a", as)).value(), value);
        EXPECT_EQ(this->Await(file->GetXattr("user.b", as)).value(), "");
        std::vector<std::string> names = this->Await(file->ListXattrs()).value();
        EXPECT_EQ(std::set<std::string>(names.begin(), names.end()),
                  (std::set<std::string>{"user.a", "user.b"}));
        EXPECT_EQ(this->Await(file->RemoveXattr("user.a", as)), 0);
        EXPECT_EQ(this->Await(file->RemoveXattr("user.b", as)), 0);
      }
    }
  }
}

TYPED_TEST(BackendTest, ReadsLongXattrsWhole) {
  this->MakeFile("file");
  auto file = this->Open("file", "p");
  const std::string value(2000, 'v');
  EXPECT_EQ(this->Await(file->SetXattr("user.a", value, As::kUser)), 0);
  EXPECT_EQ(this->Await(file->GetXattr("user.a", As::kUser)).value(), value);
  EXPECT_EQ(this->Await(file->GetXattr("user.a", As::kProcess)).value(), value);
}

TYPED_TEST(BackendTest, ListsDirectoriesInPieces) {
  constexpr size_t kFiles = 700;
  this->MakeDirectory("dir");
  this->MakeDirectory("dir/sub");
  this->MakeSymlink("sub", "dir/link");
  for (size_t i = 0; i < kFiles; ++i)
    this->MakeFile(absl::StrCat("dir/", i, "_of_many_names_that_are_rather_long_so_that_few_fit"));
  auto dir = this->Open("dir", "rd");
  // Twice: the second time it starts anew from the middle.
  for (int round = 0; round < 2; ++round) {
    std::map<std::string, FileType> found;
    size_t pieces = 0;
    for (bool restart = true;; restart = false) {
      const auto entries = this->Await(dir->ReadDirectory(restart));
      ASSERT_TRUE(entries.ok());
      if (entries.value().empty()) break;
      ++pieces;
      for (const DirectoryEntry& entry : entries.value()) {
        EXPECT_TRUE(found.emplace(entry.name, entry.type).second) << entry.name;
        EXPECT_NE(entry.inode, 0u);
      }
    }
    EXPECT_GT(pieces, 1u);
    EXPECT_EQ(found.size(), kFiles + 2);
    EXPECT_EQ(found["sub"], FileType::kDirectory);
    EXPECT_EQ(found["link"], FileType::kSymlink);
    EXPECT_EQ(found["7_of_many_names_that_are_rather_long_so_that_few_fit"], FileType::kRegular);
    EXPECT_EQ(this->Await(dir->ReadDirectory(true)).error(), 0);
  }
}

TYPED_TEST(BackendTest, AnEmptyDirectoryHasNoEntries) {
  this->MakeDirectory("dir");
  auto dir = this->Open("dir", "rd");
  EXPECT_TRUE(this->Await(dir->ReadDirectory(true)).value().empty());
  EXPECT_TRUE(this->Await(dir->ReadDirectory(false)).value().empty());
}

TYPED_TEST(BackendTest, OnlyDirectoriesAreListed) {
  this->MakeFile("file");
  auto file = this->Open("file", "r");
  EXPECT_EQ(this->Await(file->ReadDirectory(true)).error(), -ENOTDIR);
  const std::vector<DirectoryEntry> entries = {{"x", 0, FileType::kRegular}};
  EXPECT_EQ(this->Await(file->StatEntries(entries, "")).error(), -ENOTDIR);
}

TYPED_TEST(BackendTest, StatEntriesGivesOneResultForEach) {
  this->MakeDirectory("dir");
  this->MakeFile("dir/a", "12345");
  this->MakeFile("dir/b");
  EXPECT_EQ(this->Await(this->Open("dir/a", "p")->SetXattr("user.x", "v", As::kUser)), 0);
  const std::vector<DirectoryEntry> entries = {
      {"a", 0, FileType::kRegular}, {"gone", 0, FileType::kRegular}, {"b", 0, FileType::kRegular}};
  for (const char* flags : {"rd", "p"}) {
    auto dir = this->Open("dir", flags);
    const auto stats = this->Await(dir->StatEntries(entries, "user.x"));
    ASSERT_TRUE(stats.ok());
    ASSERT_EQ(stats.value().size(), 3u);
    EXPECT_EQ(stats.value()[0].error, 0);
    EXPECT_EQ(stats.value()[0].stat.size, 5u);
    EXPECT_EQ(stats.value()[0].xattr, "v");
    EXPECT_EQ(stats.value()[1].error, -ENOENT);
    EXPECT_EQ(stats.value()[2].error, 0);
    EXPECT_EQ(stats.value()[2].xattr, "");
  }
}

TYPED_TEST(BackendTest, StatEntriesDescribesLinksThemselves) {
  this->MakeDirectory("dir");
  this->MakeDirectory("other");
  this->MakeFile("other/file", "123");
  this->MakeSymlink("../other/file", "dir/to-file");
  this->MakeSymlink("../other", "dir/to-dir");
  this->MakeSymlink("../../outside", "dir/out");
  this->MakeSymlink("/etc", "dir/absolute");
  this->MakeSymlink("nothing", "dir/broken");
  std::vector<DirectoryEntry> entries;
  for (const char* name : {"to-file", "to-dir", "out", "absolute", "broken"}) {
    entries.push_back({name, 0, FileType::kSymlink});
  }
  auto dir = this->Open("dir", "rd");
  const auto stats = this->Await(dir->StatEntries(entries, "user.x"));
  ASSERT_TRUE(stats.ok());
  for (size_t i = 0; i < entries.size(); ++i) {
    const EntryStat& entry = stats.value()[i];
    EXPECT_EQ(entry.error, 0) << entries[i].name;
    EXPECT_EQ(entry.stat.type, FileType::kSymlink) << entries[i].name;
    EXPECT_EQ(entry.leads_to_directory, entries[i].name == "to-dir") << entries[i].name;
    EXPECT_EQ(entry.xattr, "") << entries[i].name;
  }
}

TYPED_TEST(BackendTest, StatEntriesFollowsLinksFromWhereTheDirectoryIsNow) {
  this->MakeDirectory("a");
  this->MakeDirectory("a/dir");
  this->MakeDirectory("b");
  this->MakeDirectory("b/target");
  this->MakeSymlink("../target", "a/dir/link");
  auto dir = this->Open("a/dir", "rd");
  const std::vector<DirectoryEntry> entries = {{"link", 0, FileType::kSymlink}};
  EXPECT_FALSE(this->Await(dir->StatEntries(entries, "")).value()[0].leads_to_directory);
  EXPECT_EQ(this->Await(this->backend().Rename(this->who_, "a/dir", "b/moved", false)), 0);
  EXPECT_TRUE(this->Await(dir->StatEntries(entries, "")).value()[0].leads_to_directory);
}

TYPED_TEST(BackendTest, RemovesWhatItIsToldTo) {
  this->MakeFile("file");
  this->MakeDirectory("dir");
  this->MakeFile("dir/below");
  Backend& backend = this->backend();
  EXPECT_EQ(this->Await(backend.Remove(this->who_, "missing", false)), -ENOENT);
  EXPECT_EQ(this->Await(backend.Remove(this->who_, "file", true)), -ENOTDIR);
  EXPECT_EQ(this->Await(backend.Remove(this->who_, "dir", false)), -EISDIR);
  EXPECT_EQ(this->Await(backend.Remove(this->who_, "dir", true)), -ENOTEMPTY);
  EXPECT_EQ(this->Await(backend.Remove(this->who_, "", true)), -EBUSY);
  EXPECT_EQ(this->Await(backend.Remove(this->who_, "dir/below", false)), 0);
  EXPECT_EQ(this->Await(backend.Remove(this->who_, "dir", true)), 0);
  EXPECT_EQ(this->Await(backend.Remove(this->who_, "file", false)), 0);
  EXPECT_EQ(this->StatError("dir"), -ENOENT);
  EXPECT_EQ(this->StatError("file"), -ENOENT);
}

TYPED_TEST(BackendTest, RemovesALinkAndNotItsTarget) {
  this->MakeFile("file");
  this->MakeSymlink("file", "link");
  EXPECT_EQ(this->Await(this->backend().Remove(this->who_, "link", false)), 0);
  EXPECT_EQ(this->StatError("link"), -ENOENT);
  EXPECT_EQ(this->StatError("file"), 0);
}

TYPED_TEST(BackendTest, AnOpenFileOutlivesItsName) {
  this->MakeFile("file", "still here");
  auto file = this->Open("file", "r");
  EXPECT_EQ(this->Await(this->backend().Remove(this->who_, "file", false)), 0);
  EXPECT_EQ(this->ReadAll(*file.operator->()), "still here");
  EXPECT_EQ(this->Await(file->GetStat()).value().links, 0u);
}

TYPED_TEST(BackendTest, RenameReplacesOnlyWhenAsked) {
  this->MakeFile("from", "new");
  this->MakeFile("to", "old");
  Backend& backend = this->backend();
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "missing", "x", false)), -ENOENT);
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "from", "to", false)), -EEXIST);
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "from", "nodir/to", false)), -ENOENT);
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "from", "to", true)), 0);
  EXPECT_EQ(this->ReadAll("to"), "new");
  EXPECT_EQ(this->StatError("from"), -ENOENT);
}

TYPED_TEST(BackendTest, RenameMovesDirectoriesButNotIntoThemselves) {
  this->MakeDirectory("dir");
  this->MakeDirectory("dir/sub");
  this->MakeFile("dir/sub/file", "x");
  this->MakeDirectory("other");
  this->MakeFile("other/file");
  Backend& backend = this->backend();
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "dir", "dir/sub/dir", false)), -EINVAL);
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "dir", "other", true)), -ENOTEMPTY);
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "dir", "other/file", true)), -ENOTDIR);
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "other/file", "dir", true)), -EISDIR);
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "dir/sub", "other/moved", false)), 0);
  EXPECT_EQ(this->ReadAll("other/moved/file"), "x");
  EXPECT_EQ(this->StatError("dir/sub"), -ENOENT);
  EXPECT_EQ(this->Await(backend.Rename(this->who_, "", "x", false)), -EBUSY);
}

TYPED_TEST(BackendTest, RenameMovesALinkItself) {
  this->MakeFile("file");
  this->MakeSymlink("file", "link");
  EXPECT_EQ(this->Await(this->backend().Rename(this->who_, "link", "moved", false)), 0);
  EXPECT_EQ(this->StatOf("moved").type, FileType::kSymlink);
  EXPECT_EQ(this->StatOf("file").type, FileType::kRegular);
}

TYPED_TEST(BackendTest, RenameMayChangeOnlyTheCase) {
  this->MakeFile("file", "x");
  EXPECT_EQ(this->Await(this->backend().Rename(this->who_, "file", "FILE", false)), 0);
  EXPECT_EQ(this->ReadAll("FILE"), "x");
  EXPECT_EQ(this->StatError("file"), -ENOENT);
}

TYPED_TEST(BackendTest, LinksCount) {
  this->MakeFile("file", "x");
  Backend& backend = this->backend();
  EXPECT_EQ(this->Await(backend.Link(this->who_, "file", "second")), 0);
  EXPECT_EQ(this->Await(backend.Link(this->who_, "file", "second")), -EEXIST);
  EXPECT_EQ(this->Await(backend.Link(this->who_, "missing", "third")), -ENOENT);
  EXPECT_EQ(this->StatOf("file").links, 2u);
  EXPECT_EQ(this->StatOf("file").inode, this->StatOf("second").inode);
  EXPECT_EQ(this->Await(backend.Remove(this->who_, "file", false)), 0);
  EXPECT_EQ(this->StatOf("second").links, 1u);
}

TYPED_TEST(BackendTest, MakeDirectoryMakesOne) {
  this->MakeDirectory("dir");
  EXPECT_EQ(this->Await(this->backend().MakeDirectory(this->who_, "dir", 0755)), -EEXIST);
  EXPECT_EQ(this->Await(this->backend().MakeDirectory(this->who_, "no/dir", 0755)), -ENOENT);
  EXPECT_EQ(this->Await(this->backend().MakeDirectory(this->who_, "", 0755)), -EEXIST);
  EXPECT_EQ(this->StatOf("dir").type, FileType::kDirectory);
  EXPECT_EQ(this->StatOf("dir").links, 2u);
}

TYPED_TEST(BackendTest, LinksAreFollowedInsideAndOpenedThemselvesOnDemand) {
  this->MakeDirectory("dir");
  this->MakeFile("dir/file", "x");
  this->MakeSymlink("dir", "dirlink");
  this->MakeSymlink("dir/../dir/file", "filelink");
  this->MakeSymlink("loop", "loop");
  EXPECT_EQ(this->ReadAll("dirlink/file"), "x");
  EXPECT_EQ(this->ReadAll("filelink"), "x");
  EXPECT_EQ(this->OpenError("loop", "r"), -ELOOP);
  EXPECT_EQ(this->OpenError("filelink", "rn"), -ELOOP);
  EXPECT_EQ(this->Open("filelink", "pn")->opened_stat().type, FileType::kSymlink);
  EXPECT_EQ(this->Open("filelink", "p")->opened_stat().type, FileType::kRegular);
  EXPECT_EQ(this->StatOf("filelink").type, FileType::kSymlink);
  EXPECT_EQ(this->Await(this->backend().ReadSymlink(this->who_, "filelink")).value(),
            "dir/../dir/file");
  EXPECT_EQ(this->Await(this->backend().ReadSymlink(this->who_, "dir/file")).error(), -EINVAL);
  EXPECT_EQ(this->OpenError("filelink", "rwcx"), -EEXIST);
}

TYPED_TEST(BackendTest, NothingLeavesTheShare) {
  this->MakeDirectory("dir");
  this->MakeFile("dir/file");
  this->MakeSymlink("..", "up");
  this->MakeSymlink("../..", "dir/up");
  this->MakeSymlink("/etc", "absolute");
  this->MakeSymlink("up", "twice");
  Backend& backend = this->backend();
  for (const char* way : {"..", "/etc", "dir/../..", "up", "dir/up", "absolute", "twice"}) {
    const std::string path = absl::StrCat(way, "/file");
    EXPECT_EQ(this->OpenError(path, "r"), -EXDEV) << path;
    EXPECT_EQ(this->OpenError(path, "rwc"), -EXDEV) << path;
    EXPECT_EQ(this->OpenError(path, "p"), -EXDEV) << path;
    EXPECT_EQ(this->OpenError(way, "p"), -EXDEV) << way;
    EXPECT_EQ(this->StatError(path), -EXDEV) << path;
    EXPECT_EQ(this->Await(backend.MakeDirectory(this->who_, path, 0755)), -EXDEV) << path;
    EXPECT_EQ(this->Await(backend.Remove(this->who_, path, false)), -EXDEV) << path;
    EXPECT_EQ(this->Await(backend.Rename(this->who_, "dir/file", path, true)), -EXDEV) << path;
    EXPECT_EQ(this->Await(backend.Rename(this->who_, path, "stolen", true)), -EXDEV) << path;
    EXPECT_EQ(this->Await(backend.Link(this->who_, path, "stolen")), -EXDEV) << path;
    EXPECT_EQ(this->Await(backend.Link(this->who_, "dir/file", path)), -EXDEV) << path;
    EXPECT_EQ(this->Await(backend.MakeSymlink(this->who_, "x", path)), -EXDEV) << path;
    EXPECT_EQ(this->Await(backend.ReadSymlink(this->who_, path)).error(), -EXDEV) << path;
  }
  EXPECT_EQ(this->OpenError("dir/../dir/file", "r"), 0);
}

TYPED_TEST(BackendTest, RefusesNamesThatAreNone) {
  this->MakeFile("file");
  const absl::string_view nul("file\0x", 6);
  EXPECT_EQ(this->OpenError(nul, "r"), -EINVAL);
  EXPECT_EQ(this->StatError(nul), -EINVAL);
  EXPECT_EQ(this->Await(this->backend().Remove(this->who_, nul, false)), -EINVAL);
  EXPECT_EQ(this->OpenError(std::string(256, 'x'), "r"), -ENAMETOOLONG);
  EXPECT_EQ(this->OpenError(std::string(255, 'x'), "r"), -ENOENT);
  std::string deep;
  while (deep.size() < 5000) deep += "d/";
  EXPECT_EQ(this->OpenError(deep + "x", "r"), -ENAMETOOLONG);
  EXPECT_NE(this->Await(this->backend().MakeDirectory(this->who_, "..", 0755)), 0);
  EXPECT_NE(this->Await(this->backend().Remove(this->who_, ".", true)), 0);
}

TYPED_TEST(BackendTest, TellsTheSpace) {
  const StatFs stat = this->Await(this->backend().GetStatFs(this->who_)).value();
  EXPECT_GT(stat.block_bytes, 0u);
  EXPECT_GT(stat.blocks_total, 0u);
  EXPECT_LE(stat.blocks_available, stat.blocks_free);
  EXPECT_LE(stat.blocks_free, stat.blocks_total);
  EXPECT_EQ(stat.name_bytes_max, 255u);
}

}  // namespace
}  // namespace sluice::storage

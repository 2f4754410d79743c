#include "server/storage/posix_backend.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "tests/server/storage/run_on_loop.h"
#include "tests/server/storage/test_share.h"

namespace sluice::storage {
namespace {

constexpr uint32_t kNobody = 65534;

OpenFlags Flags(bool read, bool write, bool path_only = false) {
  OpenFlags flags;
  flags.read = read;
  flags.write = write;
  flags.path_only = path_only;
  return flags;
}

class PosixBackendTest : public testing::Test {
 protected:
  Backend& backend() { return share_.backend(); }

  template <typename T>
  T Await(ring::Task<T> task) {
    return runner_.Run(std::move(task));
  }
  int OpenError(const base::Identity& who, absl::string_view path, OpenFlags flags) {
    Result<std::unique_ptr<File>> opened = Await(backend().Open(who, path, flags));
    runner_.Do([&] { opened.value().reset(); });
    return opened.error();
  }
  void WriteFile(const std::string& path, const std::string& content) {
    std::ofstream(path) << content;
  }
  std::string InShare(const std::string& name) { return share_.path() + "/" + name; }

  LoopRunner runner_;
  PosixShare share_;
  base::Identity process_;
};

TEST_F(PosixBackendTest, RefusesARootThatIsNone) {
  EXPECT_EQ(OpenPosixBackend("/nonexistent").error(), -ENOENT);
  std::filesystem::create_directory_symlink(InShare(""), share_.outside() + "/link");
  EXPECT_EQ(OpenPosixBackend(share_.outside() + "/link").error(), -ELOOP);
  EXPECT_EQ(OpenPosixBackend(share_.outside() + "/link/.").error(), -ELOOP);
  WriteFile(InShare("file"), "");
  EXPECT_EQ(OpenPosixBackend(InShare("file")).error(), -ENOTDIR);
}

TEST_F(PosixBackendTest, KeepsItsRootWhenThatIsRenamed) {
  WriteFile(InShare("file"), "");
  std::filesystem::rename(share_.path(), share_.outside() + "/renamed");
  EXPECT_EQ(OpenError(process_, "file", Flags(true, false)), 0);
}

TEST_F(PosixBackendTest, NeverWaitsForAFifo) {
  ASSERT_EQ(::mkfifo(InShare("fifo").c_str(), 0666), 0);
  EXPECT_EQ(OpenError(process_, "fifo", Flags(true, false)), -EOPNOTSUPP);
  EXPECT_EQ(OpenError(process_, "fifo", Flags(false, true)), -EOPNOTSUPP);
  EXPECT_EQ(OpenError(process_, "fifo", Flags(true, true)), -EOPNOTSUPP);
  EXPECT_EQ(OpenError(process_, "fifo", Flags(false, false, true)), -EOPNOTSUPP);
  EXPECT_EQ(Await(backend().GetStat(process_, "fifo")).value().type, FileType::kOther);
}

TEST_F(PosixBackendTest, RefusesSocketsAndDevices) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, InShare("socket").c_str(), sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ::close(fd);
  EXPECT_EQ(OpenError(process_, "socket", Flags(true, true)), -EOPNOTSUPP);
  if (::mknod(InShare("device").c_str(), S_IFCHR | 0666, 1 << 8 | 3) == 0) {
    EXPECT_EQ(OpenError(process_, "device", Flags(true, false)), -EOPNOTSUPP);
  }
}

TEST_F(PosixBackendTest, ReadsThroughAFileSystemWithoutPromises) {
  // A left-over O_NONBLOCK would make the ring give up on such files at once.
  WriteFile(InShare("file"), "x");
  Result<std::unique_ptr<File>> opened = Await(backend().Open(process_, "file", Flags(true, true)));
  ASSERT_TRUE(opened.ok());
  int nonblocking = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    std::error_code error;
    if (std::filesystem::read_symlink(entry.path(), error) != InShare("file")) continue;
    nonblocking += (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
  }
  EXPECT_EQ(nonblocking, 0);
  runner_.Do([&] { opened.value().reset(); });
}

TEST_F(PosixBackendTest, ARaceCannotMoveARenameOutside) {
  // The parent becomes a link to the outside between two operations of a client.
  std::filesystem::create_directory(InShare("dir"));
  std::filesystem::create_directory(share_.outside() + "/out");
  WriteFile(share_.outside() + "/out/file", "secret");
  WriteFile(InShare("mine"), "x");
  std::filesystem::remove(InShare("dir"));
  std::filesystem::create_symlink("../out", InShare("dir"));
  EXPECT_EQ(Await(backend().Rename(process_, "mine", "dir/file", true)), -EXDEV);
  EXPECT_EQ(Await(backend().Rename(process_, "dir/file", "stolen", true)), -EXDEV);
  EXPECT_EQ(Await(backend().Remove(process_, "dir/file", false)), -EXDEV);
  EXPECT_TRUE(std::filesystem::exists(share_.outside() + "/out/file"));
}

// Descriptors are closed: a second pass over the same operations opens no new ones.
TEST_F(PosixBackendTest, LeaksNoDescriptors) {
  const auto count = [] {
    size_t n = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
      ++n;
    }
    return n;
  };
  const auto pass = [this] {
    EXPECT_EQ(Await(backend().MakeDirectory(process_, "a", 0755)), 0);
    EXPECT_EQ(Await(backend().MakeDirectory(process_, "a/b", 0755)), 0);
    EXPECT_EQ(Await(backend().Rename(process_, "a/b", "c", false)), 0);
    EXPECT_EQ(Await(backend().Rename(process_, "c", "a", false)), -EEXIST);
    EXPECT_EQ(Await(backend().GetStat(process_, "a")).error(), 0);
    EXPECT_EQ(OpenError(process_, "a", Flags(true, true)), -EISDIR);
    EXPECT_EQ(OpenError(process_, "a", Flags(true, false)), 0);
    EXPECT_EQ(Await(backend().MakeSymlink(process_, "x", "a/l")), 0);
    EXPECT_EQ(OpenError(process_, "a/l", Flags(true, false)), -ENOENT);
    EXPECT_EQ(Await(backend().Remove(process_, "a/l", false)), 0);
    EXPECT_EQ(Await(backend().Remove(process_, "c", true)), 0);
    EXPECT_EQ(Await(backend().Remove(process_, "a", true)), 0);
  };
  pass();
  runner_.Do([] {});
  const size_t before = count();
  pass();
  runner_.Do([] {});
  EXPECT_EQ(count(), before);
}

// With the rights to act for others.
class IdentityTest : public PosixBackendTest {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    std::filesystem::permissions(share_.outside(), std::filesystem::perms(0755));
    std::filesystem::permissions(share_.path(), std::filesystem::perms(0755));
  }
  void Chmod(const std::string& name, uint32_t mode) {
    ASSERT_EQ(::chmod(InShare(name).c_str(), mode), 0);
  }

  const base::Identity nobody_{kNobody, kNobody};
};

TEST_F(IdentityTest, OpensOnlyWhatTheUserMay) {
  WriteFile(InShare("secret"), "x");
  WriteFile(InShare("public"), "x");
  Chmod("secret", 0600);
  Chmod("public", 0644);
  EXPECT_EQ(OpenError(nobody_, "secret", Flags(true, false)), -EACCES);
  EXPECT_EQ(OpenError(nobody_, "public", Flags(true, false)), 0);
  EXPECT_EQ(OpenError(nobody_, "public", Flags(true, true)), -EACCES);
  EXPECT_EQ(OpenError(process_, "secret", Flags(true, true)), 0);
  OpenFlags create = Flags(true, true);
  create.create = true;
  EXPECT_EQ(OpenError(nobody_, "new", create), -EACCES);
}

TEST_F(IdentityTest, ChangesOnlyWhatTheUserMay) {
  WriteFile(InShare("file"), "x");
  Chmod("file", 0644);
  EXPECT_EQ(Await(backend().Remove(nobody_, "file", false)), -EACCES);
  EXPECT_EQ(Await(backend().Rename(nobody_, "file", "other", false)), -EACCES);
  // EPERM where hard links are protected.
  EXPECT_LT(Await(backend().Link(nobody_, "file", "other")), 0);
  EXPECT_EQ(Await(backend().MakeDirectory(nobody_, "dir", 0755)), -EACCES);
  EXPECT_EQ(Await(backend().MakeSymlink(nobody_, "x", "link")), -EACCES);
  Result<std::unique_ptr<File>> file =
      Await(backend().Open(nobody_, "file", Flags(false, false, true)));
  ASSERT_TRUE(file.ok());
  const int64_t time = 1'000'000'000;
  EXPECT_EQ(Await(file.value()->SetMode(0777)), -EPERM);
  EXPECT_EQ(Await(file.value()->SetOwner(kNobody, kNobody)), -EPERM);
  EXPECT_EQ(Await(file.value()->SetTimes(&time, &time, As::kUser)), -EPERM);
  EXPECT_EQ(Await(file.value()->SetXattr("user.x", "y", As::kUser)), -EACCES);
  // What the gateway answers for itself.
  EXPECT_EQ(Await(file.value()->SetTimes(&time, &time, As::kProcess)), 0);
  EXPECT_EQ(Await(file.value()->SetXattr("user.x", "y", As::kProcess)), 0);
  runner_.Do([&] { file.value().reset(); });
}

TEST_F(IdentityTest, WhatTheUserMakesIsTheirs) {
  Chmod("", 0777);
  OpenFlags create = Flags(true, true);
  create.create = true;
  EXPECT_EQ(OpenError(nobody_, "file", create), 0);
  EXPECT_EQ(Await(backend().MakeDirectory(nobody_, "dir", 0755)), 0);
  for (const char* name : {"file", "dir"}) {
    const Stat stat = Await(backend().GetStat(process_, name)).value();
    EXPECT_EQ(stat.uid, kNobody);
    EXPECT_EQ(stat.gid, kNobody);
  }
}

TEST_F(IdentityTest, BookKeepingIsReadOfFilesTheUserMayNotRead) {
  WriteFile(InShare("secret"), "x");
  Chmod("secret", 0600);
  Result<std::unique_ptr<File>> own = Await(backend().Open(process_, "secret", Flags(true, false)));
  EXPECT_EQ(Await(own.value()->SetXattr("user.DOSATTRIB", "v", As::kProcess)), 0);
  Result<std::unique_ptr<File>> file =
      Await(backend().Open(nobody_, "secret", Flags(false, false, true)));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(Await(file.value()->GetXattr("user.DOSATTRIB", As::kUser)).error(), -EACCES);
  EXPECT_EQ(Await(file.value()->GetXattr("user.DOSATTRIB", As::kProcess)).value(), "v");
  OpenFlags list = Flags(true, false);
  list.directory = true;
  Result<std::unique_ptr<File>> directory = Await(backend().Open(nobody_, "", list));
  ASSERT_TRUE(directory.ok());
  const std::vector<DirectoryEntry> entries = {{"secret", 0, FileType::kRegular}};
  const auto stats = Await(directory.value()->StatEntries(entries, "user.DOSATTRIB"));
  EXPECT_EQ(stats.value()[0].xattr, "v");
  runner_.Do([&] {
    own.value().reset();
    file.value().reset();
    directory.value().reset();
  });
}

// An ext4 file system of its own in which everybody may make files; a fifth of it is for root.
class SmallFileSystem {
 public:
  SmallFileSystem() {
    const std::string image = directory_.path() + "/image";
    std::filesystem::create_directory(path());
    const std::string make =
        "PATH=/usr/sbin:/sbin:$PATH mke2fs -q -F -t ext4 -b 4096 -m 20 -O ^has_journal " + image +
        " 32M >/dev/null 2>&1";
    const std::string mount =
        "PATH=/usr/bin:/bin:$PATH mount -o loop " + image + " " + path() + " >/dev/null 2>&1";
    mounted_ = std::system(make.c_str()) == 0 && std::system(mount.c_str()) == 0;
    mounted_ = mounted_ && ::chmod(path().c_str(), 0777) == 0;
  }
  ~SmallFileSystem() { ::umount2(path().c_str(), MNT_DETACH); }
  SmallFileSystem(const SmallFileSystem&) = delete;
  SmallFileSystem& operator=(const SmallFileSystem&) = delete;

  bool mounted() const { return mounted_; }
  std::string path() const { return directory_.path() + "/mounted"; }
  uint64_t free_bytes() const { return Look().f_bfree * Look().f_frsize; }
  uint64_t reserved_bytes() const { return (Look().f_bfree - Look().f_bavail) * Look().f_frsize; }

 private:
  struct statvfs Look() const {
    struct statvfs now = {};
    EXPECT_EQ(::statvfs(path().c_str(), &now), 0);
    return now;
  }

  TemporaryDirectory directory_;
  bool mounted_ = false;
};

TEST_F(IdentityTest, TheRootIsInReachOfWhoMaySearchTheWayToIt) {
  const std::string above = share_.outside();
  ASSERT_EQ(::chmod(above.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(share_.path().c_str(), 0711), 0);
  EXPECT_EQ(Await(backend().CheckReach(nobody_)), 0);
  ASSERT_EQ(::chmod(above.c_str(), 0700), 0);
  EXPECT_EQ(Await(backend().CheckReach(nobody_)), -EACCES);
  EXPECT_EQ(Await(backend().CheckReach(process_)), 0);
  ASSERT_EQ(::chmod(above.c_str(), 0755), 0);
  ASSERT_EQ(::chmod(share_.path().c_str(), 0700), 0);
  EXPECT_EQ(Await(backend().CheckReach(nobody_)), -EACCES);
  // Where it lies now counts.
  ASSERT_EQ(::chmod(share_.path().c_str(), 0755), 0);
  std::filesystem::create_directory(above + "/closed");
  ASSERT_EQ(::chmod((above + "/closed").c_str(), 0700), 0);
  std::filesystem::rename(share_.path(), above + "/closed/share");
  EXPECT_EQ(Await(backend().CheckReach(nobody_)), -EACCES);
  std::filesystem::rename(above + "/closed/share", share_.path());
  EXPECT_EQ(Await(backend().CheckReach(nobody_)), 0);
}

// Two file systems below the root have files of the same inode numbers.
TEST_F(IdentityTest, FilesOfOtherFileSystemsSayWhichOne) {
  struct Mount {
    explicit Mount(std::string at) : path(std::move(at)) {
      std::filesystem::create_directory(path);
      done = ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=1m") == 0;
    }
    ~Mount() {
      if (done) ::umount2(path.c_str(), MNT_DETACH);
    }
    const std::string path;
    bool done = false;
  };
  const Mount one(InShare("one"));
  const Mount two(InShare("two"));
  if (!one.done || !two.done) GTEST_SKIP() << "file systems cannot be mounted here";
  WriteFile(InShare("one/file"), "x");
  WriteFile(InShare("two/file"), "x");
  const Stat first = Await(backend().GetStat(process_, "one/file")).value();
  const Stat second = Await(backend().GetStat(process_, "two/file")).value();
  const Stat root = Await(backend().GetStat(process_, "")).value();
  EXPECT_EQ(root.file_system, backend().file_system());
  EXPECT_NE(root.file_system, 0u);
  EXPECT_NE(first.file_system, root.file_system);
  EXPECT_NE(first.file_system, second.file_system);
  OpenFlags list = Flags(true, false);
  list.directory = true;
  Result<std::unique_ptr<File>> directory = Await(backend().Open(process_, "", list));
  const std::vector<DirectoryEntry> entries = {{"one", 0, FileType::kDirectory},
                                               {"two", 0, FileType::kDirectory}};
  const auto stats = Await(directory.value()->StatEntries(entries, ""));
  EXPECT_EQ(stats.value()[0].stat.file_system, first.file_system);
  EXPECT_EQ(stats.value()[1].stat.file_system, second.file_system);
  // Another gateway after a restart, by listing first.
  auto restarted = OpenPosixBackend(share_.path());
  Result<std::unique_ptr<File>> again = Await(restarted.value()->Open(process_, "", list));
  EXPECT_EQ(Await(again.value()->StatEntries(entries, "")).value()[0].stat.file_system,
            first.file_system);
  runner_.Do([&] {
    directory.value().reset();
    again.value().reset();
    restarted.value().reset();
  });
}

TEST_F(IdentityTest, CredentialsThatTheKernelRefusesAreNotTheProcess) {
  WriteFile(InShare("public"), "x");
  Chmod("public", 0644);
  const base::Identity refused(~0u, kNobody);
  EXPECT_EQ(OpenError(refused, "public", Flags(true, false)), -EINVAL);
  EXPECT_EQ(Await(backend().MakeDirectory(refused, "dir", 0755)), -EINVAL);
}

// A client may authenticate anew while it has files open; whoever opened them is forgotten then.
TEST_F(IdentityTest, AFileKeepsTheIdentityThatOpenedIt) {
  WriteFile(InShare("public"), "x");
  Chmod("", 0755);
  auto who = std::make_shared<const base::Identity>(kNobody, kNobody);
  OpenFlags list = Flags(true, false);
  list.directory = true;
  Result<std::unique_ptr<File>> directory = Await(backend().Open(*who, "", list));
  ASSERT_TRUE(directory.ok());
  const std::weak_ptr<const base::Identity> kept = who;
  who.reset();
  EXPECT_FALSE(kept.expired());
  EXPECT_EQ(Await(directory.value()->ReadDirectory(true)).value().size(), 1u);
  runner_.Do([&] { directory.value().reset(); });
  EXPECT_TRUE(kept.expired());
}

// Linux takes these bits from a file that somebody else than root changes.
TEST_F(IdentityTest, ChangesByAUserTakeSetuidAndSetgidAway) {
  const std::vector<uint8_t> data(5000, 'x');
  const auto changes = std::vector<std::function<void(File&)>>{
      [&](File& file) { EXPECT_EQ(Await(file.Write(data, 0)), 5000); },
      [&](File& file) { EXPECT_EQ(Await(file.Truncate(10)), 0); },
      [&](File& file) { EXPECT_EQ(Await(file.Allocate(100'000)), 0); },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    WriteFile(InShare("program"), "x");
    ASSERT_EQ(::chown(InShare("program").c_str(), 0, 0), 0);
    Chmod("program", 06777);
    Result<std::unique_ptr<File>> file =
        Await(backend().Open(nobody_, "program", Flags(true, true)));
    ASSERT_TRUE(file.ok());
    changes[i](*file.value());
    runner_.Do([&] { file.value().reset(); });
    EXPECT_EQ(Await(backend().GetStat(process_, "program")).value().mode & 07777, 00777u) << i;
    std::filesystem::remove(InShare("program"));
  }
}

// Needs loop devices and mke2fs.
TEST_F(IdentityTest, AllocatingMoreThanIsFreeTakesNothing) {
  WriteFile(InShare("file"), "x");
  Result<std::unique_ptr<File>> file = Await(backend().Open(process_, "file", Flags(true, true)));
  ASSERT_TRUE(file.ok());
  const uint64_t before = Await(file.value()->GetStat()).value().allocated;
  const StatFs space = Await(backend().GetStatFs(process_)).value();
  const uint64_t too_much = (space.blocks_total + 1) * space.block_bytes;
  EXPECT_EQ(Await(file.value()->Allocate(too_much)), -ENOSPC);
  EXPECT_EQ(Await(file.value()->GetStat()).value().allocated, before);
  runner_.Do([&] { file.value().reset(); });
}

TEST_F(IdentityTest, TheReservedBlocksAreNotForUsers) {
  SmallFileSystem small;
  if (!small.mounted()) GTEST_SKIP() << "no file system can be mounted here";
  Result<std::unique_ptr<Backend>> disk = OpenPosixBackend(small.path());
  ASSERT_TRUE(disk.ok());
  const auto fill = [&](const base::Identity& who, const std::string& name, bool allocate) {
    OpenFlags flags = Flags(true, true);
    flags.create = true;
    Result<std::unique_ptr<File>> file = Await(disk.value()->Open(who, name, flags));
    EXPECT_TRUE(file.ok());
    const std::vector<uint8_t> data(1 << 16, 'x');
    uint64_t size = 0;
    int64_t moved = 0;
    do {
      moved = allocate ? Await(file.value()->Allocate(size + data.size()))
                       : Await(file.value()->Write(data, size));
      if (moved >= 0) size += allocate ? data.size() : static_cast<uint64_t>(moved);
    } while (allocate ? moved == 0 : moved == static_cast<int64_t>(data.size()));
    EXPECT_TRUE(moved == -ENOSPC || moved >= 0) << moved;
    runner_.Do([&] { file.value().reset(); });
    return size;
  };
  for (const bool allocate : {false, true}) {
    const uint64_t reserved = small.reserved_bytes();
    fill(nobody_, "users", allocate);
    EXPECT_GE(small.free_bytes(), reserved) << allocate;
    fill(process_, "roots", allocate);
    EXPECT_LT(small.free_bytes(), reserved) << allocate;
    EXPECT_EQ(Await(disk.value()->Remove(process_, "users", false)), 0);
    EXPECT_EQ(Await(disk.value()->Remove(process_, "roots", false)), 0);
    runner_.Do([] {});
  }
  runner_.Do([&] { disk.value().reset(); });
}

}  // namespace
}  // namespace sluice::storage

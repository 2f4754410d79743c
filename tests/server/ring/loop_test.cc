#include "server/ring/loop.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/ring/credentials.h"

namespace sluice::ring {
namespace {

class LoopTest : public testing::Test {
 protected:
  LoopTest() {
    char name[] = "/tmp/loop_test.XXXXXX";
    directory_ = mkdtemp(name);
    dirfd_ = open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    loop_ = Make(0);
  }
  ~LoopTest() override {
    loop_.reset();
    close(dirfd_);
    const std::string command = absl::StrCat("rm -rf ", directory_);
    EXPECT_EQ(std::system(command.c_str()), 0);
  }

  std::unique_ptr<Loop> Make(size_t index) {
    Loop::Options options;
    options.index = index;
    options.pool = &pool_;
    absl::StatusOr<std::unique_ptr<Loop>> loop = Loop::Create(std::move(options));
    EXPECT_TRUE(loop.ok()) << loop.status();
    return *std::move(loop);
  }

  // Runs `task` on the loop of this thread until it ends.
  void RunTask(std::function<Task<void>(Loop&)> body) {
    bool ended = false;
    auto whole = [](Loop& loop, std::function<Task<void>(Loop&)> f, bool& done) -> Task<void> {
      Task<void> task = f(loop);
      co_await std::move(task);
      done = true;
    };
    loop_->Post([&] { Spawn(whole(*loop_, body, ended)); });
    while (!ended) loop_->RunTurn(true);
  }

  BlockingPool pool_{2};
  std::string directory_;
  int dirfd_ = -1;
  std::unique_ptr<Loop> loop_;
};

open_how How(uint64_t flags, uint64_t mode = 0) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH;
  return how;
}

TEST_F(LoopTest, WritesAndReadsAFile) {
  RunTask([this](Loop& loop) -> Task<void> {
    const open_how how = How(O_RDWR | O_CREAT, 0600);
    const int fd = co_await loop.Openat2(dirfd_, "file", how, nullptr);
    EXPECT_GE(fd, 0);
    Buffer out = loop.buffers().Acquire(4096);
    std::memset(out.data(), 'x', 4096);
    EXPECT_EQ(co_await loop.Write(fd, out.span().subspan(0, 4096), 100, nullptr), 4096);
    EXPECT_EQ(co_await loop.Fsync(fd, true, nullptr), 0);
    Buffer in = loop.buffers().Acquire(8192);
    EXPECT_EQ(co_await loop.Read(fd, in.span().subspan(0, 8192), 0), 4196);
    EXPECT_EQ(in.data()[99], 0);
    EXPECT_EQ(in.data()[100], 'x');
    EXPECT_EQ(co_await loop.Ftruncate(fd, 50, nullptr), 0);
    struct statx stat {};
    EXPECT_EQ(co_await loop.Statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stat, nullptr), 0);
    EXPECT_EQ(stat.stx_size, 50u);
    EXPECT_EQ(co_await loop.Fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 8192, nullptr), 0);
    uint8_t stack[16];
    EXPECT_EQ(co_await loop.Read(fd, absl::MakeSpan(stack), 45), 5);
    loop.Close(fd);
  });
  struct stat s {};
  EXPECT_EQ(stat(absl::StrCat(directory_, "/file").c_str(), &s), 0);
  EXPECT_EQ(s.st_size, 50);
}

TEST_F(LoopTest, ChangesTheTree) {
  RunTask([this](Loop& loop) -> Task<void> {
    EXPECT_EQ(co_await loop.Mkdirat(dirfd_, "d", 0700, nullptr), 0);
    EXPECT_EQ(co_await loop.Mkdirat(dirfd_, "d", 0700, nullptr), -EEXIST);
    EXPECT_EQ(co_await loop.Symlinkat("target", dirfd_, "s", nullptr), 0);
    const open_how how = How(O_RDWR | O_CREAT, 0600);
    const int fd = co_await loop.Openat2(dirfd_, "d/f", how, nullptr);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(co_await loop.Linkat(dirfd_, "d/f", dirfd_, "g", 0, nullptr), 0);
    EXPECT_EQ(
        co_await loop.Renameat2(dirfd_, "g", dirfd_, "d/f", 1 /* RENAME_NOREPLACE */, nullptr),
        -EEXIST);
    EXPECT_EQ(co_await loop.Renameat2(dirfd_, "g", dirfd_, "h", 0, nullptr), 0);
    EXPECT_EQ(co_await loop.Unlinkat(dirfd_, "h", 0, nullptr), 0);
    EXPECT_EQ(co_await loop.Unlinkat(dirfd_, "d", AT_REMOVEDIR, nullptr), -ENOTEMPTY);
    loop.Close(fd);
  });
  char target[16] = {};
  EXPECT_EQ(readlink(absl::StrCat(directory_, "/s").c_str(), target, sizeof(target)), 6);
  EXPECT_STREQ(target, "target");
  EXPECT_EQ(access(absl::StrCat(directory_, "/h").c_str(), F_OK), -1);
}

TEST_F(LoopTest, StaysBeneathTheRoot) {
  ASSERT_EQ(symlink("/etc", absl::StrCat(directory_, "/out").c_str()), 0);
  RunTask([this](Loop& loop) -> Task<void> {
    const open_how how = How(O_RDONLY);
    EXPECT_EQ(co_await loop.Openat2(dirfd_, "../x", how, nullptr), -EXDEV);
    EXPECT_EQ(co_await loop.Openat2(dirfd_, "out/passwd", how, nullptr), -EXDEV);
    EXPECT_EQ(co_await loop.Openat2(dirfd_, "none", how, nullptr), -ENOENT);
  });
}

TEST_F(LoopTest, ReadsAndSetsXattrs) {
  RunTask([this](Loop& loop) -> Task<void> {
    const open_how how = How(O_RDWR | O_CREAT, 0600);
    const int fd = co_await loop.Openat2(dirfd_, "x", how, nullptr);
    const uint8_t value[] = {1, 2, 3};
    const int set = co_await loop.Fsetxattr(fd, "user.test", absl::MakeSpan(value), 0);
    if (set != -EOPNOTSUPP) {  // not every file system for temporary files has them
      EXPECT_EQ(set, 0);
      EXPECT_EQ(co_await loop.Fsetxattr(fd, "user.test", absl::MakeSpan(value), XATTR_CREATE),
                -EEXIST);
      uint8_t got[8] = {};
      EXPECT_EQ(co_await loop.Fgetxattr(fd, "user.test", absl::MakeSpan(got)), 3);
      EXPECT_EQ(got[2], 3);
      EXPECT_EQ(co_await loop.Fgetxattr(fd, "user.none", absl::MakeSpan(got)), -ENODATA);
    }
    loop.Close(fd);
  });
}

TEST_F(LoopTest, SleepsAndWakesEarly) {
  RunTask([](Loop& loop) -> Task<void> {
    EXPECT_EQ(co_await loop.SleepFor(1'000'000), 0);
    Sleep sleep = loop.SleepFor(3'600'000'000'000);
    loop.Post([&] { sleep.Wake(); });
    EXPECT_EQ(co_await sleep, -ECANCELED);
  });
}

TEST_F(LoopTest, OffloadsAndComesBack) {
  RunTask([this](Loop& loop) -> Task<void> {
    const std::thread::id home = std::this_thread::get_id();
    auto work = [home] { return std::this_thread::get_id() != home; };
    EXPECT_TRUE(co_await loop.Offload(nullptr, work));
    EXPECT_EQ(std::this_thread::get_id(), home);
    EXPECT_EQ(&Loop::Current(), loop_.get());
    int calls = 0;
    auto nothing = [&calls] { ++calls; };
    co_await loop.Offload(nullptr, nothing);
    EXPECT_EQ(calls, 1);
  });
}

// Work that does not end on one pool holds up nothing on another.
TEST_F(LoopTest, OffloadsToAPoolOfTheCallers) {
  BlockingPool lookups(1);
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  size_t answered = 0;
  auto waits = [](Loop& loop, BlockingPool& pool, const std::shared_future<void>& until,
                  size_t& done) -> Task<void> {
    auto wait = [&until] { until.wait(); };
    co_await loop.OffloadTo(pool, nullptr, wait);
    ++done;
  };
  // As many as the loop's own pool has threads.
  const size_t waiting = pool_.threads();
  loop_->Post([&] {
    for (size_t i = 0; i < waiting; ++i) Spawn(waits(*loop_, lookups, released, answered));
  });
  RunTask([&](Loop& loop) -> Task<void> {
    auto nothing = [] {};
    co_await loop.Offload(nullptr, nothing);
    EXPECT_EQ(answered, 0u);
    release.set_value();
  });
  while (answered < waiting) loop_->RunTurn(true);
}

TEST_F(LoopTest, ActsForAUserAndComesBack) {
  if (!CanChangeCredentials()) GTEST_SKIP() << "needs root";
  const std::string secret = absl::StrCat(directory_, "/secret");
  ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
  close(open(secret.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  RunTask([this, secret](Loop& loop) -> Task<void> {
    const base::Identity nobody(65534, 65534);
    const open_how how = How(O_RDONLY);
    EXPECT_EQ(co_await loop.Openat2(dirfd_, "secret", how, &nobody), -EACCES);
    EXPECT_EQ(geteuid(), 0u);
    const int fd = co_await loop.Openat2(dirfd_, "secret", how, nullptr);
    EXPECT_GE(fd, 0);
    loop.Close(fd);
    EXPECT_EQ(co_await loop.Mkdirat(dirfd_, "made", 0700, &nobody), -EACCES);

    auto try_open = [secret] {
      const int opened = open(secret.c_str(), O_RDONLY | O_CLOEXEC);
      if (opened >= 0) close(opened);
      return opened >= 0 ? 0 : errno;
    };
    // Both threads of the pool, in both roles.
    for (int i = 0; i < 8; ++i) {
      EXPECT_EQ(co_await loop.Offload(&nobody, try_open), EACCES);
      EXPECT_EQ(co_await loop.Offload(nullptr, try_open), 0);
    }
    // Refused, and not done as the process.
    const base::Identity nonsense(~0u, 0);
    EXPECT_EQ(co_await loop.Mkdirat(dirfd_, "made", 0700, &nonsense), -EINVAL);
  });
}

TEST_F(LoopTest, RunsWhatManyThreadsPostInOrder) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 2000;
  std::vector<int> last(kThreads, -1);
  int total = 0;
  std::vector<std::thread> posters;
  for (int t = 0; t < kThreads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        loop_->Post([&, t, i] {
          EXPECT_EQ(last[t], i - 1);
          last[t] = i;
          if (++total == kThreads * kPosts) loop_->Stop();
        });
      }
    });
  }
  EXPECT_TRUE(loop_->Run());
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(total, kThreads * kPosts);
}

TEST_F(LoopTest, LoopsPostToEachOther) {
  std::unique_ptr<Loop> other = Make(1);
  std::thread thread([&] { EXPECT_TRUE(other->Run()); });
  int rounds = 0;
  std::function<void()> ping = [&] {
    EXPECT_EQ(&Loop::Current(), loop_.get());
    if (++rounds == 1000) {
      other->Stop();
      loop_->Stop();
      return;
    }
    other->Post([&] {
      EXPECT_EQ(&Loop::Current(), other.get());
      loop_->Post(ping);
    });
  };
  loop_->Post(ping);
  EXPECT_TRUE(loop_->Run());
  thread.join();
  EXPECT_EQ(rounds, 1000);
  EXPECT_GT(loop_->counters().wakes_by_ring.value(), 0u);
}

TEST_F(LoopTest, StopCancelsWhatWaits) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  int read_result = 0;
  int sleep_result = 0;
  bool offloaded = false;
  auto reads = [](Loop& loop, int fd, int& result) -> Task<void> {
    uint8_t byte[1];
    result = co_await loop.Read(fd, absl::MakeSpan(byte), 0);
  };
  auto sleeps = [](Loop& loop, int& result) -> Task<void> {
    result = co_await loop.SleepFor(3'600'000'000'000);
  };
  auto offloads = [](Loop& loop, bool& done) -> Task<void> {
    auto work = [&loop] { loop.Stop(); };
    co_await loop.Offload(nullptr, work);
    done = true;
  };
  loop_->Post([&] {
    Spawn(reads(*loop_, pipe_fds[0], read_result));
    Spawn(sleeps(*loop_, sleep_result));
    Spawn(offloads(*loop_, offloaded));
  });
  EXPECT_TRUE(loop_->Run());
  EXPECT_EQ(read_result, -ECANCELED);
  EXPECT_EQ(sleep_result, -ECANCELED);
  EXPECT_TRUE(offloaded);
  close(pipe_fds[0]);
  close(pipe_fds[1]);
}

TEST_F(LoopTest, DestroysWhatWasPostedAndDidNotRun) {
  auto owned = std::make_shared<int>(1);
  loop_->Post([owned] { FAIL(); });
  EXPECT_EQ(owned.use_count(), 2);
  loop_.reset();
  EXPECT_EQ(owned.use_count(), 1);
}

TEST_F(LoopTest, LosesNoOperationWhenTheSubmissionQueueIsFull) {
  struct CountOp final : Op {
    void OnCompletion(const Completion& completion) override {
      EXPECT_EQ(completion.result, 0);
      ++count;
    }
    int count = 0;
  } op;
  constexpr int kOps = 50000;
  loop_->Post([&] {
    for (int i = 0; i < kOps; ++i) loop_->Queue(Sqe{.code = OpCode::kNop}, &op);
  });
  while (op.count < kOps) loop_->RunTurn(true);
  EXPECT_EQ(op.count, kOps);
}

TEST_F(LoopTest, CallsTheTurnHandlerAfterTheCompletions) {
  struct Handler final : TurnHandler {
    void OnTurn(Loop&) override { seen.push_back(ran); }
    bool ran = false;
    std::vector<bool> seen;
  } handler;
  loop_->SetTurnHandler(&handler);
  loop_->Post([&] { handler.ran = true; });
  loop_->RunTurn(true);
  ASSERT_EQ(handler.seen.size(), 1u);
  EXPECT_TRUE(handler.seen[0]);
}

}  // namespace
}  // namespace sluice::ring

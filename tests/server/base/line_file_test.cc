#include "server/base/line_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/server/base/temporary_file.h"

namespace sluice::base {
namespace {

TEST(LineFileTest, KeepsEveryLineOfSeveralThreadsWhole) {
  const TemporaryFile temporary;
  {
    auto file = LineFile::Open(temporary.path());
    ASSERT_TRUE(file.ok()) << file.status();
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&file, t] {
        for (int i = 0; i < 500; ++i) (*file)->Write(absl::StrCat(t, " ", i));
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ((*file)->lost(), 0u);
  }
  std::vector<int> next(4, 0);
  for (const std::string& line : TemporaryFile::Lines(temporary.path())) {
    int thread = 0;
    int number = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "%d %d", &thread, &number), 2) << line;
    EXPECT_EQ(number, next[static_cast<size_t>(thread)]++);
  }
  EXPECT_EQ(next, std::vector<int>(4, 500));
}

TEST(LineFileTest, AppendsToWhatIsThere) {
  const TemporaryFile temporary;
  (*LineFile::Open(temporary.path()))->Write("one");
  (*LineFile::Open(temporary.path()))->Write("two");
  EXPECT_EQ(TemporaryFile::Lines(temporary.path()), (std::vector<std::string>{"one", "two"}));
}

TEST(LineFileTest, IsNotForOthersToRead) {
  const TemporaryFile temporary;
  (*LineFile::Open(temporary.path()))->Write("one");
  struct stat stat {};
  ASSERT_EQ(::stat(temporary.path().c_str(), &stat), 0);
  EXPECT_EQ(stat.st_mode & 07137, 0u) << std::oct << stat.st_mode;
}

TEST(LineFileTest, ReopenGoesOnInANewFile) {
  const TemporaryFile temporary;
  {
    auto file = LineFile::Open(temporary.path());
    (*file)->Write("before");
    // What is queued may be written after the renaming: into either file, but once.
    std::filesystem::rename(temporary.path(), temporary.other());
    ASSERT_TRUE((*file)->Reopen().ok());
    (*file)->Write("after");
  }
  std::vector<std::string> all = TemporaryFile::Lines(temporary.other());
  const std::vector<std::string> fresh = TemporaryFile::Lines(temporary.path());
  ASSERT_FALSE(fresh.empty());
  EXPECT_EQ(fresh.back(), "after");
  all.insert(all.end(), fresh.begin(), fresh.end());
  EXPECT_EQ(all, (std::vector<std::string>{"before", "after"}));
}

TEST(LineFileTest, ReopenThatFailsKeepsTheOldFile) {
  const TemporaryFile temporary;
  {
    auto file = LineFile::Open(temporary.path());
    std::filesystem::rename(temporary.path(), temporary.other());
    std::filesystem::create_directory(temporary.path());
    EXPECT_FALSE((*file)->Reopen().ok());
    (*file)->Write("kept");
  }
  EXPECT_EQ(TemporaryFile::Lines(temporary.other()), std::vector<std::string>{"kept"});
}

TEST(LineFileTest, CountsWhatTheDiskDoesNotTake) {
  auto file = LineFile::Open("/dev/full");
  ASSERT_TRUE(file.ok()) << file.status();
  (*file)->Write("lost");
  while ((*file)->lost() == 0) std::this_thread::yield();
  EXPECT_EQ((*file)->lost(), 1u);
}

// The process may write no further than here, as if the disk were full.
class FullAt {
 public:
  explicit FullAt(rlim_t bytes) {
    previous_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit full{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
  }
  ~FullAt() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, previous_);
  }

 private:
  rlimit before_{};
  void (*previous_)(int) = nullptr;
};

TEST(LineFileTest, LineThatTheDiskTakesInPartIsNotThere) {
  const TemporaryFile temporary;
  {
    auto file = LineFile::Open(temporary.path());
    {
      const FullAt full(12);
      (*file)->Write("first");
      (*file)->Write("is cut in half");
      while ((*file)->lost() == 0) std::this_thread::yield();
    }
    (*file)->Write("last");
  }
  EXPECT_EQ(TemporaryFile::Lines(temporary.path()), (std::vector<std::string>{"first", "last"}));
}

TEST(LineFileTest, SaysWhichFileCannotBeOpened) {
  const auto file = LineFile::Open("/nonexistent/log");
  ASSERT_FALSE(file.ok());
  EXPECT_NE(std::string(file.status().message()).find("/nonexistent/log"), std::string::npos);
}

}  // namespace
}  // namespace sluice::base

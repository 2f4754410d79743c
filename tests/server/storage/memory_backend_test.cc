#include "server/storage/memory_backend.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/ring/task.h"
#include "tests/fakes/fake_clock.h"

namespace sluice::storage {
namespace {

// Its tasks end without waiting, so no loop is needed.
template <typename T>
T Await(ring::Task<T> task) {
  std::optional<T> result;
  auto keep = [](ring::Task<T> inner, std::optional<T>* out) -> ring::Task<void> {
    out->emplace(co_await inner);
  };
  ring::Spawn(keep(std::move(task), &result));
  return std::move(*result);
}

OpenFlags ReadWriteCreate() {
  OpenFlags flags;
  flags.read = flags.write = flags.create = true;
  return flags;
}

absl::Span<const uint8_t> Bytes(absl::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class MemoryBackendTest : public testing::Test {
 protected:
  std::unique_ptr<File> Open(absl::string_view path) {
    return std::move(Await(backend_->Open(who_, path, ReadWriteCreate())).value());
  }
  Stat StatOf(absl::string_view path) { return Await(backend_->GetStat(who_, path)).value(); }

  fakes::FakeClock clock_;
  std::unique_ptr<Backend> backend_ = MakeMemoryBackend(clock_, 4u << 20);
  base::Identity who_{1000, 100};
};

TEST_F(MemoryBackendTest, TakesTimesFromTheClock) {
  auto file = Open("file");
  const int64_t made = clock_.WallNanos() / kTickNanos;
  EXPECT_EQ(StatOf("file").born, made);
  EXPECT_EQ(StatOf("file").modified, made);
  clock_.Advance(5'000'000'000);
  EXPECT_EQ(Await(file->Write(Bytes("x"), 0)), 1);
  EXPECT_EQ(StatOf("file").born, made);
  EXPECT_EQ(StatOf("file").modified, made + 5 * kTicksPerSecond);
  EXPECT_EQ(StatOf("file").changed, made + 5 * kTicksPerSecond);
}

TEST_F(MemoryBackendTest, ADirectorysChangeTimeGrowsThoughTheClockStands) {
  Open("a");
  const int64_t before = StatOf("").changed;
  Open("b");
  EXPECT_GT(StatOf("").changed, before);
}

TEST_F(MemoryBackendTest, FilesBelongToTheirMaker) {
  Open("file");
  EXPECT_EQ(StatOf("file").uid, 1000u);
  EXPECT_EQ(StatOf("file").gid, 100u);
}

TEST_F(MemoryBackendTest, RefusesDataBeyondItsSpaceAndTakesItBack) {
  auto file = Open("file");
  const std::string half(2u << 20, 'x');
  EXPECT_EQ(Await(file->Write(Bytes(half), 0)), static_cast<int64_t>(half.size()));
  EXPECT_EQ(Await(file->Write(Bytes(half), half.size())), -ENOSPC);
  EXPECT_EQ(Await(file->Write(Bytes("x"), uint64_t{1} << 40)), -ENOSPC);
  EXPECT_EQ(Await(file->Allocate(uint64_t{1} << 40)), -ENOSPC);
  EXPECT_EQ(Await(file->Truncate(0)), 0);
  EXPECT_EQ(Await(file->Write(Bytes(half), 0)), static_cast<int64_t>(half.size()));
  const uint64_t free = Await(backend_->GetStatFs(who_)).value().blocks_free;
  file.reset();
  EXPECT_EQ(Await(backend_->Remove(who_, "file", false)), 0);
  EXPECT_GT(Await(backend_->GetStatFs(who_)).value().blocks_free, free);
}

TEST_F(MemoryBackendTest, RefusesMoreFilesThanItsSpaceHolds) {
  int error = 0;
  for (int i = 0; i < 10'000 && error == 0; ++i) {
    error = Await(backend_->MakeDirectory(who_, absl::StrCat("d", i), 0755));
  }
  EXPECT_EQ(error, -ENOSPC);
}

TEST_F(MemoryBackendTest, RefusesXattrsThatAreTooLong) {
  auto file = Open("file");
  EXPECT_EQ(Await(file->SetXattr("user.x", std::string(65'537, 'x'), As::kUser)), -E2BIG);
  EXPECT_EQ(Await(file->SetXattr("", "x", As::kUser)), -ERANGE);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Await(file->SetXattr("user.x", std::string(60'000, 'x'), As::kUser)), 0);
  }
}

TEST_F(MemoryBackendTest, FilesOutliveTheBackend) {
  auto file = Open("file");
  EXPECT_EQ(Await(file->Write(Bytes("x"), 0)), 1);
  backend_.reset();
  EXPECT_EQ(Await(file->GetStat()).value().size, 1u);
}

TEST_F(MemoryBackendTest, DeepTreesEndWithoutRecursion) {
  auto backend = MakeMemoryBackend(clock_, 64u << 20);
  std::string path = "d";
  ASSERT_EQ(Await(backend->MakeDirectory(who_, path, 0755)), 0);
  for (int i = 0; i < 10'000; ++i) {
    // Each makes a directory and moves the tree so far into it.
    ASSERT_EQ(Await(backend->MakeDirectory(who_, "n", 0755)), 0);
    ASSERT_EQ(Await(backend->Rename(who_, "d", "n/d", false)), 0);
    ASSERT_EQ(Await(backend->Rename(who_, "n", "d", false)), 0);
  }
}

TEST_F(MemoryBackendTest, ManyThreadsMayUseIt) {
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const std::string mine = absl::StrCat("mine", t);
      for (int i = 0; i < 200; ++i) {
        auto file = Open(mine);
        auto shared = Open("shared");
        if (Await(file->Write(Bytes("hello"), 0)) != 5) ++failures;
        if (Await(shared->Write(Bytes("hello"), 5 * t)) != 5) ++failures;
        std::vector<uint8_t> out(20);
        if (Await(shared->Read(absl::MakeSpan(out), 0)) < 5) ++failures;
        if (Await(file->SetXattr("user.x", "y", As::kUser)) != 0) ++failures;
        const std::string moved = mine + "b";
        if (Await(backend_->Rename(who_, mine, moved, true)) != 0) ++failures;
        if (Await(backend_->Remove(who_, moved, false)) != 0) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace sluice::storage

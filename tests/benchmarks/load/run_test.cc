// Whole runs against a gateway in this process. Every workload once more, against real servers, is
// tests/interop/test_sluicebench.py.
#include "benchmarks/load/work/run.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/load/work/contents.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::bench {
namespace {

class RunTest : public smb::GatewayTest {
 protected:
  void SetUp() override {
    smb::GatewayTest::SetUp();
    options_.client.address = *net::ParseAddress(address());
    options_.client.share = "disk";
    options_.client.user = "alice";
    options_.client.nt_hash = *auth::NtHashOfPassword("secret");
    options_.connections = 3;
    options_.depth = 4;
    options_.threads = 2;
    options_.file_bytes = 1 << 20;
    options_.files = 20;
    options_.count = 100;
    options_.verify = true;
  }
  absl::StatusOr<RunResult> Go(const std::string& workload) {
    options_.workload = workload;
    return bench::Run(options_, nullptr);
  }

  RunOptions options_;
};

TEST_F(RunTest, DoesAsManyOperationsAsAskedForAndLeavesNothingBehind) {
  const absl::StatusOr<RunResult> result = Go("mix");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->statistics.operations(), 100u);
  EXPECT_EQ(result->statistics.error_count(), 0u);
  EXPECT_EQ(result->dialect, "3.1.1");
  EXPECT_EQ(result->signing, "AES-128-GMAC");
  EXPECT_TRUE(std::filesystem::is_empty(disk_));
}

TEST_F(RunTest, WrittenDataIsVerifiedAfterTheRun) {
  const absl::StatusOr<RunResult> result = Go("randwrite");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->statistics.bytes(), 100u * 4096);
}

TEST_F(RunTest, WrongContentsEndTheRunWithTheirPlace) {
  options_.keep = true;
  options_.block_bytes = 65536;
  options_.connections = 1;
  ASSERT_TRUE(Go("read").ok());
  {
    std::fstream file(disk_ + "/sluicebench/data-0", std::ios::in | std::ios::out);
    file.seekp(200'000);
    file << "wrong";
  }
  options_.reuse = true;
  const absl::StatusOr<RunResult> result = Go("read");
  EXPECT_NE(result.status().message().find("data-0 at 196608: WRONG CONTENTS"),
            absl::string_view::npos)
      << result.status();
}

// Otherwise a write that does nothing would find its own work done.
TEST_F(RunTest, FilesThatHoldWhatIsToBeWrittenAreMadeAnew) {
  options_.keep = true;
  options_.block_bytes = 4096;
  options_.file_bytes = 4096 * 100;
  options_.connections = options_.files = options_.threads = 1;
  ASSERT_TRUE(Go("write").ok());
  options_.reuse = true;
  options_.count = 1;
  ASSERT_TRUE(Go("write").ok());
  // One block was written this time.
  std::ifstream file(disk_ + "/sluicebench/data-0", std::ios::binary);
  std::vector<char> written(8192);
  file.read(written.data(), 8192);
  Contents right(options_.seed);
  std::vector<uint8_t> bytes(written.begin(), written.end());
  EXPECT_EQ(right.FirstWrong(0, 0, absl::MakeSpan(bytes).first(4096)), 4096u);
  EXPECT_NE(right.FirstWrong(0, 4096, absl::MakeSpan(bytes).subspan(4096)), 4096u);
}

TEST_F(RunTest, OpenLoopKeepsItsRate) {
  options_.count = 0;
  options_.seconds = 0.5;
  options_.warmup_seconds = 0.1;
  options_.rate = 200;
  const absl::StatusOr<RunResult> result = Go("echo");
  ASSERT_TRUE(result.ok()) << result.status();
  // All that had their time within the half second, whenever they were answered.
  EXPECT_EQ(result->statistics.latency().count() + result->missed, 100u);
}

// An error of every operation: those that are allowed are counted, the next one ends the run.
TEST_F(RunTest, ErrorsAreCountedByStatusUpToTheirLimit) {
  options_.workload = "replay";
  options_.log = directory_ + "/log";
  options_.connections = options_.depth = options_.threads = 1;
  std::ofstream(options_.log) << "a stat nothing\na stat nothing\na stat nothing\n";
  options_.errors_max = 3;
  options_.count = 3;
  absl::StatusOr<RunResult> result = bench::Run(options_, nullptr);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->statistics.errors().at(proto::NtStatus::kObjectNameNotFound), 3u);
  EXPECT_EQ(result->statistics.operations(), 0u);
  options_.errors_max = 2;
  result = bench::Run(options_, nullptr);
  EXPECT_NE(result.status().message().find("STATUS_OBJECT_NAME_NOT_FOUND"), absl::string_view::npos)
      << result.status();
  EXPECT_NE(result.status().message().find("log:3"), absl::string_view::npos) << result.status();
}

TEST_F(RunTest, RunInWhichNothingEndedIsAnError) {
  options_.workload = "replay";
  options_.log = directory_ + "/log";
  std::ofstream(options_.log) << "a wait 1\n";
  const absl::StatusOr<RunResult> result = bench::Run(options_, nullptr);
  EXPECT_NE(result.status().message().find("--time"), absl::string_view::npos) << result.status();
}

TEST_F(RunTest, LogWithoutOperationsIsAnError) {
  options_.log = directory_ + "/log";
  std::ofstream(options_.log) << "# nothing\n";
  EXPECT_NE(Go("replay").status().message().find("no operation"), absl::string_view::npos);
}

TEST_F(RunTest, InterruptEndsWhatIsMeasuredAndKeepsTheResult) {
  options_.workload = "randwrite";
  options_.count = 0;
  options_.seconds = 600;
  options_.warmup_seconds = 0;
  bool raised = false;
  const absl::StatusOr<RunResult> result = bench::Run(options_, [&raised](const Interval&) {
    // A second one would end the process.
    if (!std::exchange(raised, true)) std::raise(SIGINT);
  });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->interrupted);
  EXPECT_GT(result->statistics.operations(), 0u);
  EXPECT_GT(result->seconds, 0);
  EXPECT_LT(result->seconds, 100);
  EXPECT_EQ(result->block_bytes, 4096u);
  EXPECT_TRUE(std::filesystem::is_empty(disk_));
}

TEST_F(RunTest, UnknownWorkloadIsAnErrorThatNamesThose) {
  EXPECT_NE(Go("bogus").status().message().find("randread"), absl::string_view::npos);
}

TEST_F(RunTest, BlockThatTheDialectCannotHaveIsRefused) {
  options_.client.offer.dialects = {proto::Dialect::kSmb202};
  options_.block_bytes = 1 << 20;
  EXPECT_NE(Go("read").status().message().find("--bs"), absl::string_view::npos);
}

TEST_F(RunTest, ServerThatIsNotThereIsAnError) {
  gateway_.reset();
  EXPECT_NE(Go("echo").status().message().find("refused"), absl::string_view::npos);
}

TEST_F(RunTest, IdleConnectionsAreHeld) {
  options_.count = 0;
  options_.seconds = 0.2;
  options_.warmup_seconds = 0;
  options_.connections = 20;
  const absl::StatusOr<RunResult> result = Go("idle");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->statistics.operations(), 0u);
  EXPECT_GE(Counter("connections_opened"), 20u);
}

}  // namespace
}  // namespace sluice::bench

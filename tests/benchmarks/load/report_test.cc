#include "benchmarks/load/report.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "benchmarks/load/measure/server_usage.h"
#include "benchmarks/load/results.h"
#include "benchmarks/load/svg.h"

namespace sluice::bench {
namespace {

std::string WriteFile(const std::string& name, const std::string& text) {
  std::string path = ::testing::TempDir() + "/" + name;
  std::ofstream(path) << text;
  return path;
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

FinishedRun SomeRun(uint32_t connections) {
  FinishedRun run;
  run.options.label = "a <run>";
  run.options.workload = "idle";
  run.options.connections = connections;
  if (connections > 1) {
    run.options.curve = "connections";
    run.options.curve_at = connections;
  }
  run.result.seconds = 2;
  run.result.dialect = "3.1.1";
  run.result.signing = "AES-128-GMAC";
  run.result.cipher = "none";
  for (uint64_t i = 1; i <= 1000; ++i) {
    Outcome outcome;
    outcome.kind = i % 2 == 0 ? Kind::kRead : Kind::kWrite;
    outcome.bytes = 1000;
    run.result.statistics.Record(outcome, i * 1000);
  }
  Outcome bad;
  bad.status = proto::NtStatus::kAccessDenied;
  run.result.statistics.Record(bad, 1);
  Interval interval;
  interval.at_seconds = interval.seconds = 1;
  interval.operations = 500;
  interval.bytes = 500'000;
  run.result.intervals = {interval, interval};
  run.result.intervals[1].at_seconds = 2;
  run.result.server_alone = ServerUsage{1, 10 << 20};
  run.result.server_before = ServerUsage{2, 11 << 20};
  run.result.server_after = ServerUsage{2.5, 12 << 20};
  return run;
}

std::vector<FinishedRun> SomeRuns() {
  std::vector<FinishedRun> runs;
  runs.push_back(SomeRun(1));
  runs.push_back(SomeRun(16));
  return runs;
}

TEST(ResultsTest, JsonHasRatesLatenciesErrorsAndTheServersCost) {
  const nlohmann::json run = nlohmann::json::parse(ResultsJson(SomeRuns())).at("runs").at(1);
  EXPECT_EQ(run["operations"], 1000);
  EXPECT_EQ(run["operations_per_s"], 500.0);
  EXPECT_EQ(run["MB_per_s"], 0.5);
  EXPECT_NEAR(run["latency_us"]["p50"].get<double>(), 500, 2);
  EXPECT_EQ(run["latency_us"]["max"], 1000.0);
  EXPECT_EQ(run["errors"], nlohmann::json({{"STATUS_ACCESS_DENIED", 1}}));
  EXPECT_EQ(run["kinds"]["read"]["count"], 500);
  EXPECT_EQ(run["server"]["cpu_us_per_operation"], 500.0);
  EXPECT_EQ(run["server"]["cpu_s_per_GB"], 500.0);
  EXPECT_EQ(run["server"]["bytes_per_connection"], (2 << 20) / 16);
}

TEST(ResultsTest, TextHasWhatThereIs) {
  const std::string text = ResultText(SomeRun(1));
  for (const char* part : {"500 op/s", "0.5 MB/s", "p99.9", "us/op", "s/GB",
                           "STATUS_ACCESS_DENIED 1", "read", "write", "AES-128-GMAC"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
}

TEST(ResultsTest, TextSaysHowItWasRunAndThatItWasCutShort) {
  FinishedRun run = SomeRun(1);
  run.options.rate = 800;
  run.options.client.kerberos = true;
  run.result.block_bytes = 65536;
  run.result.interrupted = true;
  const std::string text = ResultText(run);
  for (const char* part : {"64K, 1 x 1", "; 800 op/s asked for", ", Kerberos", ", interrupted"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
  }
}

TEST(ResultsTest, JsonHasTheBlockThatWasUsedAndTheLogOn) {
  std::vector<FinishedRun> runs = SomeRuns();
  runs[0].result.block_bytes = 4096;
  runs[1].options.client.limit = true;
  const nlohmann::json all = nlohmann::json::parse(ResultsJson(runs)).at("runs");
  EXPECT_EQ(all[0]["options"]["bs"], 4096);
  EXPECT_EQ(all[0]["options"]["auth"], "anonymous");
  EXPECT_EQ(all[1]["options"]["auth"], "none");
}

TEST(ReportTest, OnePageWithEscapedNamesAndNothingFromOutside) {
  const std::string results = WriteFile("ours.json", ResultsJson(SomeRuns()));
  const std::string others = WriteFile("theirs.json", ResultsJson(SomeRuns()));
  const std::string html = ::testing::TempDir() + "/report.html";
  const absl::Status status = WriteReport({results, others}, "Title & more", html);
  ASSERT_TRUE(status.ok()) << status;
  const std::string page = ReadText(html);
  for (const char* part : {"Title &amp; more", "a &lt;run&gt;", "<svg", "Scaling", "Comparison",
                           "ours", "theirs", "@media print"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  for (const char* part : {"a <run>", "src=", "href=", "nan", "inf\""}) {
    EXPECT_EQ(page.find(part), std::string::npos) << part;
  }
}

TEST(ReportTest, ResultsOfASuiteThatFailedSayWhatFailed) {
  const std::string html = ::testing::TempDir() + "/failed.html";
  const std::string results =
      WriteFile("part.json", ResultsJson(SomeRuns(), "lock: STATUS_LOCK_NOT_GRANTED"));
  const absl::Status status = WriteReport({results}, "t", html);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_NE(ReadText(html).find("part: lock: STATUS_LOCK_NOT_GRANTED"), std::string::npos);
}

TEST(ReportTest, RefusesWhatIsNotResults) {
  const std::string out = ::testing::TempDir() + "/none.html";
  for (const char* wrong : {"", "{}", "[1]", "{\"runs\": [{}]}", "{\"runs\": 5, \"machine\": 1}"}) {
    const absl::Status status = WriteReport({WriteFile("wrong.json", wrong)}, "t", out);
    EXPECT_NE(status.message().find("wrong.json"), absl::string_view::npos) << wrong;
  }
}

TEST(SvgTest, NumbersAreShort) {
  EXPECT_EQ(ShortNumber(0), "0");
  EXPECT_EQ(ShortNumber(0.0421), "0.0421");
  EXPECT_EQ(ShortNumber(999), "999");
  EXPECT_EQ(ShortNumber(12'345), "12.3k");
  EXPECT_EQ(ShortNumber(4.2e6), "4.2M");
}

TEST(SvgTest, ChartsWithoutPointsAreLeftOut) {
  EXPECT_EQ(RenderLines(LineChart()), "");
  EXPECT_EQ(RenderBars(BarChart()), "");
}

TEST(SvgTest, BarsBeginBehindTheLongestName) {
  BarChart chart;
  chart.series = {"sluiced"};
  chart.groups = {{"short", {1}}};
  EXPECT_NE(RenderBars(chart).find("<rect x=\"170.0\""), std::string::npos);
  chart.groups.push_back({"open-close 100,000 other case 4x8", {2}});  // 33 characters
  EXPECT_NE(RenderBars(chart).find("<rect x=\"233.8\""), std::string::npos);
  chart.groups.push_back({std::string(1000, 'x'), {2}});
  EXPECT_NE(RenderBars(chart).find("<rect x=\"320.0\""), std::string::npos);
}

// --- What a server uses ---

class UsageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_.proc = ::testing::TempDir() + "/proc";
    std::filesystem::remove_all(server_.proc);
    for (const char* pid : {"10", "11", "12"}) {
      std::filesystem::create_directories(server_.proc + "/" + pid + "/task/" + pid);
    }
    server_.pid = 10;
    Process("10", "10 (a) name) S 1 1 1 0 -1 0 0 0 0 0 100 50 7 3 20 0 1 0", "11 12 ");
    Process("11", "11 (b) S 10 1 1 0 -1 0 0 0 0 0 10 20 0 0 20 0 1 0", "");
    Process("12", "12 (c) S 10 1 1 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0", "");
  }
  void Process(const std::string& pid, const std::string& stat, const std::string& children) {
    const std::string directory = server_.proc + "/" + pid;
    std::ofstream(directory + "/stat") << stat << "\n";
    std::ofstream(directory + "/status") << "Name:\tx\nVmRSS:\t   1000 kB\n";
    std::ofstream(directory + "/task/" + pid + "/children") << children;
  }
  ServerProcess server_;
};

TEST_F(UsageTest, OneProcess) {
  const absl::StatusOr<ServerUsage> usage = ReadUsage(server_);
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_DOUBLE_EQ(usage->cpu_seconds, 1.5);
  EXPECT_EQ(usage->resident_bytes, 1'024'000u);
}

TEST_F(UsageTest, TreeHasTheLivingAndTheEndedChildren) {
  server_.tree = true;
  const absl::StatusOr<ServerUsage> usage = ReadUsage(server_);
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_DOUBLE_EQ(usage->cpu_seconds, 1.5 + 0.1 + 0.3 + 0.03);
  EXPECT_EQ(usage->resident_bytes, 3'072'000u);
}

// Resident pages that the processes share would count once for each of them.
TEST_F(UsageTest, MemoryOfATreeIsItsShareOfThePages) {
  for (const char* pid : {"10", "11", "12"}) {
    std::ofstream(server_.proc + "/" + pid + "/smaps_rollup")
        << "55d0-7ffc ---p 00000000 00:00 0    [rollup]\nRss:     1000 kB\nPss:      300 kB\n"
           "Pss_Anon:  200 kB\n";
  }
  server_.tree = true;
  const absl::StatusOr<ServerUsage> tree = ReadUsage(server_);
  ASSERT_TRUE(tree.ok()) << tree.status();
  EXPECT_EQ(tree->resident_bytes, 3u * 300 * 1024);
  server_.tree = false;
  const absl::StatusOr<ServerUsage> one = ReadUsage(server_);
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->resident_bytes, 1000u * 1024);
}

TEST_F(UsageTest, ProcessThatIsNotThereIsAnError) {
  server_.pid = 99;
  EXPECT_NE(ReadUsage(server_).status().message().find("/99/stat"), absl::string_view::npos);
}

TEST_F(UsageTest, Cgroup) {
  server_.cgroup = server_.proc;
  std::ofstream(server_.proc + "/cpu.stat") << "usage_usec 2500000\nuser_usec 1\n";
  std::ofstream(server_.proc + "/memory.current") << "4096\n";
  const absl::StatusOr<ServerUsage> usage = ReadUsage(server_);
  ASSERT_TRUE(usage.ok()) << usage.status();
  EXPECT_DOUBLE_EQ(usage->cpu_seconds, 2.5);
  EXPECT_EQ(usage->resident_bytes, 4096u);
}

TEST_F(UsageTest, CgroupWithoutItsCpuTimeIsAnError) {
  server_.cgroup = server_.proc;
  std::ofstream(server_.proc + "/cpu.stat") << "nr_periods 0\n";
  std::ofstream(server_.proc + "/memory.current") << "4096\n";
  EXPECT_NE(ReadUsage(server_).status().message().find("cpu.stat"), absl::string_view::npos);
}

}  // namespace
}  // namespace sluice::bench

#include "tools/sluicectl/top_screen.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_split.h"

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

json Latency(int fast, int slow) {
  return {{"count", fast + slow},
          {"sum_nanos", 1},
          {"buckets", json::array({json::array({20'480, fast}), json::array({4'194'304, slow})})}};
}

json Command(int fast, int slow, int bytes) {
  return {{"failures", 0},
          {"request_bytes", bytes},
          {"response_bytes", 0},
          {"latency", Latency(fast, slow)}};
}

json Open(int id, const std::string& path, int requests, int read) {
  return {{"id", id},          {"share", "files"},     {"path", path},
          {"user", "alice"},   {"requests", requests}, {"bytes_read", read},
          {"bytes_written", 0}};
}

// Two seconds with 200 READs, 2 of them slow, and 20 ECHOs that carry more bytes.
class TopScreenTest : public testing::Test {
 protected:
  TopScreenTest() {
    before_.stats = {{"uptime_nanos", 1'000'000'000},
                     {"commands", {{"read", Command(1000, 0, 0)}}},
                     {"loops", json::array({{{"cpu_nanos", 0}, {"connections", 1}}})}};
    before_.connections = json::array();
    before_.opens = json::array({Open(1, "a", 10, 0)});
    now_.stats = {{"uptime_nanos", 3'000'000'000},
                  {"connections", 1},
                  {"commands", {{"read", Command(1198, 2, 0)}, {"echo", Command(20, 0, 9000)}}},
                  {"shares", json::object()},
                  {"loops", json::array({{{"cpu_nanos", 1'000'000'000},
                                          {"connections", 1},
                                          {"crypto_jobs", 40},
                                          {"crypto_batches", {0, 0, 10, 5}}}})}};
    now_.connections = json::array();
    now_.opens = json::array({Open(1, "a", 30, 2048), Open(2, "b", 4, 8192)});
  }

  std::vector<std::string> Lines(const TopView& view) {
    return absl::StrSplit(RenderTop(before_, now_, view), '\n');
  }
  // The place of the line that begins so; -1 for none.
  static int Find(const std::vector<std::string>& lines, const std::string& beginning) {
    for (size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].substr(0, beginning.size()) == beginning) return static_cast<int>(i);
    }
    return -1;
  }

  TopSample before_;
  TopSample now_;
};

TEST_F(TopScreenTest, ShowsWhatHappenedBetweenTheLooks) {
  const std::vector<std::string> lines = Lines({.rows = 40, .columns = 120});
  const std::string& read = lines.at(static_cast<size_t>(Find(lines, "read")));
  EXPECT_NE(read.find(" 100 "), std::string::npos) << read;  // a second
  EXPECT_NE(read.find("20 us"), std::string::npos) << read;
  EXPECT_NE(read.find("4.2 ms"), std::string::npos) << read;
  EXPECT_NE(lines[2].find("50 %"), std::string::npos) << lines[2];
  EXPECT_NE(lines[3].find("of 2.7 jobs, 99 % up to 7"), std::string::npos) << lines[3];
}

TEST_F(TopScreenTest, ANarrowTerminalShowsLessInsteadOfCuttingIt) {
  const std::vector<std::string> lines = Lines({.rows = 40, .columns = 60});
  const std::string& heading = lines.at(static_cast<size_t>(Find(lines, "COMMAND")));
  EXPECT_NE(heading.find("P50     P99"), std::string::npos) << heading;
  EXPECT_EQ(heading.find("P90"), std::string::npos) << heading;
  const std::string& read = lines.at(static_cast<size_t>(Find(lines, "read")));
  EXPECT_EQ(read.substr(read.size() - 15), "  20 us   20 us") << read;
  EXPECT_EQ(lines.back(), "q quit, space pause; sort o b l n: operations");
}

TEST_F(TopScreenTest, ANarrowTerminalWrapsTheSumsInsteadOfCuttingThem) {
  now_.stats["crypto_processor"] = "AVX512";
  const TopView view = {.rows = 40, .columns = 60, .paused = true};
  const std::vector<std::string> lines = Lines(view);
  EXPECT_EQ(lines[0], "sluice top - up 3 s, 1 clients, 0 sessions, 0 open files,");
  EXPECT_EQ(lines[1], "             0 B  [paused]");
  EXPECT_EQ(lines[2], "data     read 0 B/s, written 0 B/s;");
  EXPECT_EQ(lines[3], "         requests 0/s, failures 0/s;");
  EXPECT_EQ(lines[4], "         network in 0 B/s, out 0 B/s");
  const int crypto = Find(lines, "crypto     0 % of a core, 20 jobs/s, 0 B/s;");
  ASSERT_GT(crypto, 0);
  EXPECT_EQ(lines.at(static_cast<size_t>(crypto) + 1),
            "         batches 8/s, of 2.7 jobs, 99 % up to 7; AVX512");
}

TEST_F(TopScreenTest, AnIdleGatewayHasNoBatches) {
  const std::string screen = RenderTop(now_, now_, {.rows = 40, .columns = 120});
  EXPECT_NE(screen.find("0 B/s; no batches;"), std::string::npos) << screen;
}

TEST_F(TopScreenTest, FitsTheTerminalWhateverItsSize) {
  for (int rows : {1, 2, 5, 10, 24, 100}) {
    for (int columns : {1, 20, 80, 300}) {
      const std::vector<std::string> lines = Lines({.rows = rows, .columns = columns});
      EXPECT_EQ(lines.size(), static_cast<size_t>(rows));
      for (const std::string& line : lines) EXPECT_LE(line.size(), static_cast<size_t>(columns));
    }
  }
}

TEST_F(TopScreenTest, SortsAsAsked) {
  const auto order = [this](TopOrder by) {
    const auto lines = Lines({.rows = 40, .columns = 120, .order = by});
    return Find(lines, "read") < Find(lines, "echo");
  };
  EXPECT_TRUE(order(TopOrder::kOperations));
  EXPECT_FALSE(order(TopOrder::kBytes));
  EXPECT_FALSE(order(TopOrder::kName));
  const auto lines = Lines({.rows = 40, .columns = 120, .order = TopOrder::kBytes});
  EXPECT_LT(Find(lines, "files/b"), Find(lines, "files/a"));
}

TEST_F(TopScreenTest, NamesCannotSteerTheTerminal) {
  now_.opens = json::array({Open(3, "\x1b[2Jevil\nname", 9, 9)});
  const std::string screen = RenderTop(before_, now_, {.rows = 40, .columns = 120});
  EXPECT_EQ(screen.find('\x1b'), std::string::npos);
  EXPECT_NE(screen.find("files/\\u001b[2Jevil\\u000aname"), std::string::npos);
}

TEST_F(TopScreenTest, LongNamesLoseTheirBeginning) {
  now_.opens = json::array({Open(3, std::string(100, 'x') + "/the-end", 9, 9)});
  const std::string screen = RenderTop(before_, now_, {.rows = 40, .columns = 120});
  EXPECT_NE(screen.find("/the-end"), std::string::npos);
}

TEST_F(TopScreenTest, TheFirstLookHasNoRates) {
  const std::string screen = RenderTop(now_, now_, {.rows = 40, .columns = 120});
  EXPECT_EQ(screen.find("read "), screen.find("read 0 B/s"));
}

}  // namespace
}  // namespace sluice::sluicectl

#include "tools/sluicectl/pages.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace sluice::sluicectl {
namespace {

using nlohmann::json;

json Status() {
  return {{"version", "1.2"},
          {"protocol", 1},
          {"listen", {"127.0.0.1:445"}},
          {"shares", {"files", "disk"}},
          {"loops", 2},
          {"uptime_seconds", 7385},
          {"connections", 3},
          {"sessions", 4},
          {"crypto_processor", "AVX2"},
          {"counters",
           {{"requests", 12345},
            {"failures", 6},
            {"receives", 777},
            {"wrong_signatures", 0},
            {"status.STATUS_NO_SUCH_FILE", 5}}}};
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(StatusPageTest, BeginsWithWhatMattersAndLeavesCountersOut) {
  const std::string page = RenderStatus(Status());
  EXPECT_EQ(page.rfind("sluiced 1.2, up 2:03:05\n", 0), 0u) << page;
  EXPECT_TRUE(Has(page, "files, disk")) << page;
  EXPECT_TRUE(Has(page, "127.0.0.1:445")) << page;
  EXPECT_TRUE(Has(page, "errors and warnings     6\n")) << page;
  EXPECT_FALSE(Has(page, "777")) << page;
  EXPECT_LT(page.find("clients"), page.find("loops"));
}

TEST(StatusPageTest, TellsOfTroubleOnlyWhereThereIsSome) {
  json status = Status();
  EXPECT_TRUE(Has(RenderStatus(status), "no trouble since the start"));
  EXPECT_TRUE(Has(RenderStatus(status), "STATUS_NO_SUCH_FILE"));
  status["counters"]["wrong_signatures"] = 9;
  EXPECT_FALSE(Has(RenderStatus(status), "no trouble"));
  EXPECT_TRUE(Has(RenderStatus(status), "9      messages with a wrong signature"));
}

TEST(StatsPageTest, HasTablesOfCommandsSharesAndLoops) {
  const json latency = {
      {"count", 4}, {"sum_nanos", 80'000}, {"buckets", json::array({json::array({20'000, 4})})}};
  const std::string page = RenderStats(
      {{"uptime_nanos", 5'000'000'000u},
       {"commands",
        {{"read",
          {{"failures", 1},
           {"request_bytes", 400},
           {"response_bytes", 4096},
           {"latency", latency}}}}},
       {"shares",
        {{"files",
          {{"failures", 0}, {"bytes_read", 2048}, {"bytes_written", 0}, {"latency", latency}}}}},
       {"loops", json::array({{{"connections", 2}, {"cpu_nanos", 1'500'000'000}}})},
       {"refusals", {{"limit", 3}, {"access", 0}}}});
  EXPECT_EQ(page.rfind("up 5 s, ", 0), 0u) << page;
  EXPECT_TRUE(Has(page, "read     4         1       400 B  4.0 KiB  20 us  20 us")) << page;
  EXPECT_TRUE(Has(page, "files  4         0       0 B      2.0 KiB")) << page;
  EXPECT_TRUE(Has(page, "1.5 s")) << page;
  EXPECT_TRUE(Has(page, "limit            3")) << page;
  EXPECT_FALSE(Has(page, "access")) << page;
}

// An older or newer gateway may tell less.
TEST(StatsPageTest, WhatIsNotThereIsLeftOut) {
  EXPECT_TRUE(Has(RenderStats(json::object()), "no requests yet"));
  EXPECT_TRUE(Has(RenderStatus(json::object()), "no trouble"));
}

}  // namespace
}  // namespace sluice::sluicectl

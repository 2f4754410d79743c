#include "server/base/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/server/base/temporary_file.h"

namespace sluice::base {
namespace {

class LogTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(OpenLog(temporary_.path()).ok()); }
  void TearDown() override {
    CloseLog();
    SetLogFormat(LogFormat::kText);
    SetLogLevel(LogLevel::kInfo);
  }
  std::vector<std::string> Lines() {
    CloseLog();
    return TemporaryFile::Lines(temporary_.path());
  }

  TemporaryFile temporary_;
};

TEST_F(LogTest, TextHasTimeLevelIdsAndMessage) {
  LogWithIds(LogLevel::kWarning, {.connection = 17, .session = 0xABCD}, "user %s", "alice");
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].substr(10, 1), "T");
  EXPECT_EQ(lines[0].substr(23), "Z warning [c17 s000000000000abcd] user alice");
}

TEST_F(LogTest, TextWithoutIdsHasNoBrackets) {
  Log(LogLevel::kInfo, "plain %d", 7);
  EXPECT_EQ(Lines().at(0).substr(23), "Z info plain 7");
}

TEST_F(LogTest, JsonIsAnObjectALine) {
  SetLogFormat(LogFormat::kJson);
  LogWithIds(LogLevel::kError, {.connection = 3}, "a \"quoted\"\nname %s", "\xff");
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  const nlohmann::json line = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(line.at("level"), "error");
  EXPECT_EQ(line.at("connection"), 3);
  EXPECT_FALSE(line.contains("session"));
  EXPECT_EQ(line.at("message"), "a \"quoted\"\nname \xEF\xBF\xBD");
}

TEST_F(LogTest, APeersNewlineMakesNoLineOfItsOwn) {
  Log(LogLevel::kInfo, "client %s", "x\n2026-01-01T00:00:00.000Z error forged");
  EXPECT_EQ(Lines().size(), 1u);
}

TEST_F(LogTest, APeersNameCannotSteerATerminal) {
  Log(LogLevel::kInfo, "client %s",
      "\xC2\x9b"
      "2J\xE2\x80\xAE");
  SetLogFormat(LogFormat::kJson);
  Log(LogLevel::kInfo, "client %s",
      "\xC2\x9b"
      "2J\xE2\x80\xAE\x7f");
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].substr(23), "Z info client \\u009b2J\\u202e");
  EXPECT_NE(lines[1].find("client \\u009b2J\\u202e\\u007f"), std::string::npos) << lines[1];
  EXPECT_EQ(nlohmann::json::parse(lines[1]).at("message"),
            "client \xC2\x9b"
            "2J\xE2\x80\xAE\x7f");
}

TEST_F(LogTest, WhatIsBelowTheLevelIsDropped) {
  Log(LogLevel::kDebug, "dropped");
  SetLogLevel(LogLevel::kDebug);
  Log(LogLevel::kDebug, "kept");
  SetLogLevel(LogLevel::kError);
  Log(LogLevel::kWarning, "dropped");
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find("kept"), std::string::npos);
}

}  // namespace
}  // namespace sluice::base

#include <gtest/gtest.h>

#include <string>

#include "tests/server/control/control_fixture.h"

namespace sluice::control {
namespace {

using InspectTest = ControlTest;

TEST_F(InspectTest, NothingIsEndedWithoutSayingWhich) {
  for (const std::string command : {"opens.close", "sessions.kick", "connections.disconnect"}) {
    EXPECT_NE(ErrorOf("{\"command\": \"" + command + "\"}").find("say which"), std::string::npos);
    EXPECT_NE(
        ErrorOf("{\"command\": \"" + command + "\", \"params\": {\"limit\": 5}}").find("say which"),
        std::string::npos);
  }
}

TEST_F(InspectTest, RefusesWhatIsNoId) {
  EXPECT_NE(ErrorOf(R"({"command": "opens", "params": {"id": "x"}})").find("`sluicectl opens`"),
            std::string::npos);
  EXPECT_NE(ErrorOf(R"({"command": "opens.close", "params": {"id": "0"}})").find("is not an id"),
            std::string::npos);
}

TEST_F(InspectTest, RefusesALimitThatIsTooHigh) {
  EXPECT_NE(
      ErrorOf(R"({"command": "opens", "params": {"limit": 100001}})").find("from 1 to 100000"),
      std::string::npos);
}

TEST_F(InspectTest, CapabilitiesComeFromTheTables) {
  const nlohmann::json groups = ResultOf(R"({"command": "capabilities"})");
  const auto has = [&groups](const char* group, const char* name) {
    for (const nlohmann::json& one : groups.at(group)) {
      if (one == name) return true;
    }
    return false;
  };
  EXPECT_TRUE(has("dialects", "3.1.1"));
  EXPECT_TRUE(has("signing", "AES-128-GMAC"));
  EXPECT_TRUE(has("ciphers", "AES-256-GCM"));
  EXPECT_TRUE(has("commands", "CHANGE_NOTIFY"));
  EXPECT_TRUE(has("fsctls", "VALIDATE_NEGOTIATE_INFO"));
  EXPECT_TRUE(has("fsctls", "SET_SPARSE"));
  EXPECT_TRUE(has("create_contexts", "MxAc"));
  for (const char* ignored : {"RqLs", "DHnQ", "DH2Q", "DHnC", "DH2C", "TWrp"}) {
    EXPECT_FALSE(has("create_contexts", ignored)) << ignored;
  }
  EXPECT_TRUE(has("log_on", "NTLM"));
  EXPECT_TRUE(has("log_on", "Kerberos"));
  EXPECT_TRUE(has("query_file_info", "FileAllInformation"));
  EXPECT_TRUE(has("query_fs_info", "FileFsFullSizeInformation"));
  EXPECT_TRUE(has("set_file_info", "FileRenameInformation"));
  EXPECT_TRUE(has("list_directory", "FileIdBothDirectoryInformation"));
  for (const auto& [group, names] : groups.items()) EXPECT_FALSE(names.empty()) << group;
}

TEST_F(InspectTest, StatsHaveEveryLoop) {
  const nlohmann::json stats = ResultOf(R"({"command": "stats"})");
  EXPECT_EQ(stats.at("loops").size(), 1u);
  EXPECT_EQ(stats.at("connections"), 0);
}

}  // namespace
}  // namespace sluice::control

// A member of control_group is not root, and does not become it by the short ways.
#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "server/ring/credentials.h"
#include "tests/server/control/control_fixture.h"

namespace sluice::control {
namespace {

using nlohmann::json;

class CallerRightsTest : public ControlTest {
 protected:
  void SetUp() override {
    ControlTest::SetUp();
    caller_.uid = 4711;
  }
  json Call(const std::string& command, const json& params) {
    return Do(json{{"command", command}, {"params", params}}.dump());
  }
  // The code of the error; "" for a result.
  std::string Code(const std::string& command, const json& params) {
    const json response = Call(command, params);
    return response.contains("error") ? response["error"]["code"].get<std::string>() : "";
  }
  std::string AddUser(const std::string& name, const std::string& unix_user) {
    return Code("user.add", {{"name", name}, {"password", "secret"}, {"unix_user", unix_user}});
  }
  std::string AddShare(const std::string& path) {
    return Code("share.add", {{"name", "new"}, {"path", path}});
  }
};

TEST_F(CallerRightsTest, NobodyBecomesRootByAUser) {
  for (const char* unix_user : {"root", "0", "00", "+0"}) {
    EXPECT_EQ(AddUser("eve", unix_user), "denied") << unix_user;
  }
  EXPECT_EQ(AddUser("eve", "daemon"), "");
  EXPECT_EQ(AddUser("eve", "root"), "denied") << "she is there already";
  // Whoever knows the password of a user that root has made is root.
  caller_.uid = 0;
  EXPECT_EQ(AddUser("boss", "root"), "");
  caller_.uid = 4711;
  EXPECT_EQ(AddUser("boss", ""), "denied");
  EXPECT_EQ(AddUser("BOSS", ""), "denied");
  EXPECT_EQ(Code("user.passwd", {{"name", "boss"}, {"password", "mine"}}), "denied");
  const std::string line =
      "boss:0:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:8846F7EAEE8FB117AD06BDD830B7586C:[U          ]:"
      "LCT-5F000000:\n";
  EXPECT_EQ(Code("user.import", {{"smbpasswd", line}}), "denied");
  EXPECT_EQ(Code("user.passwd", {{"name", "eve"}, {"password", "mine"}}), "");
}

TEST_F(CallerRightsTest, NobodyServesTheSystemOrTheStateDirectory) {
  const std::string state = directory_ + "/state";
  const std::string link = directory_ + "/link";
  std::filesystem::create_symlink("/", link);
  std::filesystem::create_directory(state + "/below");
  for (const std::string& path :
       {std::string("/"), std::string("/proc"), std::string("/proc/self"), std::string("/sys"),
        std::string("/dev"), std::string("/dev/shm"), std::string("/proc/self/root"), link, state,
        state + "/below", directory_, directory_ + "/state/../.", std::string("/tmp")}) {
    EXPECT_EQ(AddShare(path), "denied") << path;
  }
  const std::string good = directory_ + "/good";
  std::filesystem::create_directory(good);
  EXPECT_EQ(AddShare(good), "");
  EXPECT_EQ(Code("share.change", {{"name", "new"}, {"path", "/"}}), "denied");
  EXPECT_EQ(Code("share.change", {{"name", "new"}, {"comment", "c"}}), "");
  EXPECT_EQ(gateway_->Status().shares, (std::vector<std::string>{"files", "new"}));
}

// Such as a keytab's, with which anybody's ticket can be made.
TEST_F(CallerRightsTest, NobodyServesTheGatewaysOtherFiles) {
  std::string text = ConfigurationText();
  const std::string logs[] = {directory_ + "/log", directory_ + "/audit"};
  for (const std::string& place : logs) std::filesystem::create_directories(place + "/below");
  text.replace(text.find("[log]\n"), 6,
               "[audit]\nfile = '" + logs[1] + "/audit'\n[log]\nfile = '" + logs[0] + "/log'\n");
  Open(text);
  for (const std::string& place : logs) EXPECT_EQ(AddShare(place), "denied") << place;
  EXPECT_EQ(AddShare(logs[0] + "/below"), "");
}

TEST_F(CallerRightsTest, NobodyBecomesTheGatewayItself) {
  if (!ring::CanChangeCredentials()) GTEST_SKIP() << "every user acts as the gateway";
  EXPECT_EQ(AddUser("eve", std::to_string(geteuid())), "denied");
}

TEST_F(CallerRightsTest, RootMayAllOfIt) {
  caller_.uid = 0;
  EXPECT_EQ(AddUser("eve", "0"), "");
  EXPECT_EQ(AddShare("/"), "");
}

TEST_F(CallerRightsTest, TheFileMayAllowIt) {
  const std::string text = ConfigurationText();
  const std::string server = "[server]\n";
  Open(server + "control_unrestricted = true\n" + text.substr(server.size()));
  EXPECT_EQ(AddUser("eve", "0"), "");
  EXPECT_EQ(AddShare("/"), "");
}

}  // namespace
}  // namespace sluice::control

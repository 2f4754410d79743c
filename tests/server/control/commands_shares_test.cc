// share.*: what is served changes while the gateway runs and is kept over a restart.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "server/control/reload.h"
#include "tests/server/control/control_fixture.h"

namespace sluice::control {
namespace {

using nlohmann::json;

class SharesTest : public ControlTest {
 protected:
  void SetUp() override {
    ControlTest::SetUp();
    path_ = directory_ + "/served";
    std::filesystem::create_directory(path_);
  }
  json Call(const std::string& command, const json& params) {
    return Do(json{{"command", command}, {"params", params}}.dump());
  }
  std::vector<std::string> Served() { return gateway_->Status().shares; }

  std::string path_;
};

TEST_F(SharesTest, AddedShareIsServedWithItsPreferencesAlsoAfterARestart) {
  const json added =
      Call("share.add", {{"name", "New"},
                         {"path", path_},
                         {"comment", "c"},
                         {"preferences", {{"read_only", true}, {"encryption", "required"}}}});
  ASSERT_TRUE(added.contains("result")) << added;
  EXPECT_EQ(added["result"]["preferences"]["read_only"], true);
  EXPECT_EQ(added["result"]["source"], "runtime");
  Open(ConfigurationText());
  EXPECT_EQ(Served(), (std::vector<std::string>{"files", "New"}));
  EXPECT_EQ(gateway_->preferences().Get()->shares.at("New").encryption, EncryptionMode::kRequired);
}

// A link is for whoever made it to point elsewhere.
TEST_F(SharesTest, ALinkThatIsPointedElsewhereDoesNotMoveTheShare) {
  const std::string other = directory_ + "/other";
  const std::string link = directory_ + "/link";
  std::filesystem::create_directory(other);
  std::filesystem::create_directory_symlink(path_, link);
  const json added = Call("share.add", {{"name", "new"}, {"path", link}});
  ASSERT_TRUE(added.contains("result")) << added;
  EXPECT_EQ(added["result"]["path"], path_);
  std::filesystem::remove(link);
  std::filesystem::create_directory_symlink(other, link);
  Open(ConfigurationText());
  EXPECT_EQ(Call("share.get", {{"name", "new"}})["result"]["path"], path_);
  // Nor where the directory itself is replaced by one.
  std::filesystem::remove(path_);
  std::filesystem::create_directory_symlink(other, path_);
  Open(ConfigurationText());
  EXPECT_EQ(Served(), std::vector<std::string>{"files"});
  std::filesystem::remove(path_);
  EXPECT_EQ(Call("share.change", {{"name", "new"}, {"path", link}})["result"]["path"], other);
}

TEST_F(SharesTest, WhatCannotBeServedChangesNothing) {
  const struct {
    json params;
    const char* code;
    const char* message;
  } kCases[] = {
      {{{"name", "FILES"}, {"path", path_}}, "already_exists", "there is a share FILES already"},
      {{{"name", "a/b"}, {"path", path_}}, "invalid_argument", "name must be"},
      {{{"name", "IPC$"}, {"path", path_}}, "invalid_argument", "always there"},
      {{{"name", std::string("a\0b", 3)}, {"path", path_}}, "invalid_argument", "control"},
      {{{"name", "a\nb"}, {"path", path_}}, "invalid_argument", "control"},
      {{{"name", "a\xC2\x9b"}, {"path", path_}}, "invalid_argument", "control"},
      {{{"name", "new"}, {"path", "/no/such"}}, "invalid_argument", "there is no directory"},
      {{{"name", "new"}, {"path", "relative"}}, "invalid_argument", "absolute"},
      {{{"name", "new"}}, "invalid_argument", "absolute"},
      {{{"name", "new"}, {"path", path_}, {"storage", "memory"}},
       "invalid_argument",
       "a share in memory has no path"},
      {{{"name", "new"}, {"path", path_}, {"preferences", {{"read_only", "maybe"}}}},
       "invalid_argument",
       "true or false"},
      {{{"name", "new"}, {"path", path_}, {"preferences", {{"readonly", true}}}},
       "not_found",
       "share.new.read_only"},
  };
  for (const auto& c : kCases) {
    const json response = Call("share.add", c.params);
    ASSERT_TRUE(response.contains("error")) << c.params;
    EXPECT_EQ(response["error"]["code"], c.code) << c.params;
    EXPECT_TRUE(absl::StrContains(response["error"]["message"].get<std::string>(), c.message))
        << response;
  }
  EXPECT_EQ(Served(), std::vector<std::string>{"files"});
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/state/runtime.json"));
}

TEST_F(SharesTest, ShareThatCannotBeKeptIsNotServed) {
  // The place of the temporary file is taken.
  std::filesystem::create_directories(directory_ + "/state/runtime.json.new/x");
  const json response = Call("share.add", {{"name", "new"}, {"path", path_}});
  EXPECT_EQ(response["error"]["code"], "failed") << response;
  EXPECT_EQ(Served(), std::vector<std::string>{"files"});
  EXPECT_EQ(gateway_->preferences().Get()->shares.count("new"), 0u);
}

TEST_F(SharesTest, RemovedShareOfTheFileStaysAwayUntilItIsAddedAgain) {
  ASSERT_TRUE(Call("share.remove", {{"name", "FILES"}}).contains("result"));
  EXPECT_TRUE(Served().empty());
  Open(ConfigurationText());
  EXPECT_TRUE(Served().empty());
  ASSERT_TRUE(Call("share.add", {{"name", "files"}, {"path", path_}}).contains("result"));
  Open(ConfigurationText());
  EXPECT_EQ(Served(), std::vector<std::string>{"files"});
  EXPECT_EQ(ResultOf(R"({"command":"share.get","params":{"name":"files"}})")["path"], path_);
}

TEST_F(SharesTest, AnotherShareOfTheNameInheritsNothing) {
  Call("share.add", {{"name", "new"}, {"path", path_}, {"preferences", {{"read_only", true}}}});
  Call("share.remove", {{"name", "new"}, {"open_handles", "close"}});
  Call("share.add", {{"name", "new"}, {"path", path_}});
  EXPECT_FALSE(gateway_->preferences().Get()->shares.at("new").read_only);
}

TEST_F(SharesTest, ShareInThePlaceOfOneOfTheFileHasNothingOfIt) {
  const std::string file = ConfigurationText() + "guest = true\n";
  Open(file);
  Call("share.remove", {{"name", "files"}});
  const json added = Call("share.add", {{"name", "files"}, {"path", path_}});
  ASSERT_TRUE(added.contains("result")) << added;
  EXPECT_EQ(added["result"]["preferences"]["guest"], false);
  Open(file);
  EXPECT_EQ(Served(), std::vector<std::string>{"files"});
  EXPECT_FALSE(gateway_->preferences().Get()->shares.at("files").guest);
  for (const config::PreferenceView& view : configuration_->List()) {
    if (view.key.name() != "share.files.guest") continue;
    EXPECT_EQ(view.source, config::Source::kDefault);
  }
  // What the file says is still there to go back to.
  ASSERT_TRUE(Call("share.reset", {{"name", "files"}}).contains("result"));
  EXPECT_TRUE(gateway_->preferences().Get()->shares.at("files").guest);
}

TEST_F(SharesTest, NamesThatDifferInCaseOnlyAreOneShare) {
  ASSERT_TRUE(Call("share.add", {{"name", "\xC3\x89"}, {"path", path_}}).contains("result"));
  EXPECT_EQ(Call("share.add", {{"name", "\xC3\xA9"}, {"path", path_}})["error"]["code"],
            "already_exists");
  EXPECT_TRUE(Call("share.remove", {{"name", "\xC3\xA9"}}).contains("result"));
}

TEST_F(SharesTest, ChangedShareKeepsWhatWasNotChanged) {
  Call("share.add", {{"name", "new"}, {"path", path_}, {"comment", "old"}});
  const std::string other = directory_ + "/other";
  std::filesystem::create_directory(other);
  const json changed = Call("share.change", {{"name", "NEW"}, {"path", other}});
  ASSERT_TRUE(changed.contains("result")) << changed;
  EXPECT_EQ(changed["result"]["path"], other);
  EXPECT_EQ(changed["result"]["comment"], "old");
  EXPECT_EQ(Call("share.change", {{"name", "none"}})["error"]["code"], "not_found");
  EXPECT_EQ(Call("share.change", {{"name", "files"}, {"path", other}})["error"]["code"],
            "invalid_argument");  // it is in memory
  const json nothing = Call("share.change", {{"name", "new"}, {"open_handles", "close"}});
  EXPECT_TRUE(
      absl::StrContains(nothing["error"]["message"].get<std::string>(), "give a path or a comment"))
      << nothing;
}

TEST_F(SharesTest, ShareOfTheFileIsAsTheFileSaysAgain) {
  ASSERT_TRUE(Call("share.change", {{"name", "files"}, {"comment", "mine"}}).contains("result"));
  const json reset = Call("share.reset", {{"name", "FILES"}});
  ASSERT_TRUE(reset.contains("result")) << reset;
  EXPECT_EQ(reset["result"]["comment"], "");
  EXPECT_EQ(reset["result"]["source"], "file");
  Call("share.remove", {{"name", "files"}});
  EXPECT_TRUE(Served().empty());
  Call("share.reset", {{"name", "files"}, {"open_handles", "close"}});
  EXPECT_EQ(Served(), std::vector<std::string>{"files"});
  EXPECT_EQ(Call("share.reset", {{"name", "none"}})["error"]["code"], "not_found");
}

TEST_F(SharesTest, ReloadFollowsTheFileBelowWhatWasSetAtRunTime) {
  const std::string file = directory_ + "/sluice.toml";
  const auto write = [&file](const std::string& text) { std::ofstream(file) << text; };
  write(ConfigurationText());
  auto parsed = config::LoadConfiguration(file);
  ASSERT_TRUE(parsed.ok());
  ASSERT_TRUE(configuration_->Reload(*parsed, ServeOn(*gateway_, false)).ok());
  Do(R"({"command":"prefs.set","params":{"values":{"limits.credits":99}}})");
  write(ConfigurationText() + "[[share]]\nname = 'second'\nstorage = 'memory'\n[limits]\n" +
        "credits = 50\nsessions = 7\n");
  const json report = ResultOf(R"({"command":"reload"})");
  EXPECT_EQ(report["shares_added"], json({"second"}));
  ASSERT_EQ(report["changed"].size(), 1u) << report;
  EXPECT_EQ(report["changed"][0]["name"], "limits.sessions");
  EXPECT_EQ(gateway_->preferences().Get()->limits.credits, 99u);
  EXPECT_EQ(Served(), (std::vector<std::string>{"files", "second"}));
  write("[server]\nlops = 1\n");
  EXPECT_TRUE(absl::StrContains(ErrorOf(R"({"command":"reload"})"), "did you mean \"loops\"?"));
  EXPECT_EQ(gateway_->preferences().Get()->limits.sessions, 7u);
  write(ConfigurationText());
  EXPECT_EQ(ResultOf(R"({"command":"reload"})")["shares_removed"], json({"second"}));
  EXPECT_EQ(Served(), std::vector<std::string>{"files"});
}

}  // namespace
}  // namespace sluice::control

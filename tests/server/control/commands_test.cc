#include "server/control/commands.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/base/random.h"

namespace sluice::control {
namespace {

using nlohmann::json;

class CommandsTest : public testing::Test {
 protected:
  CommandsTest() {
    char pattern[] = "/tmp/sluice-control-XXXXXX";
    directory_ = mkdtemp(pattern);
    users_ = *auth::UserStore::Open(directory_ + "/users.json");
    context_ =
        std::make_unique<ControlContext>(ControlContext{*users_, preferences_, sessions_, [] {
                                                          StatusReport report;
                                                          report.version = "1.2.3";
                                                          report.listen = {"127.0.0.1:1445"};
                                                          report.counters = {{"requests", 42}};
                                                          return report;
                                                        }});
  }
  ~CommandsTest() override { std::filesystem::remove_all(directory_); }

  json Do(const std::string& line) { return json::parse(Execute(*context_, line)); }
  std::string ErrorOf(const std::string& line) {
    const json response = Do(line);
    return response.contains("error") ? response["error"]["message"] : json("no error").get<json>();
  }

  std::string directory_;
  std::unique_ptr<auth::UserStore> users_;
  LivePreferences preferences_{Preferences{}};
  session::SessionTable sessions_{base::SystemRandom()};
  std::unique_ptr<ControlContext> context_;
};

TEST_F(CommandsTest, ResponseCarriesTheRequestsId) {
  EXPECT_EQ(Do(R"({"id": "a7", "command": "status"})")["id"], "a7");
  EXPECT_EQ(Do(R"({"id": 3, "command": "no such"})")["id"], 3);
}

TEST_F(CommandsTest, HelpListsEveryRowOnce) {
  std::set<std::string> names;
  const json response = Do(R"({"command":"help"})");
  for (const json& row : response["result"]) {
    EXPECT_TRUE(names.insert(row["name"]).second);
    EXPECT_FALSE(row["help"].get<std::string>().empty());
  }
  EXPECT_EQ(names.size(), CommandTable().size());
}

TEST_F(CommandsTest, StatusShowsTheReport) {
  const json status = Do(R"({"command":"status"})")["result"];
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["protocol"], kProtocolVersion);
  EXPECT_EQ(status["counters"]["requests"], 42);
}

TEST_F(CommandsTest, SessionsShowHowTheyAreProtected) {
  session::SessionInfo info;
  info.id = sessions_.Reserve();
  info.user = "alice";
  info.client_address = "127.0.0.1:5000";
  info.dialect = proto::Dialect::kSmb311;
  info.signing_algorithm = crypto::SigningAlgorithm::kAes128Gmac;
  sessions_.Publish(info, {});
  const json rows = Do(R"({"command":"sessions"})")["result"];
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0]["user"], "alice");
  EXPECT_EQ(rows[0]["dialect"], "3.1.1");
  EXPECT_EQ(rows[0]["signing"], "AES-128-GMAC");
  EXPECT_EQ(rows[0]["cipher"], "none");
}

TEST_F(CommandsTest, UsersAreAddedListedAndRemoved) {
  EXPECT_EQ(Do(R"({"command":"user.add","params":{"name":"Bob","password":"secret"}})")["result"],
            (json{{"name", "Bob"}}));
  EXPECT_EQ(Do(R"({"command":"user.list"})")["result"][0]["name"], "Bob");
  auth::User user;
  EXPECT_TRUE(users_->Find("BOB", &user));
  EXPECT_TRUE(Do(R"({"command":"user.remove","params":{"name":"bob"}})").contains("result"));
  EXPECT_FALSE(users_->Find("bob", &user));
  EXPECT_EQ(Do(R"({"command":"user.remove","params":{"name":"bob"}})")["error"]["code"],
            "not_found");
}

TEST_F(CommandsTest, NoAnswerHoldsAPasswordOrHash) {
  const std::string added =
      Execute(*context_, R"({"command":"user.add","params":{"name":"b","password":"s3cret"}})");
  const std::string listed = Execute(*context_, R"({"command":"user.list"})");
  EXPECT_FALSE(absl::StrContains(added, "s3cret"));
  EXPECT_FALSE(absl::StrContains(listed, "hash"));
}

TEST_F(CommandsTest, PrefsSetIsAllOrNothing) {
  EXPECT_TRUE(absl::StrContains(ErrorOf(R"({"command":"prefs.set","params":{"values":
                 {"signing.required":"false","signing.algorithms":"ROT13"}}})"),
                                "\"ROT13\" is not one of"));
  EXPECT_TRUE(preferences_.Get()->signing_required);
  EXPECT_TRUE(Do(R"({"command":"prefs.set","params":{"values":
                     {"signing.required":"false","signing.algorithms":"HMAC-SHA256"}}})")
                  .contains("result"));
  EXPECT_FALSE(preferences_.Get()->signing_required);
  EXPECT_EQ(preferences_.Get()->signing_algorithms,
            std::vector{crypto::SigningAlgorithm::kHmacSha256});
}

TEST_F(CommandsTest, PrefsGetOneOrAll) {
  EXPECT_EQ(Do(R"({"command":"prefs.get","params":{"name":"signing.required"}})")["result"].size(),
            1u);
  EXPECT_GT(Do(R"({"command":"prefs.get"})")["result"].size(), 3u);
  EXPECT_TRUE(
      absl::StrContains(ErrorOf(R"({"command":"prefs.get","params":{"name":"signing.requird"}})"),
                        "did you mean \"signing.required\"?"));
}

TEST_F(CommandsTest, BadRequestsGetAnErrorThatSaysWhatToDo) {
  EXPECT_TRUE(absl::StrContains(ErrorOf("not json"), "one line of JSON"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("[]"), "one line of JSON"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("{}"), "\"command\" is missing"));
  EXPECT_TRUE(absl::StrContains(ErrorOf(R"({"command":"stats"})"), "did you mean \"status\"?"));
  EXPECT_TRUE(absl::StrContains(ErrorOf(R"({"command":"user.add"})"), "\"name\" is missing"));
  EXPECT_TRUE(absl::StrContains(ErrorOf(R"({"command":"user.add","params":[]})"), "an object"));
  EXPECT_TRUE(absl::StrContains(
      ErrorOf(R"({"command":"user.add","params":{"name":1,"password":"x"}})"), "must be a string"));
  EXPECT_TRUE(
      absl::StrContains(ErrorOf(R"({"command":"user.remove","params":{"name":"x","nmae":"y"}})"),
                        "unknown parameter \"nmae\" of user.remove; did you mean \"name\"?"));
  EXPECT_TRUE(absl::StrContains(
      ErrorOf(R"({"command":"prefs.set","params":{"values":{"signing.required":true}}})"),
      "must be an object of strings"));
}

TEST_F(CommandsTest, BytesThatAreNotUtf8GetAnAnswer) {
  EXPECT_TRUE(Do("{\"command\":\"\xff\xfe\"}").contains("error"));
}

}  // namespace
}  // namespace sluice::control

#include "server/control/commands.h"

#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/auth/logon_throttle.h"
#include "server/base/replace_file.h"
#include "server/control/error_codes.h"
#include "tests/server/control/control_fixture.h"

namespace sluice::control {
namespace {

using nlohmann::json;

class CommandsTest : public ControlTest {};

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

TEST_F(CommandsTest, EveryErrorCodeHasANameAndAMeaning) {
  std::set<std::string> names;
  for (const ErrorCode& code : ErrorCodes()) {
    EXPECT_TRUE(names.insert(std::string(code.name)).second) << code.name;
    EXPECT_FALSE(code.meaning.empty()) << code.name;
  }
}

TEST_F(CommandsTest, StatusShowsTheGateway) {
  const json status = ResultOf(R"({"command":"status"})");
  EXPECT_EQ(status["protocol"], kProtocolVersion);
  EXPECT_EQ(status["shares"], json({"files"}));
  EXPECT_EQ(status["loops"], 1);
  EXPECT_EQ(status["counters"]["requests"], 0);
}

TEST_F(CommandsTest, UsersAreAddedListedAndRemoved) {
  EXPECT_EQ(Do(R"({"command":"user.add","params":{"name":"Bob","password":"secret"}})")["result"],
            (json{{"name", "Bob"}, {"existed", false}}));
  EXPECT_EQ(Do(R"({"command":"user.list"})")["result"][0]["name"], "Bob");
  auth::User user;
  EXPECT_TRUE(gateway_->users().Find("BOB", &user));
  EXPECT_TRUE(Do(R"({"command":"user.remove","params":{"name":"bob"}})").contains("result"));
  EXPECT_FALSE(gateway_->users().Find("bob", &user));
  EXPECT_EQ(Do(R"({"command":"user.remove","params":{"name":"bob"}})")["error"]["code"],
            "not_found");
}

TEST_F(CommandsTest, UserThatIsThereKeepsItsNameAndItsAccount) {
  Do(R"({"command":"user.add","params":{"name":"Bob","password":"a","unix_user":"1234"}})");
  EXPECT_EQ(ResultOf(R"({"command":"user.add","params":{"name":"BOB","password":"b"}})"),
            (json{{"name", "Bob"}, {"existed", true}}));
  EXPECT_EQ(ResultOf(R"({"command":"user.list"})")[0]["unix_user"], "1234");
}

TEST_F(CommandsTest, NamesThatNobodyHasAreTakenWithAWarning) {
  EXPECT_EQ(ResultOf(R"({"command":"user.add","params":
                {"name":"bob","password":"a","unix_user":"nosuchacct"}})")["warnings"],
            json({"there is no Unix account nosuchacct: the user cannot log on before there is"}));
  EXPECT_EQ(ResultOf(R"({"command":"group.set","params":
                {"name":"team","members":["bob","bbo"]}})")["warnings"],
            json({"group team: there is no user bbo"}));
  EXPECT_EQ(ResultOf(R"({"command":"prefs.set","params":{"values":{
                "share.files.allow_read":["bob","eve","*","@team","@taem","@root"]}}})")
                ["warnings"],
            json({"share.files.allow_read: there is no user eve",
                  "share.files.allow_read: there is no group taem"}));
  EXPECT_FALSE(ResultOf(R"({"command":"prefs.set","params":{"values":{
                   "share.files.allow_write":["bob"]}}})")
                   .contains("warnings"));
  EXPECT_EQ(ResultOf(R"({"command":"share.add","params":{"name":"new","storage":"memory",
                "preferences":{"deny_read":["bbo"]}}})")["warnings"],
            json({"share.new.deny_read: there is no user bbo"}));
  EXPECT_EQ(ResultOf(R"({"command":"group.remove","params":{"name":"team"}})")["warnings"],
            json({"share.files.allow_read names @team: nobody is meant by that now"}));
}

TEST_F(CommandsTest, RemovedUserLeavesItsGroups) {
  Do(R"({"command":"user.add","params":{"name":"bob","password":"a"}})");
  Do(R"({"command":"group.set","params":{"name":"team","members":["Bob","ann"]}})");
  Do(R"({"command":"group.set","params":{"name":"all","members":["ann"]}})");
  EXPECT_EQ(ResultOf(R"({"command":"user.remove","params":{"name":"BOB"}})")["groups"],
            json({"team"}));
  EXPECT_EQ(gateway_->groups().List().at("team"), std::vector<std::string>{"ann"});
}

TEST_F(CommandsTest, ALockOutIsLifted) {
  const auto fail = [this](const char* peer, const char* user) {
    gateway_->throttle().Failed({}, {peer, user, {}}, auth::Lane::kPair);
  };
  for (int i = 0; i < 3; ++i) fail("192.0.2.7:1", "bob");
  fail("[2001:db8::1]:1", "bob");
  fail("[2001:db8::1]:1", "ann");
  EXPECT_EQ(ResultOf(R"({"command":"user.unlock","params":{"name":"BOB"}})"),
            (json{{"name", "BOB"}, {"failures", 4}}));
  EXPECT_EQ(ResultOf(R"({"command":"user.unlock","params":{"name":"bob"}})")["failures"], 0);
  EXPECT_EQ(ResultOf(R"({"command":"clients.forgive","params":{"address":"2001:db8::2"}})"),
            (json{{"address", "2001:db8::"}, {"failures", 2}}));
  EXPECT_EQ(
      ResultOf(R"({"command":"clients.forgive","params":{"address":"2001:db8::1"}})")["failures"],
      0);
}

TEST_F(CommandsTest, NoAnswerHoldsAPasswordOrHash) {
  const std::string added =
      Do(R"({"command":"user.add","params":{"name":"b","password":"s3cret"}})").dump();
  const std::string listed = Do(R"({"command":"user.list"})").dump();
  EXPECT_FALSE(absl::StrContains(added, "s3cret"));
  EXPECT_FALSE(absl::StrContains(listed, "hash"));
}

TEST_F(CommandsTest, AnotherProtocolIsRefused) {
  EXPECT_TRUE(Do(R"({"command":"status","protocol":1})").contains("result"));
  EXPECT_EQ(ErrorOf(R"({"command":"status","protocol":2})"),
            "this gateway speaks protocol 1 of the control socket");
}

TEST_F(CommandsTest, BadRequestsGetAnErrorThatSaysWhatToDo) {
  EXPECT_TRUE(absl::StrContains(ErrorOf("not json"), "one line of JSON"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("[]"), "one line of JSON"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("{}"), "\"command\" is missing"));
  EXPECT_TRUE(absl::StrContains(ErrorOf(R"({"command":"statuz"})"), "did you mean \"status\"?"));
  EXPECT_TRUE(absl::StrContains(ErrorOf(R"({"command":"user.add"})"), "\"name\" is missing"));
  EXPECT_TRUE(absl::StrContains(ErrorOf(R"({"command":"user.add","params":[]})"), "an object"));
  EXPECT_TRUE(absl::StrContains(
      ErrorOf(R"({"command":"user.add","params":{"name":1,"password":"x"}})"), "must be a string"));
  EXPECT_TRUE(
      absl::StrContains(ErrorOf(R"({"command":"user.remove","params":{"name":"x","nmae":"y"}})"),
                        "unknown parameter \"nmae\" of user.remove; did you mean \"name\"?"));
  EXPECT_TRUE(absl::StrContains(
      ErrorOf(R"({"command":"prefs.set","params":{"values":{"signing.required":null}}})"),
      "must be an object, not empty, of"));
  EXPECT_TRUE(absl::StrContains(
      ErrorOf(R"({"command":"prefs.reset","params":{"names":"signing.required"}})"),
      "must be a list of strings"));
  EXPECT_TRUE(absl::StrContains(ErrorOf(R"({"command":"prefs.reset","params":{"dry_run":"yes"}})"),
                                "must be true or false"));
}

TEST_F(CommandsTest, CommandsWithoutParametersSaySo) {
  EXPECT_EQ(ErrorOf(R"({"command":"status","params":{"x":1}})"), "status takes no parameters");
}

// Whatever walks a value of a peer's recursively ends with the stack.
TEST_F(CommandsTest, NestingIsRefusedWhereverItIs) {
  const std::string deep = std::string(30'000, '[') + std::string(30'000, ']');
  const json answer = Do(R"({"command":"status","id":)" + deep + "}");
  EXPECT_EQ(answer["error"]["message"], "\"id\" must be a string, a number or null");
  EXPECT_FALSE(answer.contains("id"));
  EXPECT_EQ(ErrorOf(R"({"command":"status","params":)" + deep + "}"),
            "\"params\" must be an object");
  EXPECT_EQ(ErrorOf(R"({"command":"status","params":{"x":)" + deep + "}}"),
            "status takes no parameters");
  EXPECT_TRUE(absl::StrContains(
      ErrorOf(R"({"command":"prefs.set","params":{"values":{"signing.required":)" + deep + "}}}"),
      "must be an object, not empty, of"));
}

TEST_F(CommandsTest, AnIdIsEchoedWhereItIsSimple) {
  EXPECT_TRUE(Do(R"({"command":"status","id":null})")["id"].is_null());
  EXPECT_EQ(Do(R"({"command":"status","id":1.5})")["id"], 1.5);
  for (const char* id : {"[]", "{}", "true"}) {
    EXPECT_TRUE(absl::StrContains(ErrorOf(absl::StrCat(R"({"command":"status","id":)", id, "}")),
                                  "\"id\" must be"))
        << id;
  }
}

TEST_F(CommandsTest, UserThatCannotBeKeptIsNotChanged) {
  Do(R"({"command":"user.add","params":{"name":"bob","password":"secret"}})");
  base::SetDirectorySyncForTest([](int) {
    errno = EIO;
    return -1;
  });
  const json refused = Do(R"({"command":"user.disable","params":{"name":"bob"}})");
  base::SetDirectorySyncForTest(nullptr);
  EXPECT_EQ(refused["error"]["code"], "failed") << refused;
  EXPECT_EQ(ResultOf(R"({"command":"user.list"})")[0]["disabled"], false);
  Open(ConfigurationText());
  EXPECT_EQ(ResultOf(R"({"command":"user.list"})")[0]["disabled"], false);
}

TEST_F(CommandsTest, BytesThatAreNotUtf8GetAnAnswer) {
  EXPECT_TRUE(Do("{\"command\":\"\xff\xfe\"}").contains("error"));
}

}  // namespace
}  // namespace sluice::control

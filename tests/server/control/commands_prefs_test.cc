// prefs.*: typed values, all or nothing, kept over a restart.
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "tests/server/control/control_fixture.h"

namespace sluice::control {
namespace {

using nlohmann::json;

class PrefsTest : public ControlTest {
 protected:
  json Get(const std::string& name) {
    return ResultOf(R"({"command":"prefs.get","params":{"name":")" + name + "\"}}");
  }
  json Set(const json& values, bool dry_run = false) {
    return Do(json{{"command", "prefs.set"}, {"params", {{"values", values}, {"dry_run", dry_run}}}}
                  .dump());
  }
};

TEST_F(PrefsTest, ListDescribesEveryPreference) {
  const json rows = ResultOf(R"({"command":"prefs.list"})");
  ASSERT_EQ(rows.size(), config::AllPreferences(*gateway_->preferences().Get()).size());
  for (const json& row : rows) {
    for (const char* text : {"name", "type", "valid", "applies", "help", "source"}) {
      EXPECT_FALSE(row[text].get<std::string>().empty()) << row;
    }
    EXPECT_TRUE(row.contains("value") && row.contains("default")) << row;
    if (row["type"] == "integer") {
      EXPECT_LE(row["min"], row["default"]) << row;
      EXPECT_LE(row["default"], row["max"]) << row;
    }
  }
}

TEST_F(PrefsTest, ValuesHaveTheTypesOfTheirRows) {
  EXPECT_EQ(Get("signing.required")["value"], true);
  EXPECT_EQ(Get("limits.credits")["value"], 8192);
  EXPECT_EQ(Get("dialect.min")["value"], "2.0.2");
  EXPECT_EQ(Get("signing.algorithms")["value"],
            json({"AES-128-GMAC", "AES-128-CMAC", "HMAC-SHA256"}));
}

TEST_F(PrefsTest, SetTakesTypedValuesAndTexts) {
  ASSERT_TRUE(Set({{"signing.required", false},
                   {"limits.credits", 100},
                   {"encryption.ciphers", {"AES-256-GCM"}}})
                  .contains("result"));
  EXPECT_EQ(Get("limits.credits")["value"], 100);
  ASSERT_TRUE(Set({{"signing.required", "true"}, {"limits.credits", "200"}}).contains("result"));
  EXPECT_EQ(gateway_->preferences().Get()->limits.credits, 200u);
  EXPECT_EQ(gateway_->preferences().Get()->ciphers, std::vector{crypto::Cipher::kAes256Gcm});
}

TEST_F(PrefsTest, OneBadValueAndNoneIsSet) {
  const json response = Set({{"signing.required", false}, {"limits.credits", 0}});
  EXPECT_EQ(response["error"]["code"], "invalid_argument");
  EXPECT_EQ(response["error"]["message"],
            "limits.credits: \"0\" is not valid; it must be a whole number from 1 to 8192 credits");
  EXPECT_EQ(Get("signing.required")["value"], true);
}

TEST_F(PrefsTest, WhatCannotHoldTogetherIsRefused) {
  const json response = Set({{"dialect.min", "3.1.1"}, {"dialect.max", "3.0"}});
  EXPECT_TRUE(absl::StrContains(response["error"]["message"].get<std::string>(),
                                "dialect.min (3.1.1) is above dialect.max (3.0)"));
  EXPECT_EQ(Get("dialect.min")["value"], "2.0.2");
}

TEST_F(PrefsTest, SourceTellsWhoSetIt) {
  EXPECT_EQ(Get("signing.required")["source"], "file");
  EXPECT_EQ(Get("encryption.mode")["source"], "default");
  Set({{"encryption.mode", "required"}});
  EXPECT_EQ(Get("encryption.mode")["source"], "runtime");
  EXPECT_EQ(Get("encryption.mode")["configured"], "enabled");
}

TEST_F(PrefsTest, DiffShowsWhatIsNotDefault) {
  Set({{"encryption.mode", "required"}});
  const json rows = ResultOf(R"({"command":"prefs.diff"})");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["name"], "encryption.mode");
  EXPECT_EQ(rows[1]["name"], "log.level");  // the file's
}

TEST_F(PrefsTest, RuntimeValuesSurviveARestartAndResetRestoresTheFiles) {
  Set({{"signing.required", false}, {"share.FILES.read_only", true}});
  Open(ConfigurationText());
  EXPECT_FALSE(gateway_->preferences().Get()->signing_required);
  EXPECT_TRUE(gateway_->preferences().Get()->shares.at("files").read_only);
  const json result =
      ResultOf(R"({"command":"prefs.reset","params":{"names":["signing.required"]}})");
  EXPECT_EQ(result["changed"].size(), 1u);
  EXPECT_EQ(result["changed"][0]["after"], true);
  EXPECT_TRUE(gateway_->preferences().Get()->signing_required);
  EXPECT_EQ(Get("share.files.read_only")["source"], "runtime");
  ResultOf(R"({"command":"prefs.reset"})");
  EXPECT_EQ(Get("share.files.read_only")["value"], false);
  EXPECT_EQ(Get("signing.required")["source"], "file");
}

TEST_F(PrefsTest, DryRunChangesNothing) {
  const json response = Set({{"signing.required", false}}, /*dry_run=*/true);
  ASSERT_EQ(response["result"]["changed"].size(), 1u) << response;
  EXPECT_EQ(Get("signing.required")["value"], true);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/state/runtime.json"));
}

TEST_F(PrefsTest, UnknownNameSuggestsTheNearest) {
  EXPECT_TRUE(
      absl::StrContains(ErrorOf(R"({"command":"prefs.get","params":{"name":"signing.requird"}})"),
                        "did you mean \"signing.required\"?"));
  EXPECT_TRUE(absl::StrContains(
      ErrorOf(R"({"command":"prefs.get","params":{"name":"share.file.read_only"}})"),
      "did you mean \"share.files.read_only\"?"));
}

TEST_F(PrefsTest, UnknownNameThatIsLikeNoneDoesNotListThemAll) {
  const std::string message = R"(there is no preference "x"; `sluicectl prefs list` shows them)";
  EXPECT_EQ(ErrorOf(R"({"command":"prefs.get","params":{"name":"x"}})"), message);
  EXPECT_EQ(Set({{"x", 1}})["error"]["message"], message);
  EXPECT_EQ(ErrorOf(R"({"command":"prefs.reset","params":{"names":["x"]}})"), message);
}

TEST_F(PrefsTest, DamagedRuntimeFileIsNotOverwritten) {
  std::ofstream(directory_ + "/state/runtime.json") << "{\"version\": 1, \"prefer";
  auto parsed = config::ParseConfiguration(ConfigurationText(), "test.toml");
  const auto opened = config::LiveConfiguration::Open(*parsed);
  EXPECT_TRUE(absl::StrContains(opened.status().message(), "is damaged"));
  EXPECT_TRUE(absl::StrContains(opened.status().message(), "move it away"));
}

TEST_F(PrefsTest, ValueThatIsNotValidAnyMoreDoesNotHold) {
  std::ofstream(directory_ + "/state/runtime.json")
      << R"({"version": 1, "preferences": {"limits.credits": "9999999", "no.such": "1",
             "share.gone.read_only": "true", "signing.required": "false"}})";
  Open(ConfigurationText());
  EXPECT_EQ(gateway_->preferences().Get()->limits.credits, 8192u);
  EXPECT_FALSE(gateway_->preferences().Get()->signing_required);
}

}  // namespace
}  // namespace sluice::control

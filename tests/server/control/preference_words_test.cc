// What `prefs.set` says that a change means to those who are connected.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/server/control/control_fixture.h"
#include "tests/server/smb/test_client.h"

namespace sluice::control {
namespace {

using nlohmann::json;
using smb::ClientOptions;
using smb::TestClient;

class PreferenceWordsTest : public ControlTest {
 protected:
  void SetUp() override {
    ControlTest::SetUp();
    ASSERT_TRUE(gateway_->users().Add("alice", "secret", "root").ok());
    gateway_->Start();
  }

  std::string address() const { return gateway_->listen_addresses()[0]; }

  // The effects of the change on whoever is connected.
  std::vector<std::string> Effects(const std::string& name, const json& value,
                                   bool dry_run = true) {
    const json result = ResultOf(json{
        {"command", "prefs.set"}, {"params", {{"values", {{name, value}}}, {"dry_run", dry_run}}}}
                                     .dump());
    std::vector<std::string> effects;
    for (const json& row : result.at("affects")) {
      EXPECT_EQ(row.at("user"), "alice");
      EXPECT_EQ(row.at("preference"), name);
      effects.push_back(row.at("effect"));
    }
    return effects;
  }
};

using Words = std::vector<std::string>;

TEST_F(PreferenceWordsTest, ASessionGoesOnWithWhatItHasNotWithTheValueBefore) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  Effects("encryption.mode", "required", /*dry_run=*/false);
  EXPECT_EQ(Effects("encryption.mode", "off"), Words{});  // it is not encrypted, whatever was set
  EXPECT_EQ(Effects("encryption.mode", "desired"),
            Words{"goes on unencrypted; when it logs on again it encrypts"});
}

TEST_F(PreferenceWordsTest, WhoCannotEncryptWouldBeRefused) {
  ClientOptions old;
  old.dialects = {proto::Dialect::kSmb210};
  TestClient client(address(), old);
  ASSERT_TRUE(client.Start());
  EXPECT_EQ(
      Effects("encryption.mode", "required"),
      Words{"goes on unencrypted; when it logs on again it is refused unless it can encrypt"});
  EXPECT_EQ(Effects("share.files.encryption", "required"),
            Words{"goes on unencrypted; when it connects to the share again it is refused: it "
                  "cannot encrypt"});
  EXPECT_EQ(
      Effects("dialect.min", "3.0"),
      Words{"goes on with SMB 2.1; when it connects again it is refused unless it can do better"});
  EXPECT_EQ(Effects("encryption.ciphers", {"AES-256-GCM"}), Words{});
}

TEST_F(PreferenceWordsTest, WhoUsesNtlmWouldBeRefused) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  EXPECT_EQ(Effects("auth.ntlm", false),
            Words{"goes on; when it logs on again it is refused unless it has a Kerberos ticket"});
}

TEST_F(PreferenceWordsTest, AlgorithmsThatTheSessionUsesAreNamed) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  EXPECT_EQ(Effects("signing.algorithms", {"AES-128-CMAC"}),
            Words{"goes on signing with AES-128-GMAC; when it connects again it cannot sign with "
                  "it any more"});
  EXPECT_EQ(Effects("signing.algorithms", {"AES-128-GMAC"}), Words{});
  EXPECT_EQ(Effects("encryption.ciphers", {"AES-256-GCM"}),
            Words{"goes on with AES-128-GCM; when it connects again it must use another cipher"});
}

TEST_F(PreferenceWordsTest, OfAShareOnlyThoseAreToldWhoAreConnectedToIt) {
  TestClient client(address());
  ASSERT_TRUE(client.Start("IPC$"));
  EXPECT_EQ(Effects("share.files.read_only", true), Words{});
  EXPECT_EQ(client.ConnectTree("files"), proto::NtStatus::kOk);
  EXPECT_EQ(client.ConnectTree("files"), proto::NtStatus::kOk);
  EXPECT_EQ(Effects("share.files.read_only", true),
            Words{"can change nothing in the share from now on"});
  EXPECT_EQ(Effects("share.files.visible", false), Words{});
}

TEST_F(PreferenceWordsTest, WhoLosesTheShareIsTold) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  EXPECT_EQ(Effects("share.files.allow_read", {"bob"}),
            Words{"goes on; when it connects to the share again it is refused"});
  EXPECT_EQ(Effects("share.files.deny_write", {"alice"}),
            Words{"goes on; when it connects to the share again it may only read"});
  EXPECT_EQ(Effects("share.files.allow_read", {"alice"}), Words{});
}

TEST_F(PreferenceWordsTest, WhatMeansNothingToASessionIsNotTold) {
  TestClient client(address());
  ASSERT_TRUE(client.Start());
  for (const char* name : {"limits.connections", "limits.connections_per_address",
                           "limits.sessions", "auth.failure_delay", "auth.failures_per_user"}) {
    EXPECT_EQ(Effects(name, 7), Words{}) << name;
  }
  EXPECT_EQ(Effects("log.level", "debug"), Words{});
}

}  // namespace
}  // namespace sluice::control

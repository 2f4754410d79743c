// What is written to the audit log.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "proto/smb2/logoff.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using nlohmann::json;
using proto::Command;
using proto::NtStatus;

class AuditTest : public GatewayTest {
 protected:
  void Adjust(GatewayOptions* options) override {
    path_ = directory_ + "/audit.log";
    options->audit_file = path_;
  }
  // The events of one kind, once all has been written.
  std::vector<json> Events(const std::string& event) {
    gateway_.reset();
    std::vector<json> events;
    std::ifstream in(path_);
    for (std::string line; std::getline(in, line);) {
      json one = json::parse(line);
      if (one.at("event") == event) events.push_back(std::move(one));
    }
    return events;
  }

  std::string path_;
};

TEST_F(AuditTest, TellsOfLogOnAndLogOff) {
  uint64_t session = 0;
  {
    TestClient client(address());
    ASSERT_TRUE(client.Start("files"));
    session = client.session_id;
    ASSERT_TRUE(client.Call(Command::kLogoff, proto::LogoffRequest()).has_value());
  }
  char id[17];
  snprintf(id, sizeof(id), "%016llx", static_cast<unsigned long long>(session));
  gateway_->Drain();
  const std::vector<json> off = Events("logoff");
  ASSERT_EQ(off.size(), 1u);
  EXPECT_EQ(off[0].at("user"), "alice");
  EXPECT_EQ(off[0].at("session"), id);
  const std::vector<json> on = Events("logon");
  ASSERT_EQ(on.size(), 1u);
  EXPECT_EQ(on[0].at("user"), "alice");
  EXPECT_EQ(on[0].at("session"), id);
  EXPECT_EQ(on[0].at("detail"), "NTLM");
  EXPECT_EQ(on[0].at("client").get<std::string>().substr(0, 10), "127.0.0.1:");
}

TEST_F(AuditTest, TellsOfAConnectionThatWasLostAsALogOff) {
  {
    TestClient client(address());
    ASSERT_TRUE(client.Start("files"));
  }
  ASSERT_TRUE(Eventually([this] { return gateway_->Status().connections == 0; }));
  EXPECT_EQ(Events("logoff").size(), 1u);
}

TEST_F(AuditTest, TellsOfAKickedSessionOnceAndWhy) {
  {
    TestClient client(address());
    ASSERT_TRUE(client.Start("files"));
    ASSERT_EQ(gateway_->List({.kind = InventoryKind::kSessions, .end = true}).matched, 1u);
  }
  ASSERT_TRUE(Eventually([this] { return gateway_->Status().connections == 0; }));
  const std::vector<json> off = Events("logoff");
  ASSERT_EQ(off.size(), 1u);
  EXPECT_EQ(off[0].at("user"), "alice");
  EXPECT_EQ(off[0].at("detail"), "ended by an administrator");
}

TEST_F(AuditTest, TellsOfAWrongPasswordButNotThePassword) {
  {
    TestClient client(address());
    ASSERT_TRUE(client.Negotiate());
    EXPECT_EQ(client.LogOn("alice", "hunter2"), NtStatus::kLogonFailure);
  }
  const std::vector<json> refused = Events("refused");
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].at("ok"), false);
  EXPECT_EQ(refused[0].at("user"), "alice");
  EXPECT_EQ(refused[0].at("detail"), "log-on of \"alice\" refused: wrong password");
  EXPECT_EQ(refused[0].dump().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace sluice::smb

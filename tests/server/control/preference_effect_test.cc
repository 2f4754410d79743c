// A preference that nothing reads is a bug: every row of the table is set on a running gateway, and
// what a client then meets is compared with what it met before.
//
// A new row needs a proof below: what to set it to, how to look, what is seen before and after.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/smb2/create.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/fsctl.h"
#include "proto/smb2/ioctl.h"
#include "proto/smb2/session_setup.h"
#include "proto/wire/utf16.h"
#include "server/auth/kerberos_client.h"
#include "server/base/log.h"
#include "server/config/preferences.h"
#include "tests/proto/testing/codec.h"
#include "tests/server/auth/forged_realm.h"
#include "tests/server/smb/gateway_fixture.h"
#include "tests/server/smb/srvsvc_frames.h"

namespace sluice::config {
namespace {

using proto::Command;
using proto::NtStatus;
using smb::Bytes;
using smb::ClientOptions;
using smb::Reply;
using smb::TestClient;

// Longer than the one second that timeouts are set to, much shorter than their defaults.
constexpr int kPatienceMillis = 2500;

std::string StatusName(NtStatus status) { return std::string(proto::Name(status)); }

// ------ Ways to look. Each is a client's whole visit to a gateway at `address`.

std::string UnsignedEcho(const std::string& address) {
  TestClient client(address);
  if (!client.Start()) return "no session";
  client.sign = false;
  return StatusName(client.Call(Command::kEcho, proto::EchoRequest())->status());
}

std::string SigningAlgorithm(const std::string& address) {
  TestClient client(address);
  return client.Start() ? std::string(crypto::Name(client.keys->signing_algorithm())) : "none";
}

std::string Cipher(const std::string& address) {
  TestClient client(address);
  return client.Start() ? std::string(crypto::Name(client.keys->cipher())) : "none";
}

std::string SessionEncrypted(const std::string& address) {
  TestClient client(address);
  if (!client.Start()) return "no session";
  return client.Call(Command::kEcho, proto::EchoRequest())->sealed ? "sealed" : "plain";
}

ClientOptions Smb21() {
  ClientOptions options;
  options.dialects = {proto::Dialect::kSmb210};
  return options;
}

std::string Smb21Negotiates(const std::string& address) {
  TestClient client(address, Smb21());
  return client.Negotiate() ? "served" : "refused";
}

std::string DialectTaken(const std::string& address) {
  TestClient client(address);
  if (!client.Negotiate()) return "none";
  return std::string(proto::Name(static_cast<proto::Dialect>(client.negotiated.dialect_revision)));
}

std::string TwoConnections(const std::string& address) {
  TestClient first(address);
  if (!first.Negotiate()) return "none";
  TestClient second(address);
  return second.Negotiate() ? "both" : "one";
}

std::string TwoSessions(const std::string& address) {
  TestClient first(address);
  TestClient second(address);
  if (!first.Start() || !second.Negotiate()) return "none";
  return StatusName(second.LogOn("bob", "hidden"));
}

std::string TwoSessionsOnOneConnection(const std::string& address) {
  TestClient client(address);
  if (!client.Start()) return "none";
  return StatusName(client.LogOn("bob", "hidden"));
}

std::string TwoOpens(const std::string& address) {
  TestClient client(address);
  proto::FileId file;
  if (!client.Start() || client.Create("one", &file) != NtStatus::kOk) return "none";
  return StatusName(client.Create("two", &file));
}

std::string CreditsHeld(const std::string& address) {
  TestClient client(address);
  if (!client.Start()) return "none";
  for (int i = 0; i < 4; ++i) client.Call(Command::kEcho, proto::EchoRequest());
  // Each request has cost one of those granted.
  return client.credits - client.next_message_id <= 8 ? "at most 8" : "more";
}

std::string LongestRead(const std::string& address) {
  TestClient client(address);
  return client.Negotiate() ? absl::StrCat(client.negotiated.max_read_size) : "none";
}
std::string LongestWrite(const std::string& address) {
  TestClient client(address);
  return client.Negotiate() ? absl::StrCat(client.negotiated.max_write_size) : "none";
}
std::string LongestTransact(const std::string& address) {
  TestClient client(address);
  return client.Negotiate() ? absl::StrCat(client.negotiated.max_transact_size) : "none";
}

std::string SilentConnection(const std::string& address) {
  TestClient client(address);
  return client.WaitForEnd(kPatienceMillis) ? "ended" : "kept";
}

std::string IdleConnection(const std::string& address) {
  TestClient client(address);
  if (!client.Negotiate()) return "none";
  return client.WaitForEnd(kPatienceMillis) ? "ended" : "kept";
}

// A CREATE of a file that another client may have a batch oplock on.
Bytes CreateRequest(TestClient& client, uint8_t oplock) {
  Bytes name;
  EXPECT_TRUE(proto::Utf8ToUtf16("shared", &name));
  proto::CreateRequest create;
  create.requested_oplock_level = oplock;
  create.desired_access = 0x0012019F;
  create.share_access = proto::kShareAccessRead | proto::kShareAccessWrite;
  create.create_disposition = proto::kDispositionOpenIf;
  create.name = name;
  return client.Request(Command::kCreate, create);
}

bool HoldOplock(TestClient& holder) {
  if (!holder.Start()) return false;
  const uint64_t id = holder.next_message_id;
  holder.SendChain({CreateRequest(holder, proto::kOplockLevelBatch)});
  const std::optional<Reply> reply = holder.WaitFor(id);
  return reply.has_value() && reply->status() == NtStatus::kOk;
}

std::string OplockNotGivenBack(const std::string& address) {
  TestClient holder(address);
  TestClient other(address);
  if (!HoldOplock(holder) || !other.Start()) return "none";
  other.SendChain({CreateRequest(other, proto::kOplockLevelNone)});
  const std::optional<Reply> interim = other.Receive();
  if (!interim.has_value() || interim->status() != NtStatus::kPending) return "no wait";
  return other.Silent(kPatienceMillis) ? "waits" : "goes on";
}

// A request in progress that can have no interim response: the first of a compound that waits for
// an oplock. Is the one behind it read?
std::string EchoBehindAWaitingRequest(const std::string& address) {
  TestClient holder(address);
  TestClient other(address);
  if (!HoldOplock(holder) || !other.Start()) return "none";
  const Bytes create = CreateRequest(other, proto::kOplockLevelNone);
  other.SendChain({create, other.Request(Command::kEcho, proto::EchoRequest())});
  const uint64_t echo = other.next_message_id;
  other.SendChain({other.Request(Command::kEcho, proto::EchoRequest())});
  if (other.Silent(500)) return "not read";
  const std::optional<Reply> reply = other.Receive();
  return reply.has_value() && reply->header.message_id == echo ? "answered" : "something else";
}

std::string LogsWarnings(const std::string&) {
  return base::LogEnabled(base::LogLevel::kWarning) ? "logged" : "dropped";
}

std::string LogLine(const std::string&) {
  const std::string path = testing::TempDir() + "/preference-effect.log";
  if (!base::OpenLog(path).ok()) return "none";
  base::Log(base::LogLevel::kError, "a line");
  base::CloseLog();
  std::string line;
  std::getline(std::ifstream(path), line);
  std::filesystem::remove(path);
  return line.substr(0, 1) == "{" ? "json" : "text";
}

std::string StatusOfLogOn(const std::string& address, const std::string& user,
                          const std::string& password) {
  TestClient client(address);
  return client.Negotiate() ? StatusName(client.LogOn(user, password)) : "none";
}

std::string LogsOnByPassword(const std::string& address) {
  return StatusOfLogOn(address, "alice", "secret");
}

// Set where a proof needs tickets.
auth::ForgedRealm* forged_realm = nullptr;

std::string TicketInOtherSpelling(const std::string& address) {
  forged_realm->MakeTicket("ALICE");
  auth::KerberosClient kerberos(auth::kForgedHost, "");
  const absl::StatusOr<Bytes> token = kerberos.Start();
  TestClient client(address);
  if (!token.ok() || !client.Negotiate()) return "none";
  proto::SessionSetupRequest setup;
  setup.security_buffer = *token;
  const std::optional<Reply> reply = client.Call(Command::kSessionSetup, setup);
  return reply.has_value() ? StatusName(reply->status()) : "ended";
}

std::string TwoWrongPasswords(const std::string& address) {
  StatusOfLogOn(address, "alice", "wrong");
  return StatusOfLogOn(address, "alice", "wrong");
}

std::string RightPasswordSomewhatLater(const std::string& address) {
  StatusOfLogOn(address, "alice", "wrong");
  std::this_thread::sleep_for(std::chrono::milliseconds(kPatienceMillis));
  return StatusOfLogOn(address, "alice", "secret");
}

// By how long the answers take together: nothing but a preference holds them up for two seconds.
std::string FailuresOfTwoUsers(const std::string& address) {
  const auto start = std::chrono::steady_clock::now();
  StatusOfLogOn(address, "alice", "wrong");
  StatusOfLogOn(address, "bob", "wrong");
  return std::chrono::steady_clock::now() - start < std::chrono::seconds(2) ? "at once" : "late";
}

std::string GuestConnectsTree(const std::string& address) {
  TestClient client(address);
  if (!client.Negotiate()) return "none";
  const NtStatus status = client.LogOn("nobody", "x");
  return StatusName(status == NtStatus::kOk ? client.ConnectTree("files") : status);
}

std::string MakeFile(const std::string& address) {
  TestClient client(address);
  proto::FileId file;
  if (!client.Start()) return "none";
  return StatusName(client.Create("new", &file, proto::kDispositionOverwriteIf));
}

std::string AuditPath() { return testing::TempDir() + "/preference-effect.audit"; }

// The log-off is always told, and after what was done to the file.
std::string FileInTheAuditLog(const std::string& address) {
  const auto told = [](absl::string_view event) {
    std::stringstream text;
    text << std::ifstream(AuditPath()).rdbuf();
    return absl::StrContains(text.str(), absl::StrCat("\"event\":\"", event, "\""));
  };
  std::filesystem::resize_file(AuditPath(), 0);
  MakeFile(address);
  if (!smb::GatewayTest::Eventually([&told] { return told("logoff"); })) return "no log-off";
  return told("open") ? "told" : "not told";
}

std::string OldClientConnectsTree(const std::string& address) {
  TestClient client(address, Smb21());
  if (!client.Negotiate() || client.LogOn("alice", "secret") != NtStatus::kOk) return "none";
  return StatusName(client.ConnectTree("files"));
}

std::string AliceConnectsTree(const std::string& address) {
  TestClient client(address);
  if (!client.Negotiate() || client.LogOn("alice", "secret") != NtStatus::kOk) return "none";
  return StatusName(client.ConnectTree("files"));
}

std::optional<std::string> Transceive(TestClient& client, const proto::FileId& pipe,
                                      const char* hex) {
  const Bytes input = proto::FromHex(hex);
  proto::IoctlRequest request;
  request.ctl_code = proto::kFsctlPipeTransceive;
  request.file_id = pipe;
  request.max_output_response = 4096;
  request.input = input;
  const std::optional<Reply> reply = client.Call(Command::kIoctl, request);
  proto::IoctlResponse response;
  if (!reply.has_value() || !proto::IoctlResponse::Decode(reply->message, &response)) return {};
  return std::string(response.output.begin(), response.output.end());
}

std::string ListedShare(const std::string& address) {
  TestClient client(address);
  proto::FileId pipe;
  if (!client.Start("IPC$") ||
      client.Create("srvsvc", &pipe, proto::kDispositionOpen) != NtStatus::kOk) {
    return "none";
  }
  Transceive(client, pipe, smb::kBind);
  const std::optional<std::string> listed = Transceive(client, pipe, smb::kShareEnum);
  if (!listed.has_value()) return "no answer";
  return listed->find(std::string("f\0i\0l\0e\0s", 9)) == std::string::npos ? "hidden" : "listed";
}

std::string OtherSpelling(const std::string& address) {
  TestClient client(address);
  proto::FileId file;
  if (!client.Start() || client.Create("Name", &file) != NtStatus::kOk) return "none";
  return StatusName(client.Create("nAME", &file, proto::kDispositionOpen));
}

struct Proof {
  const char* name;  // as in the table
  const char* value;
  std::function<std::string(const std::string& address)> look;
  const char* before;
  const char* after;
  // What else is set all the time.
  std::vector<std::pair<const char*, const char*>> given = {};
};

const Proof kProofs[] = {
    {"signing.required", "false", UnsignedEcho, "STATUS_ACCESS_DENIED", "STATUS_SUCCESS"},
    {"signing.algorithms", "AES-128-CMAC", SigningAlgorithm, "AES-128-GMAC", "AES-128-CMAC"},
    {"encryption.mode", "desired", SessionEncrypted, "plain", "sealed"},
    {"encryption.ciphers", "AES-256-CCM", Cipher, "AES-128-GCM", "AES-256-CCM"},
    {"dialect.min", "3.0", Smb21Negotiates, "served", "refused"},
    {"dialect.max", "3.0.2", DialectTaken, "3.1.1", "3.0.2"},
    {"limits.connections", "1", TwoConnections, "both", "one"},
    {"limits.connections_per_address", "1", TwoConnections, "both", "one"},
    {"limits.sessions", "1", TwoSessions, "STATUS_SUCCESS", "STATUS_INSUFFICIENT_RESOURCES"},
    {"limits.sessions_per_connection", "1", TwoSessionsOnOneConnection, "STATUS_SUCCESS",
     "STATUS_INSUFFICIENT_RESOURCES"},
    {"limits.opens_per_session", "1", TwoOpens, "STATUS_SUCCESS", "STATUS_TOO_MANY_OPENED_FILES"},
    {"limits.requests_in_flight", "1", EchoBehindAWaitingRequest, "answered", "not read"},
    {"limits.credits", "8", CreditsHeld, "more", "at most 8"},
    {"limits.read_bytes", "65536", LongestRead, "1048576", "65536"},
    {"limits.write_bytes", "131072", LongestWrite, "1048576", "131072"},
    {"limits.transact_bytes", "65537", LongestTransact, "8388608", "65537"},
    {"timeouts.idle", "1000", IdleConnection, "kept", "ended"},
    {"timeouts.handshake", "1000", SilentConnection, "kept", "ended"},
    {"timeouts.break", "1000", OplockNotGivenBack, "waits", "goes on"},
    {"auth.ntlm", "false", LogsOnByPassword, "STATUS_SUCCESS", "STATUS_NTLM_BLOCKED"},
    {"auth.kerberos_ignore_case", "true", TicketInOtherSpelling, "STATUS_LOGON_FAILURE",
     "STATUS_SUCCESS"},
    {"auth.failure_delay", "1000", FailuresOfTwoUsers, "at once", "late"},
    {"auth.address_delay",
     "2000",
     FailuresOfTwoUsers,
     "at once",
     "late",
     {{"auth.failure_delay", "0"},
      {"auth.address_delay", "0"},
      {"auth.failures_per_address", "1"}}},
    {"auth.failures_per_address",
     "1",
     FailuresOfTwoUsers,
     "at once",
     "late",
     {{"auth.failure_delay", "0"}, {"auth.address_delay", "2000"}}},
    {"auth.failure_window",
     "1000",
     RightPasswordSomewhatLater,
     "STATUS_ACCOUNT_LOCKED_OUT",
     "STATUS_SUCCESS",
     {{"auth.failures_per_user_and_address", "1"}}},
    {"auth.failures_per_user_and_address", "1", TwoWrongPasswords, "STATUS_LOGON_FAILURE",
     "STATUS_ACCOUNT_LOCKED_OUT"},
    {"auth.failures_per_user",
     "1",
     TwoWrongPasswords,
     "STATUS_LOGON_FAILURE",
     "STATUS_ACCOUNT_LOCKED_OUT",
     {{"auth.failures_per_user_and_address", "0"}}},
    {"log.level", "error", LogsWarnings, "logged", "dropped"},
    {"log.format", "json", LogLine, "text", "json"},
    {"share.files.read_only", "true", MakeFile, "STATUS_SUCCESS", "STATUS_ACCESS_DENIED"},
    {"share.files.encryption", "required", OldClientConnectsTree, "STATUS_SUCCESS",
     "STATUS_ACCESS_DENIED"},
    {"share.files.signing", "AES-128-CMAC,HMAC-SHA256", AliceConnectsTree, "STATUS_SUCCESS",
     "STATUS_ACCESS_DENIED"},
    {"share.files.audit", "true", FileInTheAuditLog, "not told", "told"},
    {"share.files.guest",
     "true",
     GuestConnectsTree,
     "STATUS_ACCESS_DENIED",
     "STATUS_SUCCESS",
     {{"signing.required", "false"}}},
    {"share.files.allow_read", "bob", AliceConnectsTree, "STATUS_SUCCESS", "STATUS_ACCESS_DENIED"},
    {"share.files.deny_read", "alice", AliceConnectsTree, "STATUS_SUCCESS", "STATUS_ACCESS_DENIED"},
    {"share.files.allow_write", "bob", MakeFile, "STATUS_SUCCESS", "STATUS_ACCESS_DENIED"},
    {"share.files.deny_write", "alice", MakeFile, "STATUS_SUCCESS", "STATUS_ACCESS_DENIED"},
    {"share.files.visible", "false", ListedShare, "listed", "hidden"},
    {"share.files.case_sensitive", "true", OtherSpelling, "STATUS_SUCCESS",
     "STATUS_OBJECT_NAME_NOT_FOUND"},
};

class PreferenceEffectTest : public smb::GatewayTest, public testing::WithParamInterface<Proof> {
 protected:
  void Adjust(GatewayOptions* options) override {
    options->allow_guest = true;  // the shares' own preference is behind it
    options->audit_file = AuditPath();
    if (absl::string_view(GetParam().name) == "auth.kerberos_ignore_case") {
      realm_ = std::make_unique<auth::ForgedRealm>(directory_);
      forged_realm = realm_.get();
      options->kerberos_keytab = realm_->keytab();
      options->kerberos_realms = {auth::kForgedRealm};
    }
    for (const auto& [name, value] : GetParam().given) {
      const absl::Status set = SetPreference(options->preferences, name, value);
      EXPECT_TRUE(set.ok()) << set;
    }
  }

  std::unique_ptr<auth::ForgedRealm> realm_;
};

TEST_P(PreferenceEffectTest, IsObeyed) {
  const Proof& proof = GetParam();
  EXPECT_EQ(proof.look(address()), proof.before);
  Preferences next = *gateway_->preferences().Get();
  const absl::Status set = SetPreference(next, proof.name, proof.value);
  ASSERT_TRUE(set.ok()) << set;
  // Of the visit before nothing is left.
  ASSERT_TRUE(Eventually([this] { return gateway_->Status().connections == 0; }));
  gateway_->preferences().Set(next);
  EXPECT_EQ(proof.look(address()), proof.after);
}

INSTANTIATE_TEST_SUITE_P(EveryRow, PreferenceEffectTest, testing::ValuesIn(kProofs),
                         [](const testing::TestParamInfo<Proof>& row) {
                           std::string name = row.param.name;
                           for (char& c : name) c = c == '.' ? '_' : c;
                           return name;
                         });

TEST(PreferenceEffect, EveryRowHasAProof) {
  Preferences preferences;
  preferences.shares["files"];
  for (const PreferenceKey& key : AllPreferences(preferences)) {
    const bool proven = std::any_of(std::begin(kProofs), std::end(kProofs),
                                    [&](const Proof& p) { return p.name == key.name(); });
    EXPECT_TRUE(proven) << key.name() << ": does anything obey it? Add a proof to kProofs";
  }
  for (const Proof& proof : kProofs) {
    EXPECT_TRUE(FindPreference(preferences, proof.name).ok()) << proof.name;
    EXPECT_STRNE(proof.before, proof.after) << proof.name;
  }
}

}  // namespace
}  // namespace sluice::config

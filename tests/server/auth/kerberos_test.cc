#include "server/auth/kerberos.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "proto/auth/spnego.h"
#include "server/auth/kerberos_client.h"
#include "tests/server/auth/auth_fixture.h"
#include "tests/server/auth/forged_realm.h"

namespace sluice::auth {
namespace {

using ::testing::HasSubstr;

constexpr char kDotless[] = "adm\u0131n";

class KerberosTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = ::testing::TempDir() + "/kerberosXXXXXX";
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    realm_ = std::make_unique<ForgedRealm>(directory_);
    users_ = *UserStore::Open(directory_ + "/users.json");
    ASSERT_TRUE(users_->Add("admin", "secret", "").ok());
    KerberosOptions options;
    options.keytab = realm_->keytab();
    options.replay_cache = directory_ + "/rcache";
    options.principals.realms = {kForgedRealm};
    options.principals.users = {{"chief@SLUICE.TEST", "Admin"}};
    acceptor_ = *KerberosAcceptor::Open(options, *users_, nullptr);
  }

  // Who a principal's name becomes, or why nobody.
  std::string UserOf(const std::string& name, bool ignore_case = false) {
    const absl::StatusOr<AuthResult> who =
        acceptor_->FindUser(name + "@" + kForgedRealm, ignore_case);
    return who.ok() ? who->user : "refused: " + std::string(who.status().message());
  }

  // The whole exchange with a ticket.
  proto::NtStatus LogOn(const std::string& name, bool ignore_case) {
    realm_->MakeTicket(name);
    KerberosClient client(kForgedHost, "");
    const absl::StatusOr<std::vector<uint8_t>> token = client.Start();
    EXPECT_TRUE(token.ok()) << token.status();
    proto::NegTokenInit init;
    EXPECT_TRUE(proto::NegTokenInit::Decode(*token, &init));
    const std::unique_ptr<Mechanism> exchange = acceptor_->Begin(ignore_case);
    std::vector<uint8_t> reply;
    return exchange->Step(*init.mech_token, &reply);
  }

  std::string directory_;
  std::unique_ptr<ForgedRealm> realm_;
  std::unique_ptr<UserStore> users_;
  std::unique_ptr<KerberosAcceptor> acceptor_;
};

TEST_F(KerberosTest, APrincipalIsTheUserOfTheSameBytes) {
  EXPECT_EQ(UserOf("admin"), "admin");
  EXPECT_THAT(UserOf("ADMIN"), HasSubstr("not spelled as the user \"admin\""));
  EXPECT_THAT(UserOf(kDotless), HasSubstr("not spelled as the user \"admin\""));
}

TEST_F(KerberosTest, IgnoringCaseFoldsLettersOfAsciiOnly) {
  EXPECT_EQ(UserOf("ADMIN", true), "admin");
  EXPECT_THAT(UserOf(kDotless, true), HasSubstr("not spelled as the user \"admin\""));
}

TEST_F(KerberosTest, WhoIsInNoStoreKeepsHisSpellingUnlessCaseIsIgnored) {
  EXPECT_EQ(UserOf("Carol"), "Carol");
  EXPECT_EQ(UserOf("Carol", true), "carol");
  EXPECT_EQ(acceptor_->FindUser("Carol@SLUICE.TEST", false)->name_match, base::NameMatch::kExact);
  EXPECT_EQ(acceptor_->FindUser("admin@SLUICE.TEST", false)->name_match, base::NameMatch::kFolded);
}

TEST_F(KerberosTest, WhomTheMapNamesIsFoundAsItSpellsHim) { EXPECT_EQ(UserOf("chief"), "admin"); }

TEST_F(KerberosTest, ATicketOfAnotherSpellingIsRefused) {
  EXPECT_EQ(LogOn("admin", false), proto::NtStatus::kOk);
  EXPECT_EQ(LogOn("ADMIN", false), proto::NtStatus::kLogonFailure);
  EXPECT_EQ(LogOn("ADMIN", true), proto::NtStatus::kOk);
  EXPECT_EQ(LogOn(kDotless, true), proto::NtStatus::kLogonFailure);
}

}  // namespace
}  // namespace sluice::auth

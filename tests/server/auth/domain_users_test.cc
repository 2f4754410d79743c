// NTLM log-ons of a domain's users, and winbind where there is none.
#include "server/auth/domain_users.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/auth/ntlm_messages.h"
#include "server/auth/kerberos.h"
#include "server/auth/ntlm_crypto.h"
#include "server/auth/winbind.h"
#include "tests/server/auth/auth_fixture.h"

namespace sluice::auth {
namespace {

using proto::NtStatus;
using ::testing::HasSubstr;

// A controller of the domain EXAMPLE that knows one user, dora.
class FakeDomain final : public DomainUsers {
 public:
  NtStatus Authenticate(const NtlmAnswer& answer, DomainUser* user, std::string* why) override {
    ++asked;
    last = answer;
    if (forced != NtStatus::kOk) {
      *why = "the domain refuses: so be it";
      return forced;
    }
    if (answer.domain != "EXAMPLE" || answer.user != "dora") return NtStatus::kNoSuchUser;
    proto::NtlmV2Response response;
    crypto::SecretBytes<16> key;
    EXPECT_TRUE(proto::NtlmV2Response::Decode(answer.nt_response, &response));
    EXPECT_TRUE(NtOwfV2(*NtHashOfPassword("of the domain"), answer.user, answer.domain, &key));
    const auto proof = NtProof(key, answer.challenge, response.blob);
    if (proof != response.proof) {
      *why = "the domain refuses: wrong password";
      return NtStatus::kLogonFailure;
    }
    user->name = "EXAMPLE\\dora";
    user->unix_user = "70001";
    user->session_base_key = SessionBaseKey(key, proof);
    return NtStatus::kOk;
  }
  bool Find(const std::string& user, const std::string& realm, DomainUser* found) override {
    if (user != "dora" || realm != "EXAMPLE.COM") return false;
    found->name = "EXAMPLE\\dora";
    found->unix_user = "70001";
    return true;
  }

  NtStatus forced = NtStatus::kOk;
  int asked = 0;
  NtlmAnswer last;
};

class DomainUsersTest : public AuthFixture {
 protected:
  DomainUsersTest() { environment_.domain = &domain_; }

  NtStatus LogOn(const NtlmCredentials& credentials) {
    server_ = std::make_unique<NtlmServer>(environment_);
    client_ =
        std::make_unique<NtlmClient>(NtlmCredentials{credentials.user, credentials.domain,
                                                     credentials.workstation, credentials.nt_hash},
                                     client_random_, clock_);
    std::vector<uint8_t> reply;
    EXPECT_EQ(server_->Step(client_->Negotiate(), &reply), NtStatus::kMoreProcessingRequired);
    std::vector<uint8_t> authenticate;
    EXPECT_TRUE(client_->Authenticate(reply, &authenticate));
    return server_->Step(authenticate, &reply);
  }

  FakeDomain domain_;
  std::unique_ptr<NtlmServer> server_;
  std::unique_ptr<NtlmClient> client_;
};

TEST_F(DomainUsersTest, AUserOfTheDomainHasItsNameUidAndKey) {
  ASSERT_EQ(LogOn(Credentials("dora", "of the domain", "EXAMPLE")), NtStatus::kOk);
  EXPECT_TRUE(server_->Blocks());
  const AuthResult result = server_->TakeResult();
  EXPECT_EQ(result.user, "EXAMPLE\\dora");
  EXPECT_EQ(result.unix_user, "70001");
  EXPECT_EQ(result.session_key.span(), client_->session_key().span());
  EXPECT_EQ(domain_.last.workstation, "DESK");
}

TEST_F(DomainUsersTest, TheDomainsRefusalIsFinal) {
  EXPECT_EQ(LogOn(Credentials("dora", "guess", "EXAMPLE")), NtStatus::kLogonFailure);
  EXPECT_EQ(server_->Reason(), "the domain refuses: wrong password");
  for (const NtStatus status :
       {NtStatus::kAccountDisabled, NtStatus::kAccountLockedOut, NtStatus::kNoLogonServers}) {
    domain_.forced = status;
    EXPECT_EQ(LogOn(Credentials("alice", "correct horse", "EXAMPLE")), status);
  }
}

TEST_F(DomainUsersTest, WhomTheDomainDoesNotKnowMayBeTheGatewaysOwn) {
  EXPECT_EQ(LogOn(Credentials("alice", "correct horse", "WORKGROUP")), NtStatus::kOk);
  EXPECT_EQ(domain_.asked, 1);
  EXPECT_EQ(server_->TakeResult().user, "alice");
  EXPECT_EQ(LogOn(Credentials("alice", "wrong", "WORKGROUP")), NtStatus::kLogonFailure);
}

// Else each guess at one user would count for another.
TEST_F(DomainUsersTest, ANameWithAZeroInItIsNotAskedFor) {
  const std::string user("dora\0x", 6);
  const std::string domain("EXAMPLE\0x", 9);
  EXPECT_EQ(LogOn(Credentials(user, "of the domain", "EXAMPLE")), NtStatus::kLogonFailure);
  EXPECT_EQ(LogOn(Credentials("dora", "of the domain", domain)), NtStatus::kLogonFailure);
  EXPECT_EQ(domain_.asked, 0);
}

TEST_F(DomainUsersTest, WhyTheDomainDoesNotKnowAUserIsTold) {
  domain_.forced = NtStatus::kNoSuchUser;
  EXPECT_EQ(LogOn(Credentials("dora", "of the domain", "EXAMPLE")), NtStatus::kLogonFailure);
  EXPECT_EQ(server_->Reason(), "the domain refuses: so be it");
  EXPECT_EQ(LogOn(Credentials("alice", "wrong", "EXAMPLE")), NtStatus::kLogonFailure);
  EXPECT_EQ(server_->Reason(), "wrong password");
}

TEST_F(DomainUsersTest, TheGatewaysOwnNameIsNoDomain) {
  for (const char* domain : {"SLUICE", "sluice", "", "."}) {
    EXPECT_EQ(LogOn(Credentials("alice", "correct horse", domain)), NtStatus::kOk) << domain;
  }
  EXPECT_EQ(domain_.asked, 0);
}

// No winbindd, or one in no domain: it knows nobody, and the gateway's own users are left.
TEST_F(DomainUsersTest, AWinbindThatCannotSayLeavesTheOwnUsers) {
  const std::unique_ptr<DomainUsers> winbind = MakeWinbindUsers();
  environment_.domain = winbind.get();
  EXPECT_EQ(LogOn(Credentials("alice", "correct horse", "NO-SUCH-DOMAIN")), NtStatus::kOk);
  EXPECT_EQ(LogOn(Credentials("alice", "wrong", "NO-SUCH-DOMAIN")), NtStatus::kLogonFailure);
  DomainUser found;
  EXPECT_FALSE(winbind->Find("nobody-at-all", "NO.SUCH.REALM", &found));
  EXPECT_THAT(DescribeWinbind(), HasSubstr("domain"));
}

TEST(KerberosAcceptorTest, AKeytabThatIsNotThereIsAnErrorWithItsPath) {
  const auto keys = ListKeytab("/nonexistent/cifs.keytab");
  ASSERT_FALSE(keys.ok());
  EXPECT_THAT(std::string(keys.status().message()), HasSubstr("/nonexistent/cifs.keytab"));
}

}  // namespace
}  // namespace sluice::auth

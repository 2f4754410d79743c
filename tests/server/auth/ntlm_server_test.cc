#include "server/auth/ntlm_server.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proto/auth/ntlm_flags.h"
#include "proto/auth/ntlm_messages.h"
#include "proto/wire/utf16.h"
#include "proto/wire/writer.h"
#include "server/base/limits.h"
#include "tests/server/auth/auth_fixture.h"

namespace sluice::auth {
namespace {

using proto::NtStatus;
namespace flag = proto::ntlm_flag;

using Bytes = std::vector<uint8_t>;

std::string Text16(absl::Span<const uint8_t> utf16) {
  std::string text;
  EXPECT_TRUE(proto::Utf16ToUtf8(utf16, &text));
  return text;
}

class NtlmServerTest : public AuthFixture {
 protected:
  // Runs an exchange; `change` may break the AUTHENTICATE message on its way.
  NtStatus LogOn(const NtlmCredentials& credentials,
                 const std::function<void(Bytes*)>& change = nullptr) {
    server_ = std::make_unique<NtlmServer>(environment_);
    client_ = std::make_unique<NtlmClient>(credentials, client_random_, clock_);
    Bytes challenge;
    EXPECT_EQ(server_->Step(client_->Negotiate(), &challenge), NtStatus::kMoreProcessingRequired);
    Bytes authenticate;
    EXPECT_TRUE(client_->Authenticate(challenge, &authenticate));
    if (change) change(&authenticate);
    Bytes nothing;
    const NtStatus status = server_->Step(authenticate, &nothing);
    EXPECT_TRUE(nothing.empty());
    return status;
  }

  // Decodes, lets `change` edit, encodes again.
  static std::function<void(Bytes*)> Edit(std::function<void(proto::NtlmAuthenticate*)> change) {
    return [change](Bytes* token) {
      const Bytes original = *token;
      proto::NtlmAuthenticate message;
      ASSERT_TRUE(proto::NtlmAuthenticate::Decode(original, &message));
      change(&message);
      token->assign(original.size() + 4096, 0);
      proto::Writer w(absl::MakeSpan(*token));
      message.Encode(w);
      ASSERT_TRUE(w.ok());
      token->resize(w.size());
    };
  }

  std::unique_ptr<NtlmServer> server_;
  std::unique_ptr<NtlmClient> client_;
};

TEST_F(NtlmServerTest, LogsOnAndAgreesOnTheSessionKey) {
  ASSERT_EQ(LogOn(Credentials()), NtStatus::kOk);
  EXPECT_TRUE(server_->HasMic());
  const AuthResult result = server_->TakeResult();
  EXPECT_EQ(result.user, "alice");
  EXPECT_EQ(result.domain, "SLUICE");
  EXPECT_EQ(result.workstation, "DESK");
  EXPECT_FALSE(result.guest);
  EXPECT_FALSE(result.anonymous);
  EXPECT_EQ(result.session_key.span(), client_->session_key().span());
}

TEST_F(NtlmServerTest, EachExchangeHasItsOwnKeyAndChallenge) {
  ASSERT_EQ(LogOn(Credentials()), NtStatus::kOk);
  const AuthResult first = server_->TakeResult();
  ASSERT_EQ(LogOn(Credentials()), NtStatus::kOk);
  EXPECT_NE(first.session_key.span(), server_->TakeResult().session_key.span());
}

TEST_F(NtlmServerTest, GivesTheUsersUnixAccount) {
  ASSERT_TRUE(users_->Add("bob", "pw", "1234").ok());
  ASSERT_EQ(LogOn(Credentials("bob", "pw")), NtStatus::kOk);
  EXPECT_EQ(server_->TakeResult().unix_user, "1234");
}

TEST_F(NtlmServerTest, RefusesAWrongPassword) {
  EXPECT_EQ(LogOn(Credentials("alice", "wrong horse")), NtStatus::kLogonFailure);
}

TEST_F(NtlmServerTest, RefusesAnUnknownUserAlike) {
  EXPECT_EQ(LogOn(Credentials("mallory")), NtStatus::kLogonFailure);
}

TEST_F(NtlmServerTest, RefusesAnUnknownUserWhoKnowsTheDummyHash) {
  NtlmCredentials credentials = Credentials("mallory");
  credentials.nt_hash = NtHash();
  EXPECT_EQ(LogOn(credentials), NtStatus::kLogonFailure);
}

TEST_F(NtlmServerTest, FindsUsersWithoutRegardToCase) {
  ASSERT_EQ(LogOn(Credentials("ALICE")), NtStatus::kOk);
  EXPECT_EQ(server_->TakeResult().user, "alice");
  ASSERT_TRUE(users_->Add("Jürgen", "pässwörd €", "").ok());
  ASSERT_EQ(LogOn(Credentials("jÜRGEN", "pässwörd €")), NtStatus::kOk);
  EXPECT_EQ(server_->TakeResult().user, "Jürgen");
}

TEST_F(NtlmServerTest, TakesAnyDomainForItsOwnUsers) {
  for (const char* domain : {"", "WORKGROUP", "example.com", "DÖMÄNE"}) {
    EXPECT_EQ(LogOn(Credentials("alice", "correct horse", domain)), NtStatus::kOk) << domain;
  }
}

TEST_F(NtlmServerTest, RefusesADomainChangedOnItsWay) {
  const Bytes other = {'X', 0};
  EXPECT_EQ(LogOn(Credentials(), Edit([&](proto::NtlmAuthenticate* m) { m->domain = other; })),
            NtStatus::kLogonFailure);
}

TEST_F(NtlmServerTest, RefusesNtlmV1AndLmResponses) {
  const Bytes response(24, 0x5a);
  EXPECT_EQ(LogOn(Credentials(), Edit([&](proto::NtlmAuthenticate* m) {
                    m->nt_response = response;
                    m->lm_response = response;
                  })),
            NtStatus::kLogonFailure);
  EXPECT_EQ(LogOn(Credentials(), Edit([&](proto::NtlmAuthenticate* m) {
                    m->nt_response = {};
                    m->lm_response = response;
                  })),
            NtStatus::kLogonFailure);
}

TEST_F(NtlmServerTest, RefusesAMalformedNtlmV2Response) {
  // Long enough, but its target information is no list of AV pairs.
  const Bytes response(95, 0x5a);
  EXPECT_EQ(
      LogOn(Credentials(), Edit([&](proto::NtlmAuthenticate* m) { m->nt_response = response; })),
      NtStatus::kInvalidParameter);
}

TEST_F(NtlmServerTest, RefusesAChangedMic) {
  EXPECT_EQ(LogOn(Credentials(),
                  [](Bytes* token) { (*token)[proto::NtlmAuthenticate::kMicOffset] ^= 1; }),
            NtStatus::kInvalidParameter);
}

TEST_F(NtlmServerTest, RefusesAMissingMic) {
  EXPECT_EQ(LogOn(Credentials(), Edit([](proto::NtlmAuthenticate* m) { m->mic.reset(); })),
            NtStatus::kInvalidParameter);
}

TEST_F(NtlmServerTest, RefusesANegotiateMessageChangedOnItsWay) {
  NtlmServer server(environment_);
  NtlmClient client(Credentials(), client_random_, clock_);
  Bytes negotiate = client.Negotiate();
  negotiate[12] ^= 0x10;  // the SIGN flag
  Bytes challenge;
  ASSERT_EQ(server.Step(negotiate, &challenge), NtStatus::kMoreProcessingRequired);
  Bytes authenticate;
  ASSERT_TRUE(client.Authenticate(challenge, &authenticate));
  EXPECT_EQ(server.Step(authenticate, &challenge), NtStatus::kInvalidParameter);
}

TEST_F(NtlmServerTest, RefusesATargetInfoWithoutTheMicFlag) {
  // Taking the flag out of the response breaks the proof that is over it.
  EXPECT_EQ(LogOn(Credentials(),
                  [](Bytes* token) {
                    const Bytes pair = {6, 0, 4, 0, 2, 0, 0, 0};
                    const auto at =
                        std::search(token->begin(), token->end(), pair.begin(), pair.end());
                    ASSERT_NE(at, token->end());
                    at[4] = 0;
                  }),
            NtStatus::kLogonFailure);
}

TEST_F(NtlmServerTest, RefusesKeyExchangeWithoutAKey) {
  EXPECT_EQ(
      LogOn(Credentials(), Edit([](proto::NtlmAuthenticate* m) { m->encrypted_session_key = {}; })),
      NtStatus::kInvalidParameter);
}

TEST_F(NtlmServerTest, RefusesAnonymousUnlessAllowed) {
  EXPECT_EQ(LogOn(Credentials("")), NtStatus::kAccessDenied);
  options_.allow_anonymous = true;
  ASSERT_EQ(LogOn(Credentials("")), NtStatus::kOk);
  const AuthResult result = server_->TakeResult();
  EXPECT_TRUE(result.anonymous);
  EXPECT_EQ(result.user, "");
  EXPECT_EQ(result.session_key.span(), client_->session_key().span());
}

TEST_F(NtlmServerTest, MakesUnknownUsersGuestsOnlyWhereAllowed) {
  options_.allow_guest = true;
  ASSERT_EQ(LogOn(Credentials("visitor")), NtStatus::kOk);
  EXPECT_FALSE(server_->HasMic());
  const AuthResult result = server_->TakeResult();
  EXPECT_TRUE(result.guest);
  EXPECT_EQ(result.unix_user, "");
}

TEST_F(NtlmServerTest, NeverMakesAKnownUserWithAWrongPasswordAGuest) {
  options_.allow_guest = true;
  EXPECT_EQ(LogOn(Credentials("alice", "wrong")), NtStatus::kLogonFailure);
}

TEST_F(NtlmServerTest, ChallengeNamesTheServerAndTheTime) {
  options_.netbios_name = "GATE";
  options_.dns_name = "gate.example.com";
  NtlmServer server(environment_);
  NtlmClient client(Credentials(), client_random_, clock_);
  Bytes token;
  ASSERT_EQ(server.Step(client.Negotiate(), &token), NtStatus::kMoreProcessingRequired);
  proto::NtlmChallenge challenge;
  ASSERT_TRUE(proto::NtlmChallenge::Decode(token, &challenge));
  EXPECT_EQ(Text16(challenge.target_name), "GATE");
  proto::AvPairs pairs;
  ASSERT_TRUE(proto::AvPairs::Decode(challenge.target_info, &pairs));
  ASSERT_NE(pairs.Find(proto::AvId::kNbComputerName), nullptr);
  EXPECT_EQ(Text16(pairs.Find(proto::AvId::kNbComputerName)->value), "GATE");
  EXPECT_EQ(Text16(pairs.Find(proto::AvId::kDnsComputerName)->value), "gate.example.com");
  EXPECT_EQ(pairs.Find(proto::AvId::kDnsDomainName), nullptr);
  EXPECT_EQ(pairs.timestamp(),
            static_cast<uint64_t>(clock_.wall_nanos / 100) + 116444736000000000u);
  constexpr uint32_t kAll = flag::kUnicode | flag::kNtlm | flag::kTargetInfo |
                            flag::kExtendedSessionSecurity | flag::kKeyExchange | flag::k128;
  EXPECT_EQ(challenge.flags & kAll, kAll);
  EXPECT_EQ(challenge.flags & (flag::kLmKey | flag::kDatagram), 0u);
}

Bytes NegotiateWith(uint32_t flags) {
  proto::NtlmNegotiate message;
  message.flags = flags;
  Bytes token(64);
  proto::Writer w(absl::MakeSpan(token));
  message.Encode(w);
  token.resize(w.size());
  return token;
}

TEST_F(NtlmServerTest, RefusesAClientWithoutUnicode) {
  NtlmServer server(environment_);
  Bytes reply;
  EXPECT_EQ(server.Step(NegotiateWith(flag::kOem | flag::kNtlm), &reply),
            NtStatus::kInvalidParameter);
}

TEST_F(NtlmServerTest, AddsNothingThatTheClientDidNotOffer) {
  NtlmServer server(environment_);
  Bytes reply;
  ASSERT_EQ(server.Step(NegotiateWith(flag::kUnicode | flag::kNtlm), &reply),
            NtStatus::kMoreProcessingRequired);
  proto::NtlmChallenge challenge;
  ASSERT_TRUE(proto::NtlmChallenge::Decode(reply, &challenge));
  EXPECT_EQ(challenge.flags & (flag::kKeyExchange | flag::kSeal | flag::kSign | flag::k128), 0u);
}

TEST_F(NtlmServerTest, RefusesMessagesOutOfTurn) {
  ASSERT_EQ(LogOn(Credentials()), NtStatus::kOk);
  Bytes reply;
  EXPECT_EQ(server_->Step(client_->Negotiate(), &reply), NtStatus::kInvalidParameter);

  NtlmServer fresh(environment_);
  Bytes authenticate;
  ASSERT_EQ(LogOn(Credentials(), [&](Bytes* token) { authenticate = *token; }), NtStatus::kOk);
  EXPECT_EQ(fresh.Step(authenticate, &reply), NtStatus::kInvalidParameter);

  NtlmServer twice(environment_);
  NtlmClient client(Credentials(), client_random_, clock_);
  ASSERT_EQ(twice.Step(client.Negotiate(), &reply), NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(twice.Step(client.Negotiate(), &reply), NtStatus::kInvalidParameter);
}

TEST_F(NtlmServerTest, RefusesAReplayedAuthenticate) {
  Bytes recorded;
  ASSERT_EQ(LogOn(Credentials(), [&](Bytes* token) { recorded = *token; }), NtStatus::kOk);
  EXPECT_EQ(LogOn(Credentials(), [&](Bytes* token) { *token = recorded; }),
            NtStatus::kLogonFailure);
}

TEST_F(NtlmServerTest, RefusesEveryTruncation) {
  Bytes whole;
  ASSERT_EQ(LogOn(Credentials(), [&](Bytes* token) { whole = *token; }), NtStatus::kOk);
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(LogOn(Credentials(), [&](Bytes* token) { token->resize(size); }), NtStatus::kOk)
        << size;
  }
}

TEST_F(NtlmServerTest, RefusesEveryFlippedBitWithoutHarm) {
  Bytes whole;
  ASSERT_EQ(LogOn(Credentials(), [&](Bytes* token) { whole = *token; }), NtStatus::kOk);
  // The LM response is not looked at, but the MIC is over it too.
  for (size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NE(LogOn(Credentials(),
                    [&](Bytes* token) { (*token)[i] ^= static_cast<uint8_t>(1u << (i % 8)); }),
              NtStatus::kOk)
        << i;
  }
}

TEST_F(NtlmServerTest, RefusesATokenAboveTheLimit) {
  NtlmServer server(environment_);
  NtlmClient client(Credentials(), client_random_, clock_);
  Bytes negotiate = client.Negotiate();
  negotiate.resize(limits::security_buffer_bytes_max + 1);
  Bytes reply;
  EXPECT_EQ(server.Step(negotiate, &reply), NtStatus::kInvalidParameter);
}

TEST_F(NtlmServerTest, WorksWithAClientThatMakesNoMic) {
  // One that ignores the server's timestamp: it sees the challenge without one.
  NtlmServer server(environment_);
  NtlmClient client(Credentials(), client_random_, clock_);
  Bytes token;
  ASSERT_EQ(server.Step(client.Negotiate(), &token), NtStatus::kMoreProcessingRequired);
  proto::NtlmChallenge challenge;
  ASSERT_TRUE(proto::NtlmChallenge::Decode(token, &challenge));
  challenge.target_info = {};
  Bytes bare(token.size() + 64);
  proto::Writer w(absl::MakeSpan(bare));
  challenge.Encode(w);
  bare.resize(w.size());
  Bytes authenticate;
  ASSERT_TRUE(client.Authenticate(bare, &authenticate));
  EXPECT_EQ(server.Step(authenticate, &token), NtStatus::kOk);
}

}  // namespace
}  // namespace sluice::auth

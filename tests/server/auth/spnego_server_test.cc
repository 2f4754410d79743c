#include "server/auth/spnego_server.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/auth/spnego.h"
#include "server/auth/spnego_client.h"
#include "server/base/limits.h"
#include "tests/server/auth/auth_fixture.h"

namespace sluice::auth {
namespace {

using proto::NegState;
using proto::NtStatus;

using Bytes = std::vector<uint8_t>;

class SpnegoServerTest : public AuthFixture {
 protected:
  SpnegoServerTest()
      : server_({.ntlm = environment_}), client_(Credentials(), client_random_, clock_) {}

  // The server's answer, decoded.
  proto::NegTokenResp Answer() {
    proto::NegTokenResp answer;
    EXPECT_TRUE(proto::NegTokenResp::Decode(reply_, &answer));
    return answer;
  }

  Bytes Init(proto::MechTypes types, const Bytes* token) {
    proto::NegTokenInit init;
    init.mech_types = types;
    types_der_ = proto::EncodeMechTypes(types);
    if (token != nullptr) init.mech_token = absl::MakeConstSpan(*token);
    return init.Encode();
  }

  static Bytes Resp(const Bytes* token, const Bytes* mic) {
    proto::NegTokenResp resp;
    if (token != nullptr) resp.response_token = absl::MakeConstSpan(*token);
    if (mic != nullptr) resp.mech_list_mic = absl::MakeConstSpan(*mic);
    return resp.Encode();
  }

  Bytes Mic() {
    const auto mic = client_.signer().Make(types_der_);
    return {mic.begin(), mic.end()};
  }

  // Goes as far as the AUTHENTICATE message for a client whose first choice is Kerberos.
  Bytes AuthenticateAsSecondChoice() {
    const Bytes kerberos = {1, 2, 3};
    EXPECT_EQ(
        server_.Step(Init({proto::oid::kMsKerberos, proto::oid::kNtlmssp}, &kerberos), &reply_),
        NtStatus::kMoreProcessingRequired);
    EXPECT_EQ(Answer().state, NegState::kRequestMic);
    EXPECT_EQ(Answer().supported_mech, proto::oid::kNtlmssp);
    EXPECT_FALSE(Answer().response_token.has_value());
    const Bytes negotiate = client_.Negotiate();
    EXPECT_EQ(server_.Step(Resp(&negotiate, nullptr), &reply_), NtStatus::kMoreProcessingRequired);
    Bytes authenticate;
    EXPECT_TRUE(client_.Authenticate(*Answer().response_token, &authenticate));
    return authenticate;
  }

  // The same for a client whose first choice is NTLM, without its optimistic token's help.
  Bytes AuthenticateAsFirstChoice() {
    const Bytes negotiate = client_.Negotiate();
    EXPECT_EQ(
        server_.Step(Init({proto::oid::kNtlmssp, proto::oid::kKerberos}, &negotiate), &reply_),
        NtStatus::kMoreProcessingRequired);
    EXPECT_EQ(Answer().state, NegState::kAcceptIncomplete);
    Bytes authenticate;
    EXPECT_TRUE(client_.Authenticate(*Answer().response_token, &authenticate));
    return authenticate;
  }

  SpnegoServer server_;
  NtlmClient client_;
  Bytes types_der_;
  Bytes reply_;
};

// Kerberos as SPNEGO sees it: the token "ticket" is right, "half" needs a second one.
class FakeKerberos final : public Mechanism {
 public:
  NtStatus Step(absl::Span<const uint8_t> token, Bytes* reply) override {
    const std::string text(token.begin(), token.end());
    *reply = {'r', 'e', 'p'};
    if (text == "half") return NtStatus::kMoreProcessingRequired;
    return text == "ticket" ? NtStatus::kOk : NtStatus::kTimeDifferenceAtDc;
  }
  bool Blocks() const override { return true; }
  std::string Reason() const override { return "its clock is wrong"; }
  AuthResult TakeResult() override {
    AuthResult result;
    result.user = "kerberos user";
    result.session_key = crypto::SecretBuffer(32);
    return result;
  }
  bool HasMic() const override { return true; }
  Bytes MakeMic(absl::Span<const uint8_t>) override { return {'o', 'u', 'r'}; }
  bool CheckMic(absl::Span<const uint8_t>, absl::Span<const uint8_t> mic) override {
    return Bytes(mic.begin(), mic.end()) == Bytes{'m', 'i', 'c'};
  }
};

class FakeKerberosSource final : public MechanismSource {
 public:
  std::unique_ptr<Mechanism> Begin(bool) override { return std::make_unique<FakeKerberos>(); }
};

Bytes Text(const std::string& text) { return {text.begin(), text.end()}; }

class SpnegoKerberosTest : public SpnegoServerTest {
 protected:
  SpnegoKerberosTest() : both_({.ntlm = environment_, .kerberos = &kerberos_}) {}

  FakeKerberosSource kerberos_;
  SpnegoServer both_;
};

TEST_F(SpnegoKerberosTest, TakesATicketOfTheFirstChoiceUnderEitherName) {
  for (const absl::string_view name : {proto::oid::kMsKerberos, proto::oid::kKerberos}) {
    SpnegoServer server({.ntlm = environment_, .kerberos = &kerberos_});
    const Bytes ticket = Text("ticket");
    const Bytes token = Init({name, proto::oid::kNtlmssp}, &ticket);
    EXPECT_TRUE(server.Blocks(token));
    ASSERT_EQ(server.Step(token, &reply_), NtStatus::kOk);
    EXPECT_EQ(Answer().state, NegState::kAcceptCompleted);
    EXPECT_EQ(Answer().supported_mech, name);
    EXPECT_EQ(Bytes(Answer().response_token->begin(), Answer().response_token->end()), Text("rep"));
    EXPECT_FALSE(Answer().mech_list_mic.has_value());
    const AuthResult result = server.TakeResult();
    EXPECT_EQ(result.session_key.size(), 32u);
    EXPECT_EQ(result.mechanism, kKerberosName);
  }
}

TEST_F(SpnegoKerberosTest, GoesOnWhereTheMechanismWantsMore) {
  const Bytes half = Text("half");
  const Bytes ticket = Text("ticket");
  ASSERT_EQ(both_.Step(Init({proto::oid::kMsKerberos}, &half), &reply_),
            NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(Answer().state, NegState::kAcceptIncomplete);
  ASSERT_EQ(both_.Step(Resp(&ticket, nullptr), &reply_), NtStatus::kOk);
}

TEST_F(SpnegoKerberosTest, AsSecondChoiceItDropsTheFirstTokenAndChecksTheMic) {
  const Bytes other = Text("of NegoEx");
  const Bytes ticket = Text("ticket");
  ASSERT_EQ(both_.Step(Init({proto::oid::kNegoEx, proto::oid::kKerberos}, &other), &reply_),
            NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(Answer().state, NegState::kRequestMic);
  EXPECT_EQ(Answer().supported_mech, proto::oid::kKerberos);
  // Its first MIC can only follow the ticket's answer.
  ASSERT_EQ(both_.Step(Resp(&ticket, nullptr), &reply_), NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(Bytes(Answer().mech_list_mic->begin(), Answer().mech_list_mic->end()), Text("our"));
  EXPECT_EQ(Bytes(Answer().response_token->begin(), Answer().response_token->end()), Text("rep"));
  const Bytes mic = Text("mic");
  EXPECT_EQ(both_.Step(Resp(nullptr, &mic), &reply_), NtStatus::kOk);
}

TEST_F(SpnegoKerberosTest, AsSecondChoiceWithAWrongMicItIsRefused) {
  const Bytes ticket = Text("ticket");
  const Bytes mic = Text("wrong");
  ASSERT_EQ(both_.Step(Init({proto::oid::kNegoEx, proto::oid::kKerberos}, &ticket), &reply_),
            NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(both_.Step(Resp(&ticket, &mic), &reply_), NtStatus::kAccessDenied);
  EXPECT_THAT(both_.Reason(), ::testing::HasSubstr("mechListMIC"));
}

TEST_F(SpnegoKerberosTest, PassesTheMechanismsStatusAndReasonOn) {
  const Bytes ticket = Text("stale");
  EXPECT_EQ(both_.Step(Init({proto::oid::kMsKerberos}, &ticket), &reply_),
            NtStatus::kTimeDifferenceAtDc);
  EXPECT_TRUE(reply_.empty());
  EXPECT_EQ(both_.Reason(), "its clock is wrong");
}

TEST_F(SpnegoKerberosTest, ClientsThatPreferNtlmGetIt) {
  const Bytes negotiate = client_.Negotiate();
  const Bytes token = Init({proto::oid::kNtlmssp, proto::oid::kKerberos}, &negotiate);
  ASSERT_EQ(both_.Step(token, &reply_), NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(Answer().supported_mech, proto::oid::kNtlmssp);
  EXPECT_FALSE(both_.Blocks(token));
}

TEST_F(SpnegoKerberosTest, NtlmThatIsOffIsRefusedInEveryForm) {
  const AuthEnvironment off = {.ntlm = environment_, .allow_ntlm = false, .kerberos = &kerberos_};
  const Bytes negotiate = client_.Negotiate();
  SpnegoServer raw(off);
  EXPECT_EQ(raw.Step(negotiate, &reply_), NtStatus::kNtlmBlocked);
  SpnegoServer wrapped(off);
  EXPECT_EQ(wrapped.Step(Init({proto::oid::kNtlmssp}, &negotiate), &reply_),
            NtStatus::kNtlmBlocked);
  EXPECT_EQ(wrapped.Reason(), "it offered NTLM, and auth.ntlm is off");
  // A client that can do both is led to Kerberos.
  SpnegoServer both(off);
  EXPECT_EQ(both.Step(Init({proto::oid::kNtlmssp, proto::oid::kKerberos}, &negotiate), &reply_),
            NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(Answer().supported_mech, proto::oid::kKerberos);
}

TEST_F(SpnegoKerberosTest, HintOffersWhatIsOn) {
  const auto offered = [](bool kerberos, bool ntlm) {
    proto::NegTokenInit hint;
    const Bytes token = SpnegoHint(kerberos, ntlm);
    EXPECT_TRUE(proto::NegTokenInit::Decode(token, &hint));
    return std::vector<std::string>(hint.mech_types.begin(), hint.mech_types.end());
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(offered(true, true),
            (List{std::string(proto::oid::kMsKerberos), std::string(proto::oid::kKerberos),
                  std::string(proto::oid::kNtlmssp)}));
  EXPECT_EQ(offered(true, false),
            (List{std::string(proto::oid::kMsKerberos), std::string(proto::oid::kKerberos)}));
  EXPECT_TRUE(SpnegoHint(false, false).empty());
}

TEST_F(SpnegoServerTest, ClaimsTheUserOfAnAuthenticateMessageOnly) {
  std::string user;
  const Bytes negotiate = client_.Negotiate();
  const Bytes init = Init({proto::oid::kNtlmssp}, &negotiate);
  EXPECT_FALSE(server_.ClaimedUser(init, &user));
  ASSERT_EQ(server_.Step(init, &reply_), NtStatus::kMoreProcessingRequired);
  Bytes authenticate;
  ASSERT_TRUE(client_.Authenticate(*Answer().response_token, &authenticate));
  ASSERT_TRUE(server_.ClaimedUser(Resp(&authenticate, nullptr), &user));
  EXPECT_EQ(user, "alice");
}

TEST_F(SpnegoServerTest, HintOffersNtlm) {
  proto::NegTokenInit hint;
  const Bytes token = SpnegoHint(/*kerberos=*/false, /*ntlm=*/true);
  ASSERT_TRUE(proto::NegTokenInit::Decode(token, &hint));
  ASSERT_EQ(hint.mech_types.size(), 1u);
  EXPECT_EQ(hint.mech_types[0], proto::oid::kNtlmssp);
  EXPECT_EQ(hint.hint_name, proto::kSpnegoHintName);
}

TEST_F(SpnegoServerTest, LogsOnOurClientWithMicsBothWays) {
  SpnegoClient client(Credentials(), client_random_, clock_);
  ASSERT_EQ(server_.Step(client.Start(), &reply_), NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(Answer().supported_mech, proto::oid::kNtlmssp);
  Bytes next;
  ASSERT_TRUE(client.Continue(reply_, &next));
  ASSERT_EQ(server_.Step(next, &reply_), NtStatus::kOk);
  EXPECT_TRUE(client.Finish(reply_));
  const AuthResult result = server_.TakeResult();
  EXPECT_EQ(result.user, "alice");
  EXPECT_EQ(result.session_key.span(), client.session_key().span());
}

TEST_F(SpnegoServerTest, TheClientNoticesAWrongServerMic) {
  SpnegoClient client(Credentials(), client_random_, clock_);
  ASSERT_EQ(server_.Step(client.Start(), &reply_), NtStatus::kMoreProcessingRequired);
  Bytes next;
  ASSERT_TRUE(client.Continue(reply_, &next));
  ASSERT_EQ(server_.Step(next, &reply_), NtStatus::kOk);
  reply_.back() ^= 1;
  EXPECT_FALSE(client.Finish(reply_));
}

TEST_F(SpnegoServerTest, TakesRawNtlm) {
  ASSERT_EQ(server_.Step(client_.Negotiate(), &reply_), NtStatus::kMoreProcessingRequired);
  Bytes authenticate;
  ASSERT_TRUE(client_.Authenticate(reply_, &authenticate));
  ASSERT_EQ(server_.Step(authenticate, &reply_), NtStatus::kOk);
  EXPECT_TRUE(reply_.empty());
  const AuthResult result = server_.TakeResult();
  EXPECT_EQ(result.session_key.span(), client_.session_key().span());
  EXPECT_EQ(result.mechanism, kNtlmName);
}

TEST_F(SpnegoServerTest, RefusesAWrongPasswordWithoutAReply) {
  NtlmClient wrong(Credentials("alice", "wrong"), client_random_, clock_);
  const Bytes negotiate = wrong.Negotiate();
  ASSERT_EQ(server_.Step(Init({proto::oid::kNtlmssp}, &negotiate), &reply_),
            NtStatus::kMoreProcessingRequired);
  Bytes authenticate;
  ASSERT_TRUE(wrong.Authenticate(*Answer().response_token, &authenticate));
  EXPECT_EQ(server_.Step(Resp(&authenticate, nullptr), &reply_), NtStatus::kLogonFailure);
  EXPECT_TRUE(reply_.empty());
  EXPECT_EQ(server_.Step(Resp(&authenticate, nullptr), &reply_), NtStatus::kInvalidParameter);
}

TEST_F(SpnegoServerTest, AcceptsTheFirstChoiceWithoutAMic) {
  const Bytes authenticate = AuthenticateAsFirstChoice();
  ASSERT_EQ(server_.Step(Resp(&authenticate, nullptr), &reply_), NtStatus::kOk);
  EXPECT_EQ(Answer().state, NegState::kAcceptCompleted);
  EXPECT_FALSE(Answer().mech_list_mic.has_value());
}

TEST_F(SpnegoServerTest, ChecksTheFirstChoicesMicIfThereIsOne) {
  const Bytes authenticate = AuthenticateAsFirstChoice();
  Bytes mic = Mic();
  mic[5] ^= 1;
  EXPECT_EQ(server_.Step(Resp(&authenticate, &mic), &reply_), NtStatus::kAccessDenied);
  EXPECT_TRUE(reply_.empty());
}

TEST_F(SpnegoServerTest, RefusesAListOfMechanismsChangedOnItsWay) {
  const Bytes authenticate = AuthenticateAsFirstChoice();
  types_der_ = proto::EncodeMechTypes(
      std::vector<absl::string_view>{proto::oid::kKerberos, proto::oid::kNtlmssp});
  const Bytes mic = Mic();
  EXPECT_EQ(server_.Step(Resp(&authenticate, &mic), &reply_), NtStatus::kAccessDenied);
}

TEST_F(SpnegoServerTest, SecondChoiceWithItsMic) {
  const Bytes authenticate = AuthenticateAsSecondChoice();
  const Bytes mic = Mic();
  ASSERT_EQ(server_.Step(Resp(&authenticate, &mic), &reply_), NtStatus::kOk);
  ASSERT_TRUE(Answer().mech_list_mic.has_value());
  EXPECT_TRUE(client_.signer().Check(types_der_, *Answer().mech_list_mic));
}

TEST_F(SpnegoServerTest, SecondChoiceNeedsAMicAndGetsOursFirst) {
  const Bytes authenticate = AuthenticateAsSecondChoice();
  ASSERT_EQ(server_.Step(Resp(&authenticate, nullptr), &reply_), NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(Answer().state, NegState::kAcceptIncomplete);
  ASSERT_TRUE(Answer().mech_list_mic.has_value());
  EXPECT_TRUE(client_.signer().Check(types_der_, *Answer().mech_list_mic));
  const Bytes mic = Mic();
  ASSERT_EQ(server_.Step(Resp(nullptr, &mic), &reply_), NtStatus::kOk);
  EXPECT_EQ(Answer().state, NegState::kAcceptCompleted);
  EXPECT_EQ(server_.TakeResult().user, "alice");
}

TEST_F(SpnegoServerTest, SecondChoiceWithoutAMicIsRefused) {
  const Bytes authenticate = AuthenticateAsSecondChoice();
  ASSERT_EQ(server_.Step(Resp(&authenticate, nullptr), &reply_), NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(server_.Step(Resp(nullptr, nullptr), &reply_), NtStatus::kAccessDenied);
}

TEST_F(SpnegoServerTest, SecondChoiceWithAWrongMicIsRefused) {
  const Bytes authenticate = AuthenticateAsSecondChoice();
  const Bytes mic(16, 1);
  EXPECT_EQ(server_.Step(Resp(&authenticate, &mic), &reply_), NtStatus::kAccessDenied);
}

TEST_F(SpnegoServerTest, WorksWithoutAnOptimisticToken) {
  ASSERT_EQ(server_.Step(Init({proto::oid::kNtlmssp}, nullptr), &reply_),
            NtStatus::kMoreProcessingRequired);
  EXPECT_EQ(Answer().state, NegState::kAcceptIncomplete);
  EXPECT_FALSE(Answer().response_token.has_value());
  const Bytes negotiate = client_.Negotiate();
  ASSERT_EQ(server_.Step(Resp(&negotiate, nullptr), &reply_), NtStatus::kMoreProcessingRequired);
  Bytes authenticate;
  ASSERT_TRUE(client_.Authenticate(*Answer().response_token, &authenticate));
  EXPECT_EQ(server_.Step(Resp(&authenticate, nullptr), &reply_), NtStatus::kOk);
}

TEST_F(SpnegoServerTest, GuestsHaveNoMic) {
  options_.allow_guest = true;
  SpnegoClient client(Credentials("visitor"), client_random_, clock_);
  ASSERT_EQ(server_.Step(client.Start(), &reply_), NtStatus::kMoreProcessingRequired);
  Bytes next;
  ASSERT_TRUE(client.Continue(reply_, &next));
  ASSERT_EQ(server_.Step(next, &reply_), NtStatus::kOk);
  EXPECT_FALSE(Answer().mech_list_mic.has_value());
  EXPECT_TRUE(server_.TakeResult().guest);
}

TEST_F(SpnegoServerTest, RefusesAClientWithoutNtlm) {
  const Bytes kerberos = {1, 2, 3};
  EXPECT_EQ(server_.Step(Init({proto::oid::kKerberos}, &kerberos), &reply_),
            NtStatus::kLogonFailure);
}

TEST_F(SpnegoServerTest, RefusesARespAtTheStart) {
  const Bytes token = {1};
  EXPECT_EQ(server_.Step(Resp(&token, nullptr), &reply_), NtStatus::kInvalidParameter);
}

TEST_F(SpnegoServerTest, RefusesANegotiateThatIsNone) {
  const Bytes token = {1, 2, 3};
  EXPECT_EQ(server_.Step(Init({proto::oid::kNtlmssp}, &token), &reply_),
            NtStatus::kInvalidParameter);
}

TEST_F(SpnegoServerTest, RefusesAnEmptyToken) {
  EXPECT_EQ(server_.Step({}, &reply_), NtStatus::kInvalidParameter);
}

TEST_F(SpnegoServerTest, RefusesATokenAboveTheLimit) {
  const Bytes token(limits::security_buffer_bytes_max + 1, 0x60);
  EXPECT_EQ(server_.Step(token, &reply_), NtStatus::kInvalidParameter);
}

TEST_F(SpnegoServerTest, RefusesEveryTruncationAndFlippedBitOfTheLastToken) {
  for (int round = 0; round < 2; ++round) {
    size_t size = 1;
    for (size_t i = 0; i < size; ++i) {
      SpnegoServer server({.ntlm = environment_});
      SpnegoClient client(Credentials(), client_random_, clock_);
      ASSERT_EQ(server.Step(client.Start(), &reply_), NtStatus::kMoreProcessingRequired);
      Bytes next;
      ASSERT_TRUE(client.Continue(reply_, &next));
      size = next.size();
      if (round == 0) {
        next.resize(i);
        EXPECT_NE(server.Step(next, &reply_), NtStatus::kOk) << i;
      } else {
        // Some bits of the wrapping mean nothing; none may do harm.
        next[i] ^= static_cast<uint8_t>(1u << (i % 8));
        (void)server.Step(next, &reply_);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::auth

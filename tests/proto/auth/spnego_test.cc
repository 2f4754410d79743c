#include "proto/auth/spnego.h"

#include <vector>

#include "gtest/gtest.h"
#include "proto/auth/der.h"
#include "tests/proto/auth/captured_tokens.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

constexpr char kNtlmRaw[] = "4e544c4d53535000 01000000 00000000";

TEST(NegTokenInit, DecodesTheHintOfSmbd) {
  const Bytes token = FromHex(kServerInit2);
  NegTokenInit init;
  ASSERT_TRUE(NegTokenInit::Decode(token, &init));
  ASSERT_EQ(init.mech_types.size(), 1u);
  EXPECT_EQ(init.mech_types[0], oid::kNtlmssp);
  EXPECT_EQ(init.hint_name, kSpnegoHintName);
  EXPECT_FALSE(init.mech_token.has_value());
  EXPECT_FALSE(init.mech_list_mic.has_value());
}

TEST(NegTokenInit, EncodesTheHintAsSmbdDoes) {
  NegTokenInit init;
  init.mech_types = {oid::kNtlmssp};
  init.hint_name = kSpnegoHintName;
  EXPECT_EQ(ToHex(init.Encode()), ToHex(FromHex(kServerInit2)));
}

TEST(NegTokenInit, DecodesWhatSmbclientSends) {
  const Bytes token = FromHex(kClientInit);
  NegTokenInit init;
  ASSERT_TRUE(NegTokenInit::Decode(token, &init));
  ASSERT_EQ(init.mech_types.size(), 1u);
  EXPECT_EQ(init.mech_types[0], oid::kNtlmssp);
  EXPECT_EQ(ToHex(init.mech_types_der), "300c060a2b06010401823702020a");
  ASSERT_TRUE(init.mech_token.has_value());
  EXPECT_EQ(ClassifyAuthToken(*init.mech_token), AuthTokenKind::kNtlmRaw);
  EXPECT_EQ(ToHex(init.Encode()), ToHex(token));
}

TEST(NegTokenInit, MechListIsWhatTheMicIsComputedOver) {
  const std::vector<absl::string_view> mechanisms = {oid::kMsKerberos, oid::kKerberos,
                                                     oid::kNtlmssp};
  NegTokenInit init;
  init.mech_types.assign(mechanisms.begin(), mechanisms.end());
  const Bytes token = init.Encode();
  NegTokenInit out;
  ASSERT_TRUE(NegTokenInit::Decode(token, &out));
  EXPECT_EQ(out.mech_types, init.mech_types);
  EXPECT_EQ(ToHex(out.mech_types_der), ToHex(EncodeMechTypes(mechanisms)));
}

TEST(NegTokenInit, EveryFieldRoundTrips) {
  const Bytes mic(16, 0x11);
  const Bytes token(300, 0x22);
  for (const absl::string_view hint : {absl::string_view(), kSpnegoHintName}) {
    NegTokenInit init;
    init.mech_types = {oid::kNtlmssp};
    init.mech_token = token;
    init.hint_name = hint;
    init.mech_list_mic = mic;
    const Bytes bytes = init.Encode();
    NegTokenInit out;
    ASSERT_TRUE(NegTokenInit::Decode(bytes, &out));
    EXPECT_EQ(*out.mech_token, absl::MakeConstSpan(token));
    EXPECT_EQ(out.hint_name, hint);
    EXPECT_EQ(*out.mech_list_mic, absl::MakeConstSpan(mic));
  }
}

TEST(NegTokenInit, TakesTheBareTokenToo) {
  const Bytes whole = FromHex(kClientInit);
  // Without the InitialContextToken's tag, length and OID.
  const Bytes bare(whole.begin() + 10, whole.end());
  NegTokenInit init;
  ASSERT_TRUE(NegTokenInit::Decode(bare, &init));
  EXPECT_TRUE(init.mech_token.has_value());
  EXPECT_EQ(ClassifyAuthToken(bare), AuthTokenKind::kNegTokenInit);
}

TEST(NegTokenInit, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<NegTokenInit>(FromHex(kClientInit)).empty());
  EXPECT_TRUE(AcceptedTruncationsOf<NegTokenInit>(FromHex(kServerInit2)).empty());
  DecodeDamagedOf<NegTokenInit>(FromHex(kClientInit));
  DecodeDamagedOf<NegTokenInit>(FromHex(kServerInit2));
}

TEST(NegTokenInit, RejectsContextTokenOfAnotherMechanism) {
  Bytes token = FromHex(kClientInit);
  token[9] = 0x03;
  EXPECT_FALSE(Decodes<NegTokenInit>(token));
}

TEST(NegTokenInit, RejectsEmptyMechList) {
  NegTokenInit init;
  EXPECT_FALSE(Decodes<NegTokenInit>(init.Encode()));
}

TEST(NegTokenInit, RejectsTooManyMechanisms) {
  NegTokenInit init;
  init.mech_types.assign(kMechTypesMax, oid::kKerberos);
  EXPECT_TRUE(Decodes<NegTokenInit>(init.Encode()));
  init.mech_types.push_back(oid::kKerberos);
  EXPECT_FALSE(Decodes<NegTokenInit>(init.Encode()));
}

TEST(NegTokenInit, RejectsFieldsOutOfOrder) {
  // The token before the list of mechanisms.
  EXPECT_FALSE(Decodes<NegTokenInit>(
      FromHex("a018 3016 a204 0402 aabb a00e 300c 060a 2b06010401823702020a")));
}

TEST(NegTokenInit, ReqFlagsAreIgnored) {
  EXPECT_TRUE(Decodes<NegTokenInit>(
      FromHex("a01e 301c a00e 300c 060a 2b06010401823702020a a104 03020000 a204 0402 aabb")));
}

TEST(NegTokenResp, DecodesAndEncodesWhatSmbdSends) {
  const Bytes challenge = FromHex(kServerChallenge);
  NegTokenResp resp;
  ASSERT_TRUE(NegTokenResp::Decode(challenge, &resp));
  EXPECT_EQ(resp.state, NegState::kAcceptIncomplete);
  EXPECT_EQ(resp.supported_mech, oid::kNtlmssp);
  ASSERT_TRUE(resp.response_token.has_value());
  EXPECT_EQ(ClassifyAuthToken(*resp.response_token), AuthTokenKind::kNtlmRaw);
  EXPECT_EQ(ToHex(resp.Encode()), ToHex(challenge));

  const Bytes complete = FromHex(kServerComplete);
  ASSERT_TRUE(NegTokenResp::Decode(complete, &resp));
  EXPECT_EQ(resp.state, NegState::kAcceptCompleted);
  EXPECT_FALSE(resp.response_token.has_value());
  ASSERT_TRUE(resp.mech_list_mic.has_value());
  EXPECT_EQ(resp.mech_list_mic->size(), 16u);
  EXPECT_EQ(ToHex(resp.Encode()), ToHex(complete));
}

TEST(NegTokenResp, DecodesAndEncodesWhatSmbclientSends) {
  const Bytes token = FromHex(kClientAuthenticate);
  NegTokenResp resp;
  ASSERT_TRUE(NegTokenResp::Decode(token, &resp));
  EXPECT_FALSE(resp.state.has_value());
  EXPECT_TRUE(resp.supported_mech.empty());
  EXPECT_EQ(resp.response_token->size(), 400u);
  EXPECT_EQ(resp.mech_list_mic->size(), 16u);
  EXPECT_EQ(ToHex(resp.Encode()), ToHex(token));
}

TEST(NegTokenResp, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<NegTokenResp>(FromHex(kServerChallenge)).empty());
  EXPECT_TRUE(AcceptedTruncationsOf<NegTokenResp>(FromHex(kClientAuthenticate)).empty());
  DecodeDamagedOf<NegTokenResp>(FromHex(kServerChallenge));
  DecodeDamagedOf<NegTokenResp>(FromHex(kServerComplete));
}

TEST(NegTokenResp, AllFieldsMayBeMissing) {
  EXPECT_EQ(ToHex(NegTokenResp().Encode()), "a1023000");
  EXPECT_TRUE(Decodes<NegTokenResp>(FromHex("a1023000")));
}

TEST(NegTokenResp, RejectsUnknownState) {
  EXPECT_TRUE(Decodes<NegTokenResp>(FromHex("a107 3005 a003 0a01 03")));
  EXPECT_FALSE(Decodes<NegTokenResp>(FromHex("a107 3005 a003 0a01 04")));
  EXPECT_FALSE(Decodes<NegTokenResp>(FromHex("a108 3006 a004 0a02 0000")));
}

TEST(AuthToken, IsToldByItsBeginning) {
  EXPECT_EQ(ClassifyAuthToken(FromHex(kNtlmRaw)), AuthTokenKind::kNtlmRaw);
  EXPECT_EQ(ClassifyAuthToken(FromHex(kClientInit)), AuthTokenKind::kNegTokenInit);
  EXPECT_EQ(ClassifyAuthToken(FromHex(kServerChallenge)), AuthTokenKind::kNegTokenResp);
  Bytes kerberos;
  AppendDer(der::kObjectIdentifier, AsBytes(oid::kKerberos), &kerberos);
  EXPECT_EQ(ClassifyAuthToken(WrapDer(der::kApplication0, kerberos)), AuthTokenKind::kKerberosRaw);
  EXPECT_EQ(ClassifyAuthToken({}), AuthTokenKind::kUnknown);
  EXPECT_EQ(ClassifyAuthToken(FromHex("4e544c4d53535001")), AuthTokenKind::kUnknown);
  EXPECT_EQ(ClassifyAuthToken(FromHex("60")), AuthTokenKind::kUnknown);
  EXPECT_EQ(ClassifyAuthToken(FromHex("6002 0600")), AuthTokenKind::kUnknown);
}

}  // namespace
}  // namespace sluice::proto

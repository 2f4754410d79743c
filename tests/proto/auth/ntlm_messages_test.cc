#include "proto/auth/ntlm_messages.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proto/auth/spnego.h"
#include "tests/proto/auth/captured_tokens.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

// [MS-NLMP] 4.2.4.3.
constexpr char kSpecChallenge[] =
    "4e544c4d53535000 02000000 0c000c0038000000 33828ae2 0123456789abcdef 0000000000000000"
    "2400240044000000 060070170000000f 530065007200760065007200"
    "02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000";
constexpr char kSpecAuthenticate[] =
    "4e544c4d53535000 03000000 180018006c000000 5400540084000000 0c000c0048000000"
    "0800080054000000 100010005c000000 10001000d8000000 358288e2 0501280a0000000f"
    "44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200"
    "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"
    "68cd0ab851e51c96aabc927bebef6a1c 0101000000000000 0000000000000000 aaaaaaaaaaaaaaaa"
    "00000000 02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000"
    "00000000 c5dad2544fc9799094ce1ce90bc9d03e";

Bytes FromSpnegoInit() {
  const Bytes token = FromHex(kClientInit);
  NegTokenInit init;
  EXPECT_TRUE(NegTokenInit::Decode(token, &init));
  return Bytes(init.mech_token->begin(), init.mech_token->end());
}

Bytes FromSpnegoResp(absl::string_view hex) {
  const Bytes token = FromHex(hex);
  NegTokenResp resp;
  EXPECT_TRUE(NegTokenResp::Decode(token, &resp));
  return Bytes(resp.response_token->begin(), resp.response_token->end());
}

std::string Text(absl::Span<const uint8_t> bytes, uint32_t flags) {
  std::string text;
  EXPECT_TRUE(NtlmText(bytes, flags, &text));
  return text;
}

TEST(NtlmMessage, TypeIsToldByItsBeginning) {
  EXPECT_EQ(NtlmTypeOf(FromSpnegoInit()), NtlmMessageType::kNegotiate);
  EXPECT_EQ(NtlmTypeOf(FromHex(kSpecChallenge)), NtlmMessageType::kChallenge);
  EXPECT_EQ(NtlmTypeOf(FromHex(kSpecAuthenticate)), NtlmMessageType::kAuthenticate);
  EXPECT_FALSE(NtlmTypeOf(FromHex("4e544c4d53535000 04000000")).has_value());
  EXPECT_FALSE(NtlmTypeOf(FromHex("4e544c4d53535000 0100")).has_value());
  EXPECT_FALSE(NtlmTypeOf({}).has_value());
  EXPECT_TRUE(IsNtlmMessage(FromHex("4e544c4d53535000")));
  EXPECT_FALSE(IsNtlmMessage(FromHex("4e544c4d535350")));
}

TEST(NtlmNegotiate, DecodesAndEncodesWhatSmbclientSends) {
  const Bytes token = FromSpnegoInit();
  NtlmNegotiate message;
  ASSERT_TRUE(NtlmNegotiate::Decode(token, &message));
  EXPECT_NE(message.flags & ntlm_flag::kUnicode, 0u);
  EXPECT_NE(message.flags & ntlm_flag::kExtendedSessionSecurity, 0u);
  ASSERT_TRUE(message.version.has_value());
  EXPECT_EQ(message.version->major, 6);
  EXPECT_EQ(ToHex(Encoded(message)), ToHex(token));
}

TEST(NtlmNegotiate, OldClientsSendFlagsOnly) {
  NtlmNegotiate message;
  ASSERT_TRUE(NtlmNegotiate::Decode(FromHex("4e544c4d53535000 01000000 07820800"), &message));
  EXPECT_EQ(message.flags, 0x00088207u);
  EXPECT_FALSE(message.version.has_value());
}

TEST(NtlmNegotiate, SuppliedNamesRoundTrip) {
  const Bytes domain = BytesOf("DOMAIN");
  const Bytes workstation = BytesOf("PC");
  NtlmNegotiate message;
  message.flags = ntlm_flag::kOemDomainSupplied | ntlm_flag::kOemWorkstationSupplied;
  message.domain = domain;
  message.workstation = workstation;
  const Bytes bytes = Encoded(message);
  NtlmNegotiate out;
  ASSERT_TRUE(NtlmNegotiate::Decode(bytes, &out));
  EXPECT_EQ(out.domain, absl::MakeConstSpan(domain));
  EXPECT_EQ(out.workstation, absl::MakeConstSpan(workstation));
}

TEST(NtlmNegotiate, TruncationsAreRefusedButForTheOldForm) {
  // 16 bytes is the old form; without the version only its place is missing.
  EXPECT_EQ(AcceptedTruncationsOf<NtlmNegotiate>(FromSpnegoInit()),
            (std::vector<size_t>{16, 32, 33, 34, 35, 36, 37, 38, 39}));
  DecodeDamagedOf<NtlmNegotiate>(FromSpnegoInit());
}

TEST(NtlmChallenge, DecodesAndEncodesTheExampleOfTheSpecification) {
  const Bytes token = FromHex(kSpecChallenge);
  NtlmChallenge message;
  ASSERT_TRUE(NtlmChallenge::Decode(token, &message));
  EXPECT_EQ(message.flags, 0xE28A8233u);
  EXPECT_EQ(ToHex(message.server_challenge), "0123456789abcdef");
  EXPECT_EQ(Text(message.target_name, message.flags), "Server");
  EXPECT_EQ(message.version->build, 6000);
  AvPairs pairs;
  ASSERT_TRUE(AvPairs::Decode(message.target_info, &pairs));
  ASSERT_EQ(pairs.pairs.size(), 2u);
  EXPECT_EQ(Text(pairs.Find(AvId::kNbDomainName)->value, ntlm_flag::kUnicode), "Domain");
  EXPECT_EQ(Text(pairs.Find(AvId::kNbComputerName)->value, ntlm_flag::kUnicode), "Server");
  EXPECT_EQ(pairs.Find(AvId::kTimestamp), nullptr);
  EXPECT_EQ(ToHex(Encoded(message)), ToHex(token));
}

TEST(NtlmChallenge, DecodesAndEncodesWhatSmbdSends) {
  const Bytes token = FromSpnegoResp(kServerChallenge);
  NtlmChallenge message;
  ASSERT_TRUE(NtlmChallenge::Decode(token, &message));
  EXPECT_EQ(Text(message.target_name, message.flags), "SAMBATEST");
  AvPairs pairs;
  ASSERT_TRUE(AvPairs::Decode(message.target_info, &pairs));
  EXPECT_EQ(pairs.timestamp(), 0x01DD7A79484D7266u);
  EXPECT_EQ(ToHex(pairs.ToBytes()), ToHex(message.target_info));
  EXPECT_EQ(ToHex(Encoded(message)), ToHex(token));
}

TEST(NtlmChallenge, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<NtlmChallenge>(FromHex(kSpecChallenge)).empty());
  DecodeDamagedOf<NtlmChallenge>(FromHex(kSpecChallenge));
}

TEST(NtlmAuthenticate, DecodesAndEncodesTheExampleOfTheSpecification) {
  const Bytes token = FromHex(kSpecAuthenticate);
  NtlmAuthenticate message;
  ASSERT_TRUE(NtlmAuthenticate::Decode(token, &message));
  EXPECT_EQ(Text(message.domain, message.flags), "Domain");
  EXPECT_EQ(Text(message.user, message.flags), "User");
  EXPECT_EQ(Text(message.workstation, message.flags), "COMPUTER");
  EXPECT_EQ(message.lm_response.size(), 24u);
  EXPECT_EQ(ToHex(message.encrypted_session_key), "c5dad2544fc9799094ce1ce90bc9d03e");
  EXPECT_EQ(message.version->build, 2600);
  // The first payload is at 72: no room for a MIC.
  EXPECT_FALSE(message.mic.has_value());
  EXPECT_FALSE(message.anonymous());
  EXPECT_EQ(ToHex(Encoded(message)), ToHex(token));
}

TEST(NtlmAuthenticate, MicIsThereWhenThePayloadLeavesRoomForIt) {
  const Bytes token = FromSpnegoResp(kClientAuthenticate);
  NtlmAuthenticate message;
  ASSERT_TRUE(NtlmAuthenticate::Decode(token, &message));
  EXPECT_EQ(Text(message.user, message.flags), "root");
  EXPECT_EQ(Text(message.domain, message.flags), "WORKGROUP");
  ASSERT_TRUE(message.mic.has_value());
  EXPECT_EQ(ToHex(*message.mic), "c56bffdb503ca34668ee8c58f4266e62");
  NtlmV2Response response;
  ASSERT_TRUE(NtlmV2Response::Decode(message.nt_response, &response));
  EXPECT_EQ(response.target_info.flags(), av_flag::kMicPresent);
  EXPECT_EQ(response.target_info.timestamp(), response.timestamp);
  EXPECT_EQ(Text(response.target_info.Find(AvId::kTargetName)->value, ntlm_flag::kUnicode),
            "cifs/127.0.0.1");
}

TEST(NtlmAuthenticate, MicIsWrittenWhereItIsExpected) {
  const Bytes user = {'u', 0};
  NtlmAuthenticate message;
  message.flags = ntlm_flag::kUnicode;
  message.user = user;
  message.mic.emplace().fill(0xAB);
  const Bytes bytes = Encoded(message);
  for (size_t i = 0; i < NtlmAuthenticate::kMicBytes; ++i) {
    EXPECT_EQ(bytes[NtlmAuthenticate::kMicOffset + i], 0xAB);
  }
  NtlmAuthenticate out;
  ASSERT_TRUE(NtlmAuthenticate::Decode(bytes, &out));
  EXPECT_EQ(out.mic, message.mic);
  EXPECT_EQ(out.user, absl::MakeConstSpan(user));
  EXPECT_FALSE(out.version.has_value());
}

TEST(NtlmAuthenticate, WithoutVersionThePayloadFollowsTheFlags) {
  const Bytes user = {'u', 0};
  NtlmAuthenticate message;
  message.flags = ntlm_flag::kUnicode;
  message.user = user;
  const Bytes bytes = Encoded(message);
  EXPECT_EQ(bytes.size(), 64u + 2);
  NtlmAuthenticate out;
  ASSERT_TRUE(NtlmAuthenticate::Decode(bytes, &out));
  EXPECT_EQ(out.user, absl::MakeConstSpan(user));
  EXPECT_FALSE(out.version.has_value());
  EXPECT_FALSE(out.mic.has_value());
}

TEST(NtlmAuthenticate, AnonymousHasNoUserAndNoResponse) {
  const Bytes one_zero = {0};
  NtlmAuthenticate message;
  EXPECT_TRUE(message.anonymous());
  message.lm_response = one_zero;
  EXPECT_TRUE(message.anonymous());
  message.nt_response = one_zero;
  EXPECT_FALSE(message.anonymous());
}

TEST(NtlmAuthenticate, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<NtlmAuthenticate>(FromHex(kSpecAuthenticate)).empty());
  DecodeDamagedOf<NtlmAuthenticate>(FromHex(kSpecAuthenticate));
  DecodeDamagedOf<NtlmAuthenticate>(FromSpnegoResp(kClientAuthenticate));
}

TEST(NtlmAuthenticate, RejectsPayloadBeyondTheEnd) {
  Bytes token = FromHex(kSpecAuthenticate);
  token[16] = 0xE0;  // where the LM response is
  EXPECT_FALSE(Decodes<NtlmAuthenticate>(token));
}

TEST(NtlmAuthenticate, RejectsOffsetThatOverflows) {
  Bytes token = FromHex(kSpecAuthenticate);
  for (size_t i = 16; i < 20; ++i) token[i] = 0xFF;
  EXPECT_FALSE(Decodes<NtlmAuthenticate>(token));
}

TEST(NtlmMessage, MessagesAreNotTakenForEachOther) {
  EXPECT_FALSE(Decodes<NtlmAuthenticate>(FromHex(kSpecChallenge)));
  EXPECT_FALSE(Decodes<NtlmChallenge>(FromHex(kSpecAuthenticate)));
  EXPECT_FALSE(Decodes<NtlmNegotiate>(FromHex(kSpecChallenge)));
}

TEST(NtlmV2Response, DecodesTheExampleOfTheSpecification) {
  const Bytes token = FromHex(kSpecAuthenticate);
  NtlmAuthenticate message;
  ASSERT_TRUE(NtlmAuthenticate::Decode(token, &message));
  NtlmV2Response response;
  ASSERT_TRUE(NtlmV2Response::Decode(message.nt_response, &response));
  EXPECT_EQ(ToHex(response.proof), "68cd0ab851e51c96aabc927bebef6a1c");
  EXPECT_EQ(response.blob.size(), message.nt_response.size() - 16);
  EXPECT_EQ(ToHex(response.client_challenge), "aaaaaaaaaaaaaaaa");
  EXPECT_EQ(response.timestamp, 0u);
  EXPECT_EQ(ToHex(response.EncodeBlob()), ToHex(response.blob));
}

TEST(NtlmV2Response, RejectsNtlmV1) { EXPECT_FALSE(Decodes<NtlmV2Response>(Bytes(24, 0xAA))); }

TEST(NtlmV2Response, RejectsOtherResponseVersions) {
  const Bytes token = FromHex(kSpecAuthenticate);
  NtlmAuthenticate message;
  ASSERT_TRUE(NtlmAuthenticate::Decode(token, &message));
  for (const size_t offset : {16, 17}) {
    Bytes response(message.nt_response.begin(), message.nt_response.end());
    response[offset] = 2;
    EXPECT_FALSE(Decodes<NtlmV2Response>(response));
  }
}

TEST(AvPairs, RejectsListWithoutEnd) {
  EXPECT_FALSE(Decodes<AvPairs>(FromHex("02000200 4100")));
  EXPECT_TRUE(Decodes<AvPairs>(FromHex("02000200 4100 00000000")));
}

TEST(AvPairs, RejectsEndWithALength) { EXPECT_FALSE(Decodes<AvPairs>(FromHex("00000200 4100"))); }

TEST(AvPairs, RejectsTooMany) {
  Bytes bytes;
  for (size_t i = 0; i < AvPairs::kPairsMax; ++i) bytes.insert(bytes.end(), {1, 0, 0, 0});
  Bytes ended = bytes;
  ended.insert(ended.end(), {0, 0, 0, 0});
  EXPECT_TRUE(Decodes<AvPairs>(ended));
  bytes.insert(bytes.end(), {1, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_FALSE(Decodes<AvPairs>(bytes));
}

TEST(AvPairs, ValuesOfTheWrongSizeAreAsIfMissing) {
  const Bytes bytes = FromHex("06000200 0200 07000400 01020304 00000000");
  AvPairs pairs;
  ASSERT_TRUE(AvPairs::Decode(bytes, &pairs));
  EXPECT_EQ(pairs.flags(), 0u);
  EXPECT_FALSE(pairs.timestamp().has_value());
}

TEST(NtlmText, OemIsAsciiOnly) {
  std::string text;
  EXPECT_TRUE(NtlmText(BytesOf("abc"), ntlm_flag::kOem, &text));
  EXPECT_EQ(text, "abc");
  EXPECT_FALSE(NtlmText(Bytes{0xE4}, ntlm_flag::kOem, &text));
  EXPECT_FALSE(NtlmText(Bytes{'a'}, ntlm_flag::kUnicode, &text));
}

}  // namespace
}  // namespace sluice::proto

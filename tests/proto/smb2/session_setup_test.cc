#include "proto/smb2/session_setup.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kBufferOffset = 76;
constexpr size_t kBufferLength = 78;

constexpr char kRequest[] = "1900 01 02 01000000 00000000 5800 0400 0102030405060708 AABBCCDD";
constexpr char kResponse[] = "0900 0400 4800 0300 AABBCC";

TEST(SessionSetupRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  SessionSetupRequest request;
  ASSERT_TRUE(SessionSetupRequest::Decode(message, &request));
  EXPECT_EQ(request.flags, kSessionFlagBinding);
  EXPECT_EQ(request.security_mode, 2u);
  EXPECT_EQ(request.capabilities, 1u);
  EXPECT_EQ(request.previous_session_id, 0x0807060504030201u);
  EXPECT_EQ(ToHex(request.security_buffer), "aabbccdd");
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(SessionSetupRequest, RejectsABufferOverlappingTheFixedPart) {
  for (const uint16_t offset : {0, 1, 64, 87}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kBufferOffset, offset, &message);
    EXPECT_FALSE(Decodes<SessionSetupRequest>(message)) << offset;
  }
}

TEST(SessionSetupRequest, RejectsABufferBeyondTheEnd) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kBufferLength, 5, &message);
  EXPECT_FALSE(Decodes<SessionSetupRequest>(message));
  message = MessageFromHex(kRequest);
  Put16(kBufferOffset, 0xFFFF, &message);
  EXPECT_FALSE(Decodes<SessionSetupRequest>(message));
}

TEST(SessionSetupRequest, AnEmptyBufferMayHaveAnyOffsetAndNoExtraByte) {
  Bytes message = MessageFromHex(kRequest);
  message.resize(kHeaderBytes + 24);
  Put16(kBufferLength, 0, &message);
  Put16(kBufferOffset, 0, &message);
  EXPECT_TRUE(Decodes<SessionSetupRequest>(message));
}

TEST(SessionSetupRequest, RejectsWrongStructureSize) {
  for (const uint16_t size : {0, 24, 26}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kHeaderBytes, size, &message);
    EXPECT_FALSE(Decodes<SessionSetupRequest>(message)) << size;
  }
}

TEST(SessionSetupResponse, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kResponse);
  SessionSetupResponse response;
  ASSERT_TRUE(SessionSetupResponse::Decode(message, &response));
  EXPECT_EQ(response.session_flags, kSessionFlagEncryptData);
  EXPECT_EQ(ToHex(response.security_buffer), "aabbcc");
  EXPECT_EQ(BodyHex(response), Hex(kResponse));
}

TEST(SessionSetupResponse, RejectsABufferOutOfBounds) {
  Bytes message = MessageFromHex(kResponse);
  Put16(kHeaderBytes + 6, 4, &message);
  EXPECT_FALSE(Decodes<SessionSetupResponse>(message));
  message = MessageFromHex(kResponse);
  Put16(kHeaderBytes + 4, 71, &message);
  EXPECT_FALSE(Decodes<SessionSetupResponse>(message));
}

TEST(SessionSetupResponse, BufferTooLongForItsLengthIsAnOverflow) {
  const Bytes large(0x10000);
  SessionSetupResponse response;
  response.security_buffer = large;
  Bytes buffer(0x20000);
  Writer w(absl::MakeSpan(buffer));
  w.Zeros(kHeaderBytes);
  response.Encode(w);
  EXPECT_FALSE(w.ok());
}

}  // namespace
}  // namespace sluice::proto

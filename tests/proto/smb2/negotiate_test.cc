#include "proto/smb2/negotiate.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

// Offsets in the request, from the SMB2 header.
constexpr size_t kDialectCount = 66;
constexpr size_t kContextOffset = 92;
constexpr size_t kContextCount = 96;
// In the response.
constexpr size_t kDialectRevision = 68;
constexpr size_t kBufferOffset = 120;
constexpr size_t kBufferLength = 122;
constexpr size_t kResponseContextOffset = 124;

constexpr char kOldRequest[] =
    "2400 0200 0100 0000 7F000000 101112131415161718191A1B1C1D1E1F 0102030405060708 0202 1002";

constexpr char kRequest[] =
    "2400 0500 0300 0000 7F000000 101112131415161718191A1B1C1D1E1F 70000000 0200 0000"
    "0202 1002 0003 0203 1103 0000"
    "0100 0A00 00000000 0100 0400 0100 DEADBEEF 000000000000"
    "0800 0600 00000000 0200 0200 0100";

constexpr char kResponse[] =
    "4100 0300 1103 0100 101112131415161718191A1B1C1D1E1F 2F000000"
    "00001000 00008000 00009000 0102030405060708 1112131415161718 8000 0300 88000000"
    "AABBCC 0000000000"
    "0800 0400 00000000 0100 0200";

TEST(Dialect, HasANameForPeopleEvenWhenUnknown) {
  EXPECT_EQ(Name(Dialect::kSmb202), "2.0.2");
  EXPECT_EQ(Name(Dialect::kSmb311), "3.1.1");
  EXPECT_EQ(Name(static_cast<Dialect>(0x0310)), "unknown");
}

TEST(NegotiateRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  NegotiateRequest request;
  ASSERT_TRUE(NegotiateRequest::Decode(message, &request));
  EXPECT_EQ(request.security_mode, kSigningEnabled | kSigningRequired);
  EXPECT_EQ(request.capabilities, 0x7Fu);
  EXPECT_EQ(request.client_guid[0], 0x10);
  EXPECT_EQ(request.client_guid[15], 0x1F);
  EXPECT_EQ(request.dialects.size(), 5u);
  EXPECT_TRUE(request.Offers(Dialect::kSmb202));
  EXPECT_TRUE(request.Offers(Dialect::kSmb311));
  EXPECT_FALSE(request.Offers(Dialect::kWildcard));
  EXPECT_EQ(request.contexts.count(), 2u);
  EXPECT_EQ(request.contexts.signing_algorithms, AlgorithmIds({2, 1}));
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(NegotiateRequest, WithoutSmb311TheContextFieldsAreAStartTime) {
  const Bytes message = MessageFromHex(kOldRequest);
  NegotiateRequest request;
  ASSERT_TRUE(NegotiateRequest::Decode(message, &request));
  EXPECT_EQ(request.dialects.size(), 2u);
  EXPECT_EQ(request.contexts.count(), 0u);
}

TEST(NegotiateRequest, Smb311WithoutContextsIsWellFormed) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kContextCount, 0, &message);
  Put32(kContextOffset, 0xFFFFFFFF, &message);
  EXPECT_TRUE(Decodes<NegotiateRequest>(message));
}

TEST(NegotiateRequest, RejectsNoDialects) {
  Bytes message = MessageFromHex(kOldRequest);
  Put16(kDialectCount, 0, &message);
  EXPECT_FALSE(Decodes<NegotiateRequest>(message));
}

TEST(NegotiateRequest, RejectsMoreDialectsThanTheMessageHolds) {
  for (const uint16_t count : {3, 0x8000, 0xFFFF}) {
    Bytes message = MessageFromHex(kOldRequest);
    Put16(kDialectCount, count, &message);
    EXPECT_FALSE(Decodes<NegotiateRequest>(message)) << count;
  }
}

TEST(NegotiateRequest, RejectsContextsOverlappingHeaderOrDialects) {
  for (const uint32_t offset : {0u, 8u, 64u, 96u, 104u}) {
    Bytes message = MessageFromHex(kRequest);
    Put32(kContextOffset, offset, &message);
    EXPECT_FALSE(Decodes<NegotiateRequest>(message)) << offset;
  }
}

TEST(NegotiateRequest, RejectsContextsBeyondTheEnd) {
  for (const uint32_t offset : {0x1000u, 0x7FFFFFF8u, 0xFFFFFFF8u}) {
    Bytes message = MessageFromHex(kRequest);
    Put32(kContextOffset, offset, &message);
    EXPECT_FALSE(Decodes<NegotiateRequest>(message)) << offset;
  }
}

TEST(NegotiateRequest, RejectsMoreContextsThanTheMessageHolds) {
  for (const uint16_t count : {3, 0xFFFF}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kContextCount, count, &message);
    EXPECT_FALSE(Decodes<NegotiateRequest>(message)) << count;
  }
}

TEST(NegotiateRequest, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kHeaderBytes, 37, &message);
  EXPECT_FALSE(Decodes<NegotiateRequest>(message));
}

TEST(NegotiateResponse, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kResponse);
  NegotiateResponse response;
  ASSERT_TRUE(NegotiateResponse::Decode(message, &response));
  EXPECT_EQ(response.security_mode, 3u);
  EXPECT_EQ(response.dialect_revision, Dialect::kSmb311);
  EXPECT_EQ(response.server_guid[0], 0x10);
  EXPECT_EQ(response.capabilities, 0x2Fu);
  EXPECT_EQ(response.max_transact_size, 0x100000u);
  EXPECT_EQ(response.max_read_size, 0x800000u);
  EXPECT_EQ(response.max_write_size, 0x900000u);
  EXPECT_EQ(response.system_time, 0x0807060504030201u);
  EXPECT_EQ(response.server_start_time, 0x1817161514131211u);
  EXPECT_EQ(ToHex(response.security_buffer), "aabbcc");
  EXPECT_EQ(response.contexts.signing_algorithms, AlgorithmIds({2}));
  EXPECT_EQ(BodyHex(response), Hex(kResponse));
}

TEST(NegotiateResponse, OlderDialectsHaveNoContexts) {
  Bytes message = MessageFromHex(kResponse);
  Put16(kDialectRevision, 0x0302, &message);
  NegotiateResponse response;
  ASSERT_TRUE(NegotiateResponse::Decode(message, &response));
  EXPECT_EQ(response.contexts.count(), 0u);
}

TEST(NegotiateResponse, RejectsASecurityBufferOutOfBounds) {
  Bytes message = MessageFromHex(kResponse);
  Put16(kBufferLength, 0xFFFF, &message);
  EXPECT_FALSE(Decodes<NegotiateResponse>(message));
  message = MessageFromHex(kResponse);
  Put16(kBufferOffset, 127, &message);
  EXPECT_FALSE(Decodes<NegotiateResponse>(message));
}

TEST(NegotiateResponse, RejectsContextsOutOfBounds) {
  for (const uint32_t offset : {64u, 120u, 0xFFFFFFF8u}) {
    Bytes message = MessageFromHex(kResponse);
    Put32(kResponseContextOffset, offset, &message);
    EXPECT_FALSE(Decodes<NegotiateResponse>(message)) << offset;
  }
}

}  // namespace
}  // namespace sluice::proto

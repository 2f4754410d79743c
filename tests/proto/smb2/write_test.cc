#include "proto/smb2/write.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kDataOffsetField = 66;
constexpr size_t kLengthField = 68;
constexpr size_t kInfoOffset = 104;
constexpr size_t kInfoLength = 106;

constexpr char kRequest[] =
    "3100 7000 04000000 0000000001000000 0102030405060708 1112131415161718"
    "00000000 09000000 0000 0000 01000000 DEADBEEF";
constexpr char kResponse[] = "1100 0000 04000000 07000000 0000 0000";

TEST(WriteRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  WriteRequest request;
  ASSERT_TRUE(WriteRequest::Decode(message, &request));
  EXPECT_EQ(request.offset, 0x100000000u);
  EXPECT_EQ(request.file_id, kTestFileId);
  EXPECT_EQ(request.channel, 0u);
  EXPECT_EQ(request.remaining_bytes, 9u);
  EXPECT_EQ(request.flags, kWriteFlagWriteThrough);
  EXPECT_EQ(request.data.data(), message.data() + WriteRequest::kDataOffset);
  EXPECT_EQ(ToHex(request.data), "deadbeef");
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(WriteRequest, DataMayBeginLater) {
  Bytes message = MessageFromHex(kRequest);
  message.insert(message.begin() + 112, 8, 0);
  Put16(kDataOffsetField, 120, &message);
  WriteRequest request;
  ASSERT_TRUE(WriteRequest::Decode(message, &request));
  EXPECT_EQ(ToHex(request.data), "deadbeef");
}

TEST(WriteRequest, RejectsDataBeyondTheEnd) {
  for (const uint32_t length : {5u, 0x7FFFFFFFu, 0xFFFFFF90u, 0xFFFFFFFFu}) {
    Bytes message = MessageFromHex(kRequest);
    Put32(kLengthField, length, &message);
    EXPECT_FALSE(Decodes<WriteRequest>(message)) << length;
  }
}

TEST(WriteRequest, RejectsDataOverlappingTheFixedPart) {
  for (const uint16_t offset : {0, 1, 64, 111}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kDataOffsetField, offset, &message);
    EXPECT_FALSE(Decodes<WriteRequest>(message)) << offset;
  }
}

TEST(WriteRequest, NoDataMayHaveAnyOffset) {
  Bytes message = MessageFromHex(kRequest);
  message.resize(112);
  Put32(kLengthField, 0, &message);
  Put16(kDataOffsetField, 0, &message);
  WriteRequest request;
  ASSERT_TRUE(WriteRequest::Decode(message, &request));
  EXPECT_TRUE(request.data.empty());
}

TEST(WriteRequest, RejectsChannelInfoOutOfBounds) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kInfoLength, 4, &message);
  EXPECT_FALSE(Decodes<WriteRequest>(message));
  Put16(kInfoOffset, 0xFFFF, &message);
  EXPECT_FALSE(Decodes<WriteRequest>(message));
  Put16(kInfoOffset, 112, &message);
  EXPECT_TRUE(Decodes<WriteRequest>(message));
}

TEST(WriteRequest, ChannelInfoFollowsTheData) {
  const Bytes info(16, 0x11);
  WriteRequest request;
  request.write_channel_info = info;
  WriteRequest decoded;
  const Bytes message = Encoded(request);
  ASSERT_TRUE(WriteRequest::Decode(message, &decoded));
  EXPECT_EQ(ToHex(decoded.write_channel_info), ToHex(info));
}

TEST(WriteRequest, RejectsWrongStructureSize) {
  for (const uint16_t size : {0, 48, 50}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kHeaderBytes, size, &message);
    EXPECT_FALSE(Decodes<WriteRequest>(message)) << size;
  }
}

TEST(WriteResponse, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kResponse);
  WriteResponse response;
  ASSERT_TRUE(WriteResponse::Decode(message, &response));
  EXPECT_EQ(response.count, 4u);
  EXPECT_EQ(response.remaining, 7u);
  EXPECT_EQ(BodyHex(response), Hex(kResponse));
}

}  // namespace
}  // namespace sluice::proto

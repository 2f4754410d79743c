#include "proto/smb2/read.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kInfoOffset = 108;
constexpr size_t kInfoLength = 110;
constexpr size_t kDataOffsetField = 66;
constexpr size_t kDataLengthField = 68;

constexpr char kRequest[] =
    "3100 50 01 00000100 0000000001000000 0102030405060708 1112131415161718"
    "07000000 00000000 09000000 0000 0000 00";
constexpr char kRdmaRequest[] =
    "3100 50 00 00000100 0000000001000000 0102030405060708 1112131415161718"
    "00000000 01000000 00000000 7000 1000 000102030405060708090A0B0C0D0E0F";
constexpr char kResponse[] = "1100 50 00 04000000 00000000 00000000 DEADBEEF";

TEST(ReadRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  ReadRequest request;
  ASSERT_TRUE(ReadRequest::Decode(message, &request));
  EXPECT_EQ(request.padding, 0x50u);
  EXPECT_EQ(request.flags, kReadFlagReadUnbuffered);
  EXPECT_EQ(request.length, 65536u);
  EXPECT_EQ(request.offset, 0x100000000u);
  EXPECT_EQ(request.file_id, kTestFileId);
  EXPECT_EQ(request.minimum_count, 7u);
  EXPECT_EQ(request.channel, kChannelNone);
  EXPECT_EQ(request.remaining_bytes, 9u);
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(ReadRequest, MayLackTheExtraByte) {
  Bytes message = MessageFromHex(kRequest);
  message.pop_back();
  EXPECT_TRUE(Decodes<ReadRequest>(message));
  message.pop_back();
  EXPECT_FALSE(Decodes<ReadRequest>(message));
}

TEST(ReadRequest, ChannelInfoIsAView) {
  const Bytes message = MessageFromHex(kRdmaRequest);
  ReadRequest request;
  ASSERT_TRUE(ReadRequest::Decode(message, &request));
  EXPECT_EQ(request.channel, kChannelRdmaV1);
  EXPECT_EQ(request.read_channel_info.data(), message.data() + 112);
  EXPECT_EQ(request.read_channel_info.size(), 16u);
  EXPECT_EQ(BodyHex(request), Hex(kRdmaRequest));
}

TEST(ReadRequest, RejectsChannelInfoOutOfBounds) {
  for (const uint16_t offset : {0, 64, 111, 113, 0xFFFF}) {
    Bytes message = MessageFromHex(kRdmaRequest);
    Put16(kInfoOffset, offset, &message);
    EXPECT_FALSE(Decodes<ReadRequest>(message)) << offset;
  }
  Bytes message = MessageFromHex(kRdmaRequest);
  Put16(kInfoLength, 17, &message);
  EXPECT_FALSE(Decodes<ReadRequest>(message));
}

TEST(ReadRequest, RejectsWrongStructureSize) {
  for (const uint16_t size : {0, 48, 50}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kHeaderBytes, size, &message);
    EXPECT_FALSE(Decodes<ReadRequest>(message)) << size;
  }
}

TEST(ReadResponse, DecodesAsSpecified) {
  const Bytes message = MessageFromHex(kResponse);
  ReadResponse response;
  ASSERT_TRUE(ReadResponse::Decode(message, &response));
  EXPECT_EQ(response.data_length, 4u);
  EXPECT_EQ(ToHex(response.data), "deadbeef");
}

TEST(ReadResponse, EncodesTheFixedPartUpToTheData) {
  ReadResponse response;
  response.data_length = 4;
  const Bytes message = Encoded(response);
  EXPECT_EQ(message.size(), ReadResponse::kDataOffset);
  EXPECT_EQ(ToHex(absl::MakeConstSpan(message).subspan(kHeaderBytes)) + "deadbeef", Hex(kResponse));
}

TEST(ReadResponse, RejectsDataOutOfBounds) {
  for (const uint32_t length : {5u, 0x7FFFFFFFu, 0xFFFFFFFFu}) {
    Bytes message = MessageFromHex(kResponse);
    Put32(kDataLengthField, length, &message);
    EXPECT_FALSE(Decodes<ReadResponse>(message)) << length;
  }
  for (const uint8_t offset : {0, 64, 79, 81, 255}) {
    Bytes message = MessageFromHex(kResponse);
    Put8(kDataOffsetField, offset, &message);
    EXPECT_FALSE(Decodes<ReadResponse>(message)) << int{offset};
  }
}

}  // namespace
}  // namespace sluice::proto

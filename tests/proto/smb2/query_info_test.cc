#include "proto/smb2/query_info.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kInputOffset = 72;
constexpr size_t kInputLength = 76;

constexpr char kRequest[] =
    "2900 03 12 00040000 6800 0000 02000000 07000000 01000000 0102030405060708 1112131415161718"
    "AABB";

TEST(QueryInfoRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  QueryInfoRequest request;
  ASSERT_TRUE(QueryInfoRequest::Decode(message, &request));
  EXPECT_EQ(request.info_type, kInfoSecurity);
  EXPECT_EQ(request.file_info_class, 0x12u);
  EXPECT_EQ(request.output_buffer_length, 1024u);
  EXPECT_EQ(request.additional_information, 7u);
  EXPECT_EQ(request.flags, kQueryInfoRestartScan);
  EXPECT_EQ(request.file_id, kTestFileId);
  EXPECT_EQ(ToHex(request.input), "aabb");
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(QueryInfoRequest, RejectsInputOutOfBounds) {
  for (const uint16_t offset : {0, 64, 103, 105, 0xFFFF}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kInputOffset, offset, &message);
    EXPECT_FALSE(Decodes<QueryInfoRequest>(message)) << offset;
  }
  for (const uint32_t length : {3u, 0xFFFFFF98u, 0xFFFFFFFFu}) {
    Bytes message = MessageFromHex(kRequest);
    Put32(kInputLength, length, &message);
    EXPECT_FALSE(Decodes<QueryInfoRequest>(message)) << length;
  }
}

TEST(QueryInfoRequest, NoInputMayHaveAnyOffsetAndNoExtraByte) {
  Bytes message = MessageFromHex(kRequest);
  message.resize(kHeaderBytes + 40);
  Put32(kInputLength, 0, &message);
  Put16(kInputOffset, 0, &message);
  EXPECT_TRUE(Decodes<QueryInfoRequest>(message));
}

TEST(QueryInfoRequest, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kHeaderBytes, 40, &message);
  EXPECT_FALSE(Decodes<QueryInfoRequest>(message));
}

}  // namespace
}  // namespace sluice::proto

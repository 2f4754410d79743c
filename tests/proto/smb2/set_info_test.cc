#include "proto/smb2/set_info.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kLengthField = 68;
constexpr size_t kOffsetField = 72;

constexpr char kRequest[] =
    "2100 01 14 08000000 6000 0000 07000000 0102030405060708 1112131415161718 0010000000000000";

TEST(SetInfoRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  SetInfoRequest request;
  ASSERT_TRUE(SetInfoRequest::Decode(message, &request));
  EXPECT_EQ(request.info_type, 1u);
  EXPECT_EQ(request.file_info_class, 0x14u);
  EXPECT_EQ(request.additional_information, 7u);
  EXPECT_EQ(request.file_id, kTestFileId);
  EXPECT_EQ(ToHex(request.buffer), "0010000000000000");
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(SetInfoRequest, RejectsABufferOutOfBounds) {
  for (const uint16_t offset : {0, 64, 95, 97, 0xFFFF}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kOffsetField, offset, &message);
    EXPECT_FALSE(Decodes<SetInfoRequest>(message)) << offset;
  }
  for (const uint32_t length : {9u, 0xFFFFFFA0u, 0xFFFFFFFFu}) {
    Bytes message = MessageFromHex(kRequest);
    Put32(kLengthField, length, &message);
    EXPECT_FALSE(Decodes<SetInfoRequest>(message)) << length;
  }
}

TEST(SetInfoRequest, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kHeaderBytes, 32, &message);
  EXPECT_FALSE(Decodes<SetInfoRequest>(message));
}

}  // namespace
}  // namespace sluice::proto

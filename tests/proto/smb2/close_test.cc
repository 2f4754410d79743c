#include "proto/smb2/close.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr char kRequest[] = "1800 0100 00000000 0102030405060708 1112131415161718";
constexpr char kResponse[] =
    "3C00 0100 00000000 0100000000000000 0200000000000000 0300000000000000 0400000000000000"
    "0500000000000000 0600000000000000 20000000";

TEST(CloseRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  CloseRequest request;
  ASSERT_TRUE(CloseRequest::Decode(message, &request));
  EXPECT_EQ(request.flags, kClosePostqueryAttributes);
  EXPECT_EQ(request.file_id, kTestFileId);
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(CloseRequest, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kHeaderBytes, 25, &message);
  EXPECT_FALSE(Decodes<CloseRequest>(message));
}

TEST(CloseResponse, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kResponse);
  CloseResponse response;
  ASSERT_TRUE(CloseResponse::Decode(message, &response));
  EXPECT_EQ(response.flags, 1u);
  EXPECT_EQ(response.creation_time, 1u);
  EXPECT_EQ(response.last_access_time, 2u);
  EXPECT_EQ(response.last_write_time, 3u);
  EXPECT_EQ(response.change_time, 4u);
  EXPECT_EQ(response.allocation_size, 5u);
  EXPECT_EQ(response.end_of_file, 6u);
  EXPECT_EQ(response.file_attributes, 0x20u);
  EXPECT_EQ(BodyHex(response), Hex(kResponse));
}

TEST(CloseResponse, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kResponse);
  Put16(kHeaderBytes, 61, &message);
  EXPECT_FALSE(Decodes<CloseResponse>(message));
}

}  // namespace
}  // namespace sluice::proto

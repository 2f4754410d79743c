#include "proto/smb2/query_directory.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kNameOffset = 88;
constexpr size_t kNameLength = 90;

constexpr char kRequest[] =
    "2100 25 03 07000000 0102030405060708 1112131415161718 6000 0200 00000100 2A00";
constexpr char kResponse[] = "0900 4800 03000000 AABBCC";

TEST(QueryDirectoryRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  QueryDirectoryRequest request;
  ASSERT_TRUE(QueryDirectoryRequest::Decode(message, &request));
  EXPECT_EQ(request.file_information_class, 0x25u);
  EXPECT_EQ(request.flags, kQueryDirectoryRestartScans | kQueryDirectoryReturnSingleEntry);
  EXPECT_EQ(request.file_index, 7u);
  EXPECT_EQ(request.file_id, kTestFileId);
  EXPECT_EQ(request.output_buffer_length, 0x10000u);
  EXPECT_EQ(ToHex(request.file_name), ToHex(FromUtf8("*")));
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(QueryDirectoryRequest, RejectsANameOutOfBounds) {
  for (const uint16_t offset : {0, 64, 95, 97, 0xFFFF}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kNameOffset, offset, &message);
    EXPECT_FALSE(Decodes<QueryDirectoryRequest>(message)) << offset;
  }
  Bytes message = MessageFromHex(kRequest);
  Put16(kNameLength, 4, &message);
  EXPECT_FALSE(Decodes<QueryDirectoryRequest>(message));
}

TEST(QueryDirectoryRequest, RejectsAnOddNameLength) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kNameLength, 1, &message);
  EXPECT_FALSE(Decodes<QueryDirectoryRequest>(message));
}

TEST(QueryDirectoryRequest, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kHeaderBytes, 32, &message);
  EXPECT_FALSE(Decodes<QueryDirectoryRequest>(message));
}

TEST(QueryDirectoryResponse, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kResponse);
  QueryDirectoryResponse response;
  ASSERT_TRUE(QueryDirectoryResponse::Decode(message, &response));
  EXPECT_EQ(ToHex(response.output), "aabbcc");
  EXPECT_EQ(BodyHex(response), Hex(kResponse));
}

}  // namespace
}  // namespace sluice::proto

#include "proto/smb2/flush.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr char kRequest[] = "1800 FFFF 00000000 0102030405060708 1112131415161718";

TEST(FlushRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  FlushRequest request;
  ASSERT_TRUE(FlushRequest::Decode(message, &request));
  EXPECT_EQ(request.reserved1, 0xFFFFu);
  EXPECT_EQ(request.file_id, kTestFileId);
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(FlushRequest, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kHeaderBytes, 4, &message);
  EXPECT_FALSE(Decodes<FlushRequest>(message));
}

}  // namespace
}  // namespace sluice::proto

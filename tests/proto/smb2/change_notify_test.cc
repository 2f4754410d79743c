#include "proto/smb2/change_notify.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr char kRequest[] =
    "2000 0100 00100000 0102030405060708 1112131415161718 FF0F0000 00000000";

TEST(ChangeNotifyRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  ChangeNotifyRequest request;
  ASSERT_TRUE(ChangeNotifyRequest::Decode(message, &request));
  EXPECT_EQ(request.flags, kWatchTree);
  EXPECT_EQ(request.output_buffer_length, 4096u);
  EXPECT_EQ(request.file_id, kTestFileId);
  EXPECT_EQ(request.completion_filter, kNotifyValidMask);
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(ChangeNotifyRequest, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kHeaderBytes, 33, &message);
  EXPECT_FALSE(Decodes<ChangeNotifyRequest>(message));
}

TEST(ChangeNotifyResponse, MayBeEmpty) {
  const Bytes message = Encoded(ChangeNotifyResponse());
  ChangeNotifyResponse response;
  ASSERT_TRUE(ChangeNotifyResponse::Decode(message, &response));
  EXPECT_TRUE(response.output.empty());
}

}  // namespace
}  // namespace sluice::proto

#include "proto/smb2/tree_connect.h"

#include "gtest/gtest.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

constexpr size_t kFlags = 66;
constexpr size_t kPathOffset = 68;
constexpr size_t kPathLength = 70;

constexpr char kRequest[] = "0900 0000 4800 0C00 5C005C0073005C0066003100";
constexpr char kResponse[] = "1000 01 00 30080000 08000000 FF011F00";

TEST(TreeConnectRequest, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kRequest);
  TreeConnectRequest request;
  ASSERT_TRUE(TreeConnectRequest::Decode(message, &request));
  EXPECT_EQ(ToHex(request.path), ToHex(FromUtf8("\\\\s\\f1")));
  EXPECT_EQ(BodyHex(request), Hex(kRequest));
}

TEST(TreeConnectRequest, PathMayFollowAnExtension) {
  Bytes message =
      MessageFromHex("0900 0400 5800 0400 00000000 0000 00000000000000000000 6100 6200");
  TreeConnectRequest request;
  ASSERT_TRUE(TreeConnectRequest::Decode(message, &request));
  EXPECT_EQ(request.flags, kTreeConnectFlagExtensionPresent);
  EXPECT_EQ(ToHex(request.path), "61006200");
}

TEST(TreeConnectRequest, RejectsAPathOutOfBounds) {
  for (const uint16_t offset : {0, 64, 71, 74, 0xFFFF}) {
    Bytes message = MessageFromHex(kRequest);
    Put16(kPathOffset, offset, &message);
    EXPECT_FALSE(Decodes<TreeConnectRequest>(message)) << offset;
  }
  Bytes message = MessageFromHex(kRequest);
  Put16(kPathLength, 0xFFFE, &message);
  EXPECT_FALSE(Decodes<TreeConnectRequest>(message));
}

TEST(TreeConnectRequest, UnknownFlagsAreTolerated) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kFlags, 0xFFFF, &message);
  EXPECT_TRUE(Decodes<TreeConnectRequest>(message));
}

TEST(TreeConnectRequest, RejectsWrongStructureSize) {
  Bytes message = MessageFromHex(kRequest);
  Put16(kHeaderBytes, 8, &message);
  EXPECT_FALSE(Decodes<TreeConnectRequest>(message));
}

TEST(TreeConnectResponse, LaysOutAsSpecified) {
  const Bytes message = MessageFromHex(kResponse);
  TreeConnectResponse response;
  ASSERT_TRUE(TreeConnectResponse::Decode(message, &response));
  EXPECT_EQ(response.share_type, kShareTypeDisk);
  EXPECT_EQ(response.share_flags, kShareFlagNoCaching | kShareFlagAccessBasedDirectoryEnum);
  EXPECT_EQ(response.capabilities, kShareCapDfs);
  EXPECT_EQ(response.maximal_access, 0x001F01FFu);
  EXPECT_EQ(BodyHex(response), Hex(kResponse));
}

}  // namespace
}  // namespace sluice::proto

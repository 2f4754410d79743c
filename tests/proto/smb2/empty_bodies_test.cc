// The bodies with nothing in them: LOGOFF, TREE_DISCONNECT, ECHO, CANCEL, and the responses to
// FLUSH, LOCK and SET_INFO.
#include "gtest/gtest.h"
#include "proto/smb2/cancel.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/lock.h"
#include "proto/smb2/logoff.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/tree_disconnect.h"
#include "tests/proto/smb2/message.h"

namespace sluice::proto {
namespace {

template <typename T>
class FourBytes : public testing::Test {};

using FourByteBodies =
    testing::Types<LogoffRequest, LogoffResponse, TreeDisconnectRequest, TreeDisconnectResponse,
                   EchoRequest, EchoResponse, CancelRequest, FlushResponse, LockResponse>;
TYPED_TEST_SUITE(FourBytes, FourByteBodies);

TYPED_TEST(FourBytes, LaysOutAsSpecified) {
  EXPECT_EQ(BodyHex(TypeParam()), "04000000");
  EXPECT_TRUE(Decodes<TypeParam>(Encoded(TypeParam())));
}

TYPED_TEST(FourBytes, ReservedBytesAreIgnored) {
  EXPECT_TRUE(Decodes<TypeParam>(MessageFromHex("0400 FFFF")));
}

TYPED_TEST(FourBytes, RejectsWrongStructureSize) {
  EXPECT_FALSE(Decodes<TypeParam>(MessageFromHex("0500 0000 0000")));
  EXPECT_FALSE(Decodes<TypeParam>(MessageFromHex("0300 0000")));
  EXPECT_FALSE(Decodes<TypeParam>(MessageFromHex("0000 0000")));
}

TYPED_TEST(FourBytes, RejectsATruncatedBody) {
  EXPECT_FALSE(Decodes<TypeParam>(MessageFromHex("0400 00")));
  EXPECT_FALSE(Decodes<TypeParam>(MessageFromHex("")));
}

TEST(SetInfoResponse, IsItsStructureSizeOnly) {
  EXPECT_EQ(BodyHex(SetInfoResponse()), "0200");
  EXPECT_TRUE(Decodes<SetInfoResponse>(MessageFromHex("0200")));
  EXPECT_FALSE(Decodes<SetInfoResponse>(MessageFromHex("0400 0000")));
  EXPECT_FALSE(Decodes<SetInfoResponse>(MessageFromHex("02")));
}

}  // namespace
}  // namespace sluice::proto

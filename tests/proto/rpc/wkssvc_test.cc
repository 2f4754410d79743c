#include "proto/rpc/wkssvc.h"

#include "gtest/gtest.h"
#include "proto/rpc/ndr.h"
#include "proto/rpc/pdu.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto::rpc::wkssvc {
namespace {

Bytes Request(uint32_t level) {
  NdrWriter w;
  w.UniqueString(absl::string_view("\\\\SLUICE"));
  w.U32(level);
  return w.Take();
}

ServerDescription Described() {
  ServerDescription server;
  server.name = "SLUICE";
  return server;
}

TEST(WkstaGetInfo, Level100) {
  const CallResult result = Handle(0, Request(100), Described());
  ASSERT_EQ(result.fault, 0u);
  NdrReader r(result.stub);
  EXPECT_EQ(r.U32(), 100u);
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.U32(), 500u);
  EXPECT_TRUE(r.Pointer());
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.U32(), 10u);
  EXPECT_EQ(r.U32(), 0u);
  EXPECT_EQ(r.String(), "SLUICE");
  EXPECT_EQ(r.String(), "WORKGROUP");
  EXPECT_EQ(r.U32(), win_error::kSuccess);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(WkstaGetInfo, UnknownLevelIsAnErrorOfTheCall) {
  EXPECT_EQ(ToHex(Handle(0, Request(102), Described()).stub), "66000000000000007c000000");
}

TEST(WkstaGetInfo, EveryTruncationFaults) {
  const Bytes stub = Request(100);
  for (size_t length = 0; length < stub.size(); ++length) {
    const Bytes cut(stub.begin(), stub.begin() + static_cast<ptrdiff_t>(length));
    EXPECT_EQ(Handle(0, cut, Described()).fault, fault_status::kBadStubData);
  }
}

TEST(Wkssvc, OtherOperationsFault) {
  EXPECT_EQ(Handle(2, Request(100), Described()).fault, fault_status::kOperationRange);
}

}  // namespace
}  // namespace sluice::proto::rpc::wkssvc

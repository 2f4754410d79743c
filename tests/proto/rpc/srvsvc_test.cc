#include "proto/rpc/srvsvc.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proto/rpc/ndr.h"
#include "proto/rpc/pdu.h"
#include "tests/proto/rpc/captured_pdus.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto::rpc::srvsvc {
namespace {

constexpr uint16_t kShareEnum = static_cast<uint16_t>(Operation::kNetrShareEnum);
constexpr uint16_t kShareGetInfo = static_cast<uint16_t>(Operation::kNetrShareGetInfo);
constexpr uint16_t kServerGetInfo = static_cast<uint16_t>(Operation::kNetrServerGetInfo);

// What the smbd that answered kShareEnumRequest served.
ServerDescription Described() {
  ServerDescription server;
  server.name = "SLUICE";
  server.comment = "A test server";
  ShareDescription files;
  files.name = "files";
  files.comment = "Files for everyone";
  files.path = "C:\\files";
  files.security_descriptor = Bytes(20, 0x5D);
  ShareDescription ipc;
  ipc.name = "IPC$";
  ipc.type = share_type::kIpc;
  ipc.comment = "IPC Service (A test server)";
  server.shares = {files, ipc};
  return server;
}

Bytes StubOf(absl::string_view hex) {
  const Bytes bytes = FromHex(hex);
  // Requests and responses have headers of the same length.
  return Bytes(bytes.begin() + kRequestHeaderBytes, bytes.end());
}

TEST(ShareEnum, AnswersSmbclientAsSmbdDoes) {
  const CallResult result = Handle(kShareEnum, StubOf(kShareEnumRequest), Described());
  ASSERT_EQ(result.fault, 0u);
  const Bytes expected = StubOf(kShareEnumResponse);
  EXPECT_EQ(result.stub.size(), expected.size());
  std::vector<ShareInfo1> ours;
  std::vector<ShareInfo1> theirs;
  uint32_t error = 1;
  ASSERT_TRUE(DecodeShareEnumResponse1(result.stub, &ours, &error));
  EXPECT_EQ(error, win_error::kSuccess);
  ASSERT_TRUE(DecodeShareEnumResponse1(expected, &theirs, &error));
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_EQ(ours[i].name, theirs[i].name);
    EXPECT_EQ(ours[i].comment, theirs[i].comment);
  }
  EXPECT_EQ(ours[1].type, share_type::kIpc);
}

TEST(ShareEnum, RequestIsWhatSmbclientSends) {
  EXPECT_EQ(ToHex(EncodeShareEnumRequest("127.0.0.1", 1)).size(),
            ToHex(StubOf(kShareEnumRequest)).size() + 2 * 4);
}

TEST(ShareEnum, EveryLevelListsEveryShare) {
  for (const uint32_t level : {0u, 1u, 2u, 501u, 502u}) {
    const CallResult result =
        Handle(kShareEnum, EncodeShareEnumRequest("SLUICE", level), Described());
    ASSERT_EQ(result.fault, 0u);
    NdrReader r(result.stub);
    EXPECT_EQ(r.U32(), level);
    EXPECT_EQ(r.U32(), level);
    EXPECT_TRUE(r.Pointer());
    EXPECT_EQ(r.U32(), 2u);
    EXPECT_TRUE(r.Pointer());
    EXPECT_EQ(r.U32(), 2u);
    const Bytes& stub = result.stub;
    EXPECT_EQ(ToHex(absl::MakeConstSpan(stub).last(4)), "00000000");
  }
}

TEST(ShareEnum, Level0IsNamesOnly) {
  const CallResult result = Handle(kShareEnum, EncodeShareEnumRequest("S", 0), Described());
  NdrReader r(result.stub);
  for (int i = 0; i < 6; ++i) r.U32();
  EXPECT_TRUE(r.Pointer());
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.String(), "files");
  EXPECT_EQ(r.String(), "IPC$");
  EXPECT_EQ(r.U32(), 2u);
  EXPECT_TRUE(r.Pointer());
  r.U32();
  EXPECT_EQ(r.U32(), win_error::kSuccess);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(ShareEnum, UnknownLevelIsAnErrorOfTheCall) {
  const CallResult result = Handle(kShareEnum, EncodeShareEnumRequest("S", 1005), Described());
  ASSERT_EQ(result.fault, 0u);
  std::vector<ShareInfo1> shares;
  NdrReader r(result.stub);
  EXPECT_EQ(r.U32(), 1005u);
  EXPECT_EQ(r.U32(), 1005u);
  EXPECT_FALSE(r.Pointer());
  EXPECT_EQ(r.U32(), 0u);
  EXPECT_TRUE(r.Pointer());
  r.U32();
  EXPECT_EQ(r.U32(), win_error::kInvalidLevel);
  EXPECT_TRUE(r.ok());
}

TEST(ShareEnum, ListsNothingIfThereIsNothing) {
  const CallResult result = Handle(kShareEnum, EncodeShareEnumRequest("S", 1), {});
  std::vector<ShareInfo1> shares;
  uint32_t error;
  ASSERT_TRUE(DecodeShareEnumResponse1(result.stub, &shares, &error));
  EXPECT_TRUE(shares.empty());
}

TEST(ShareEnum, EveryTruncationFaults) {
  const Bytes stub = StubOf(kShareEnumRequest);
  for (size_t length = 0; length < stub.size(); ++length) {
    const Bytes cut(stub.begin(), stub.begin() + static_cast<ptrdiff_t>(length));
    EXPECT_EQ(Handle(kShareEnum, cut, Described()).fault, fault_status::kBadStubData) << length;
  }
  DecodeDamaged(stub, [](absl::Span<const uint8_t> bytes) {
    return Handle(kShareEnum, bytes, Described()).fault == 0;
  });
}

TEST(ShareEnum, LevelAndUnionMustAgree) {
  Bytes stub = EncodeShareEnumRequest("S", 1);
  const auto level = std::find(stub.begin() + 20, stub.end(), 1);
  ASSERT_NE(level, stub.end());
  *level = 2;
  EXPECT_EQ(Handle(kShareEnum, stub, Described()).fault, fault_status::kBadStubData);
}

// The answer to level `level` for share "FILES", behind the level and the pointer.
NdrReader InfoOf(const CallResult& result, uint32_t level) {
  NdrReader r(result.stub);
  EXPECT_EQ(result.fault, 0u);
  EXPECT_EQ(r.U32(), level);
  EXPECT_TRUE(r.Pointer());
  return r;
}

CallResult GetShare(uint32_t level, absl::string_view name = "FILES") {
  return Handle(kShareGetInfo, EncodeShareGetInfoRequest("SLUICE", name, level), Described());
}

TEST(ShareGetInfo, Level1) {
  const CallResult result = GetShare(1);
  NdrReader r = InfoOf(result, 1);
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.U32(), share_type::kDisk);
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.String(), "files");
  EXPECT_EQ(r.String(), "Files for everyone");
  EXPECT_EQ(r.U32(), win_error::kSuccess);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(ShareGetInfo, Level502HasPathAndSecurityDescriptor) {
  const CallResult result = GetShare(502);
  NdrReader r = InfoOf(result, 502);
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.U32(), share_type::kDisk);
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.U32(), 0u);
  EXPECT_EQ(r.U32(), 0xFFFFFFFFu);
  EXPECT_EQ(r.U32(), 0u);
  EXPECT_TRUE(r.Pointer());
  EXPECT_FALSE(r.Pointer());
  EXPECT_EQ(r.U32(), 20u);
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.String(), "files");
  EXPECT_EQ(r.String(), "Files for everyone");
  EXPECT_EQ(r.String(), "C:\\files");
  EXPECT_EQ(r.U32(), 20u);
  EXPECT_EQ(r.Bytes(20)[19], 0x5D);
  EXPECT_EQ(r.U32(), win_error::kSuccess);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(ShareGetInfo, Level1005IsFlags) {
  const CallResult result = GetShare(1005);
  NdrReader r = InfoOf(result, 1005);
  EXPECT_EQ(r.U32(), 0u);
  EXPECT_EQ(r.U32(), win_error::kSuccess);
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(ShareGetInfo, OtherLevelsEndWithSuccess) {
  for (const uint32_t level : {0u, 2u, 501u}) {
    const CallResult result = GetShare(level);
    InfoOf(result, level);
    EXPECT_EQ(ToHex(absl::MakeConstSpan(result.stub).last(4)), "00000000");
  }
}

TEST(ShareGetInfo, UnknownShareAndLevelAreErrorsOfTheCall) {
  EXPECT_EQ(ToHex(GetShare(1, "nothing").stub), "010000000000000006090000");
  EXPECT_EQ(ToHex(GetShare(77).stub), "4d000000000000007c000000");
}

TEST(ShareGetInfo, EveryTruncationFaults) {
  const Bytes stub = EncodeShareGetInfoRequest("SLUICE", "files", 1);
  for (size_t length = 0; length < stub.size(); ++length) {
    const Bytes cut(stub.begin(), stub.begin() + static_cast<ptrdiff_t>(length));
    EXPECT_EQ(Handle(kShareGetInfo, cut, Described()).fault, fault_status::kBadStubData);
  }
}

TEST(ServerGetInfo, Level101) {
  const CallResult result =
      Handle(kServerGetInfo, EncodeServerGetInfoRequest("SLUICE", 101), Described());
  NdrReader r = InfoOf(result, 101);
  EXPECT_EQ(r.U32(), 500u);
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.U32(), 10u);
  EXPECT_EQ(r.U32(), 0u);
  EXPECT_NE(r.U32(), 0u);
  EXPECT_TRUE(r.Pointer());
  EXPECT_EQ(r.String(), "SLUICE");
  EXPECT_EQ(r.String(), "A test server");
  EXPECT_EQ(r.U32(), win_error::kSuccess);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(ServerGetInfo, Levels100And102) {
  for (const uint32_t level : {100u, 102u}) {
    const CallResult result =
        Handle(kServerGetInfo, EncodeServerGetInfoRequest("SLUICE", level), Described());
    InfoOf(result, level);
    EXPECT_EQ(ToHex(absl::MakeConstSpan(result.stub).last(4)), "00000000");
  }
}

TEST(ServerGetInfo, UnknownLevelIsAnErrorOfTheCall) {
  EXPECT_EQ(ToHex(Handle(kServerGetInfo, EncodeServerGetInfoRequest("S", 503), Described()).stub),
            "f7010000000000007c000000");
}

TEST(Srvsvc, OtherOperationsFault) {
  for (const uint16_t operation : {0, 14, 18, 36, 999}) {
    EXPECT_EQ(Handle(operation, {}, Described()).fault, fault_status::kOperationRange);
  }
}

TEST(Srvsvc, DecoderOfTheAnswerSurvivesDamage) {
  const auto decode = [](absl::Span<const uint8_t> bytes) {
    std::vector<ShareInfo1> shares;
    uint32_t error;
    return DecodeShareEnumResponse1(bytes, &shares, &error);
  };
  EXPECT_TRUE(AcceptedTruncations(StubOf(kShareEnumResponse), decode).empty());
  DecodeDamaged(StubOf(kShareEnumResponse), decode);
}

}  // namespace
}  // namespace sluice::proto::rpc::srvsvc

// What requests get that may not run; the connection goes on.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "proto/smb2/close.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/oplock_break.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/read.h"
#include "proto/smb2/structure_size.h"
#include "proto/smb2/write.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class ChainAdmitTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    client_ = std::make_unique<TestClient>(address());
    ASSERT_TRUE(client_->Start("disk"));
  }
  void TearDown() override {
    // Whatever was refused, the connection goes on.
    client_->sign = true;
    const std::optional<Reply> reply = client_->Call(Command::kEcho, proto::EchoRequest());
    EXPECT_TRUE(reply.has_value() && reply->status() == NtStatus::kOk);
    client_.reset();
    GatewayTest::TearDown();
  }
  // The status of a request as it is.
  NtStatus Send(const Bytes& message) {
    proto::Header header;
    proto::Header::Decode(message, &header);
    client_->SendChain({message});
    const std::optional<Reply> reply = client_->WaitFor(header.message_id);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  Bytes CreateMessage(absl::string_view name) {
    Bytes utf16;
    for (const char c : name) {
      utf16.push_back(static_cast<uint8_t>(c));
      utf16.push_back(0);
    }
    proto::CreateRequest request;
    request.desired_access = 0x001F01FF;
    request.create_disposition = proto::kDispositionCreate;
    request.name = utf16;
    return client_->Request(Command::kCreate, request);
  }
  bool OnDisk(const std::string& name) const { return std::filesystem::exists(disk_ + "/" + name); }

  std::unique_ptr<TestClient> client_;
};

TEST_F(ChainAdmitTest, UnknownCommandsAreInvalid) {
  for (const uint16_t opcode : {19, 20, 255, 0xFFFF}) {
    proto::Header header = client_->NextHeader(static_cast<Command>(opcode));
    EXPECT_EQ(Send(TestClient::Message(header, proto::EchoRequest())), NtStatus::kInvalidParameter);
  }
}

TEST_F(ChainAdmitTest, RejectsWrongStructureSizeOfEveryCommand) {
  for (const proto::StructureSizes& row : proto::StructureSizeTable()) {
    if (row.command == Command::kNegotiate || row.command == Command::kCancel) continue;
    Bytes message = TestClient::Message(client_->NextHeader(row.command), proto::EchoRequest());
    message.resize(256);
    message[64] = static_cast<uint8_t>(row.request ^ 0x40);
    EXPECT_EQ(Send(message), NtStatus::kInvalidParameter) << row.name;
  }
}

TEST_F(ChainAdmitTest, RejectsBodyShorterThanItsStructure) {
  for (const proto::StructureSizes& row : proto::StructureSizeTable()) {
    if (row.command == Command::kNegotiate || row.command == Command::kCancel || row.request <= 4) {
      continue;
    }
    Bytes message = TestClient::Message(client_->NextHeader(row.command), proto::EchoRequest());
    message.resize(64 + 4);
    message[64] = static_cast<uint8_t>(row.request);
    message[65] = static_cast<uint8_t>(row.request >> 8);
    EXPECT_EQ(Send(message), NtStatus::kInvalidParameter) << row.name;
  }
}

TEST_F(ChainAdmitTest, RejectsFlagsThatNoClientSets) {
  for (const uint32_t flag : {proto::kFlagResponse, proto::kFlagAsync, 0x00000100u, 0x80000000u}) {
    EXPECT_EQ(Send(client_->Request(Command::kEcho, proto::EchoRequest(), flag)),
              NtStatus::kInvalidParameter)
        << flag;
  }
}

TEST_F(ChainAdmitTest, WrongSignatureIsDeniedAndNothingHappens) {
  const Bytes good = CreateMessage("wrong");
  Bytes message = good;
  client_->Sign(&message);
  message[proto::kSignatureOffset + 5] ^= 1;
  client_->sign = false;
  EXPECT_EQ(Send(message), NtStatus::kAccessDenied);
  EXPECT_FALSE(OnDisk("wrong"));
  EXPECT_EQ(Counter("wrong_signatures"), 1u);
}

TEST_F(ChainAdmitTest, ChangedMessageIsDeniedAndNothingHappens) {
  Bytes message = CreateMessage("changed");
  client_->Sign(&message);
  message.back() ^= 1;
  client_->sign = false;
  EXPECT_EQ(Send(message), NtStatus::kAccessDenied);
  EXPECT_TRUE(std::filesystem::is_empty(disk_));
}

TEST_F(ChainAdmitTest, MissingSignatureIsDeniedAndNothingHappens) {
  client_->sign = false;
  EXPECT_EQ(Send(CreateMessage("unsigned")), NtStatus::kAccessDenied);
  EXPECT_FALSE(OnDisk("unsigned"));
}

TEST_F(ChainAdmitTest, DenialOfAnUnsignedRequestIsSigned) {
  client_->sign = false;
  const std::optional<Reply> reply = client_->Call(Command::kFlush, proto::FlushRequest());
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kAccessDenied);
  EXPECT_TRUE(reply->signature_right);
}

TEST_F(ChainAdmitTest, WrongSignatureInACompoundStopsOnlyThatCommand) {
  Bytes first = CreateMessage("one");
  Bytes second = CreateMessage("two");
  const uint64_t id = client_->next_message_id - 2;
  first.resize((first.size() + 7) / 8 * 8);
  proto::Writer writer(absl::MakeSpan(first));
  writer.Advance(proto::kHeaderBytes);
  writer.PatchU32(proto::kHeaderNextCommandOffset, static_cast<uint32_t>(first.size()));
  client_->Sign(&first);
  client_->Sign(&second);
  second[proto::kSignatureOffset] ^= 1;
  first.insert(first.end(), second.begin(), second.end());
  client_->SendFrame(first);
  EXPECT_EQ(client_->WaitFor(id)->status(), NtStatus::kOk);
  EXPECT_EQ(client_->WaitFor(id + 1)->status(), NtStatus::kAccessDenied);
  EXPECT_TRUE(OnDisk("one"));
  EXPECT_FALSE(OnDisk("two"));
}

TEST_F(ChainAdmitTest, UnknownSessionIsDeleted) {
  const uint64_t right = std::exchange(client_->session_id, 0x1234);
  EXPECT_EQ(Send(client_->Request(Command::kFlush, proto::FlushRequest())),
            NtStatus::kUserSessionDeleted);
  client_->session_id = right;
}

TEST_F(ChainAdmitTest, UnknownSessionsRequestGetsItsOwnSignatureBack) {
  const uint64_t right = std::exchange(client_->session_id, 0x1234);
  Bytes request = client_->Request(Command::kFlush, proto::FlushRequest());
  client_->Sign(&request);
  proto::Header sent;
  ASSERT_TRUE(proto::Header::Decode(request, &sent));
  client_->SendFrame(request);
  const std::optional<Reply> reply = client_->WaitFor(sent.message_id);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kUserSessionDeleted);
  EXPECT_TRUE(reply->header.is_signed());
  EXPECT_EQ(reply->header.signature, sent.signature);
  client_->session_id = right;
}

TEST_F(ChainAdmitTest, AnotherErrorWithoutASessionIsNotSigned) {
  const uint64_t right = std::exchange(client_->session_id, 0x1234);
  Bytes request = client_->Request(Command::kFlush, proto::FlushRequest(), proto::kFlagAsync);
  client_->Sign(&request);
  proto::Header sent;
  ASSERT_TRUE(proto::Header::Decode(request, &sent));
  client_->SendFrame(request);
  const std::optional<Reply> reply = client_->WaitFor(sent.message_id);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->status(), NtStatus::kInvalidParameter);
  EXPECT_FALSE(reply->header.is_signed());
  client_->session_id = right;
}

TEST_F(ChainAdmitTest, SessionOfAnotherConnectionIsDeleted) {
  TestClient other(address());
  ASSERT_TRUE(other.Start());
  const uint64_t right = std::exchange(client_->session_id, other.session_id);
  EXPECT_EQ(Send(client_->Request(Command::kFlush, proto::FlushRequest())),
            NtStatus::kUserSessionDeleted);
  client_->session_id = right;
}

TEST_F(ChainAdmitTest, UnknownTreeIsDeleted) {
  const uint32_t right = std::exchange(client_->tree_id, 0x4711);
  EXPECT_EQ(Send(client_->Request(Command::kFlush, proto::FlushRequest())),
            NtStatus::kNetworkNameDeleted);
  client_->tree_id = right;
}

TEST_F(ChainAdmitTest, UnknownFileIsClosed) {
  proto::FileId id;
  ASSERT_EQ(client_->Create("file", &id), NtStatus::kOk);
  for (proto::FileId wrong :
       {proto::FileId{}, proto::kAnyFileId, proto::FileId{id.persistent + 1, id.volatile_id},
        proto::FileId{id.persistent, id.volatile_id + 1},
        proto::FileId{id.persistent, id.volatile_id ^ (uint64_t{1} << 32)}}) {
    proto::FlushRequest request;
    request.file_id = wrong;
    EXPECT_EQ(Send(client_->Request(Command::kFlush, request)), NtStatus::kFileClosed);
  }
}

TEST_F(ChainAdmitTest, FileOfAnotherSessionIsClosed) {
  TestClient other(address());
  ASSERT_TRUE(other.Start("disk"));
  proto::FlushRequest request;
  ASSERT_EQ(other.Create("file", &request.file_id), NtStatus::kOk);
  EXPECT_EQ(Send(client_->Request(Command::kFlush, request)), NtStatus::kFileClosed);
}

TEST_F(ChainAdmitTest, FileOfAnotherTreeIsClosed) {
  proto::FlushRequest request;
  ASSERT_EQ(client_->Create("file", &request.file_id), NtStatus::kOk);
  ASSERT_EQ(client_->ConnectTree("files"), NtStatus::kOk);
  EXPECT_EQ(Send(client_->Request(Command::kFlush, request)), NtStatus::kFileClosed);
}

TEST_F(ChainAdmitTest, ClosedFileStaysClosed) {
  proto::CloseRequest request;
  ASSERT_EQ(client_->Create("file", &request.file_id), NtStatus::kOk);
  EXPECT_EQ(Send(client_->Request(Command::kClose, request)), NtStatus::kOk);
  EXPECT_EQ(Send(client_->Request(Command::kClose, request)), NtStatus::kFileClosed);
}

TEST_F(ChainAdmitTest, RejectsPayloadThatTheChargeDoesNotPay) {
  proto::ReadRequest request;
  ASSERT_EQ(client_->Create("file", &request.file_id), NtStatus::kOk);
  request.length = 65537;
  EXPECT_EQ(Send(client_->Request(Command::kRead, request)), NtStatus::kInvalidParameter);
  const std::optional<Reply> paid = client_->Call(Command::kRead, request, 2);
  ASSERT_TRUE(paid.has_value());
  EXPECT_EQ(paid->status(), NtStatus::kEndOfFile);
}

TEST_F(ChainAdmitTest, RejectsDataOutsideTheMessage) {
  proto::FileId id;
  ASSERT_EQ(client_->Create("file", &id), NtStatus::kOk);
  const Bytes data(100, 'x');
  struct {
    uint16_t offset;
    uint32_t length;
  } const cases[] = {{112, 101}, {213, 1}, {65535, 1}, {0, 100}, {64, 100}, {112, 0xFFFFFF9C}};
  for (const auto& bad : cases) {
    proto::WriteRequest request;
    request.file_id = id;
    request.data = data;
    Bytes message = client_->Request(Command::kWrite, request);
    message[66] = static_cast<uint8_t>(bad.offset);
    message[67] = static_cast<uint8_t>(bad.offset >> 8);
    for (int i = 0; i < 4; ++i) message[68 + i] = static_cast<uint8_t>(bad.length >> (8 * i));
    EXPECT_EQ(Send(message), NtStatus::kInvalidParameter) << bad.offset << " " << bad.length;
  }
}

TEST_F(ChainAdmitTest, FirstCommandMustNotBeRelated) {
  EXPECT_EQ(Send(client_->Request(Command::kFlush, proto::FlushRequest(), proto::kFlagRelated)),
            NtStatus::kInvalidParameter);
}

TEST_F(ChainAdmitTest, ReadOnlyShareIsNotWrittenTo) {
  ASSERT_EQ(client_->ConnectTree("fixed"), NtStatus::kOk);
  proto::WriteRequest request;
  EXPECT_EQ(Send(client_->Request(Command::kWrite, request)), NtStatus::kMediaWriteProtected);
}

TEST_F(ChainAdmitTest, NothingIsBreakingSoNothingIsAcknowledged) {
  proto::OplockBreak oplock;
  EXPECT_EQ(Send(client_->Request(Command::kOplockBreak, oplock)), NtStatus::kFileClosed);
  proto::LeaseBreakAcknowledgment lease;
  EXPECT_EQ(Send(client_->Request(Command::kOplockBreak, lease)), NtStatus::kObjectNameNotFound);
}

}  // namespace
}  // namespace sluice::smb

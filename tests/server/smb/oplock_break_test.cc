// Oplocks over the wire: who is told what, and who waits for whom [MS-SMB2] 3.3.4.6, 3.3.5.22.1.
#include "proto/smb2/oplock_break.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "proto/smb2/cancel.h"
#include "proto/smb2/close.h"
#include "proto/smb2/create.h"
#include "proto/smb2/write.h"
#include "proto/wire/utf16.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr uint64_t kUnsolicited = ~uint64_t{0};

class OplockBreakTest : public GatewayTest {
 protected:
  // Two clients, on two loops.
  void SetUp() override {
    GatewayTest::SetUp();
    holder_.emplace(address());
    other_.emplace(address());
    ASSERT_TRUE(holder_->Start());
    ASSERT_TRUE(other_->Start());
  }
  void TearDown() override {
    holder_.reset();
    other_.reset();
    GatewayTest::TearDown();
  }

  static uint64_t SendCreate(TestClient& client, uint8_t oplock,
                             uint32_t disposition = proto::kDispositionOpenIf) {
    Bytes name;
    EXPECT_TRUE(proto::Utf8ToUtf16("file", &name));
    proto::CreateRequest create;
    create.requested_oplock_level = oplock;
    create.desired_access = 0x0012019F;
    create.share_access = proto::kShareAccessRead | proto::kShareAccessWrite;
    create.create_disposition = disposition;
    create.name = name;
    const uint64_t id = client.next_message_id;
    client.SendChain({client.Request(Command::kCreate, create)});
    return id;
  }
  // The oplock that the CREATE got.
  static uint8_t FinishCreate(TestClient& client, uint64_t message_id, proto::FileId* file) {
    const std::optional<Reply> reply = client.WaitFor(message_id);
    proto::CreateResponse response;
    if (!reply.has_value() || reply->status() != NtStatus::kOk ||
        !proto::CreateResponse::Decode(reply->message, &response)) {
      ADD_FAILURE() << (reply.has_value() ? proto::Name(reply->status()) : "no answer");
      return 0xEE;
    }
    *file = response.file_id;
    return response.oplock_level;
  }
  static uint8_t Create(TestClient& client, uint8_t oplock, proto::FileId* file) {
    return FinishCreate(client, SendCreate(client, oplock), file);
  }
  // The client is told that its oplock breaks; the level.
  static uint8_t WaitForBreak(TestClient& client, proto::FileId file) {
    const std::optional<Reply> notice = client.WaitFor(kUnsolicited);
    proto::OplockBreak body;
    if (!notice.has_value() || !proto::OplockBreak::Decode(notice->message, &body)) {
      ADD_FAILURE() << "no notification";
      return 0xEE;
    }
    EXPECT_EQ(notice->header.command, Command::kOplockBreak);
    EXPECT_EQ(notice->header.session_id, 0u);
    EXPECT_EQ(notice->header.tree_id, 0u);
    EXPECT_EQ(notice->header.credits, 0u);
    EXPECT_FALSE(notice->header.is_signed());
    EXPECT_EQ(notice->sealed, client.seal);
    EXPECT_EQ(body.file_id.persistent, file.persistent);
    EXPECT_EQ(body.file_id.volatile_id, file.volatile_id);
    return body.oplock_level;
  }
  static NtStatus Answer(TestClient& client, proto::FileId file, uint8_t level) {
    proto::OplockBreak answer;
    answer.oplock_level = level;
    answer.file_id = file;
    const std::optional<Reply> reply = client.Call(Command::kOplockBreak, answer);
    proto::OplockBreak response;
    if (reply->status() == NtStatus::kOk) {
      EXPECT_TRUE(proto::OplockBreak::Decode(reply->message, &response));
      EXPECT_EQ(response.oplock_level, level);
    }
    return reply->status();
  }

  std::optional<TestClient> holder_;
  std::optional<TestClient> other_;
  proto::FileId held_;
  proto::FileId opened_;
};

// The session has a new identity then. AddressSanitizer sees who goes on with the one before.
TEST_F(OplockBreakTest, ACreateThatWaitsKeepsItsIdentityThroughAReauthentication) {
  TestClient holder(address());
  TestClient other(address());
  ASSERT_TRUE(holder.Start("disk"));
  ASSERT_TRUE(other.Start("disk"));
  ASSERT_EQ(Create(holder, proto::kOplockLevelBatch, &held_), proto::kOplockLevelBatch);
  const uint64_t waiting = SendCreate(other, proto::kOplockLevelNone);
  EXPECT_EQ(WaitForBreak(holder, held_), proto::kOplockLevelII);
  EXPECT_EQ(other.LogOnAgain("alice", "secret"), NtStatus::kOk);
  EXPECT_EQ(Answer(holder, held_, proto::kOplockLevelII), NtStatus::kOk);
  EXPECT_EQ(FinishCreate(other, waiting, &opened_), proto::kOplockLevelNone);
}

TEST_F(OplockBreakTest, CreateWaitsForTheHoldersAnswer) {
  ASSERT_EQ(Create(*holder_, proto::kOplockLevelBatch, &held_), proto::kOplockLevelBatch);
  const uint64_t waiting = SendCreate(*other_, proto::kOplockLevelBatch);
  EXPECT_EQ(WaitForBreak(*holder_, held_), proto::kOplockLevelII);
  const std::optional<Reply> interim = other_->Receive();
  ASSERT_TRUE(interim.has_value());
  EXPECT_EQ(interim->status(), NtStatus::kPending);
  EXPECT_TRUE(other_->Silent());
  EXPECT_EQ(Answer(*holder_, held_, proto::kOplockLevelII), NtStatus::kOk);
  EXPECT_EQ(FinishCreate(*other_, waiting, &opened_), proto::kOplockLevelII);
  // Both are told of a change, the changer too, and need not answer.
  proto::WriteRequest write;
  write.file_id = opened_;
  const Bytes data(10, 'x');
  write.data = data;
  EXPECT_EQ(other_->Call(Command::kWrite, write)->status(), NtStatus::kOk);
  EXPECT_EQ(WaitForBreak(*holder_, held_), proto::kOplockLevelNone);
  EXPECT_EQ(WaitForBreak(*other_, opened_), proto::kOplockLevelNone);
  EXPECT_EQ(Answer(*holder_, held_, proto::kOplockLevelNone), NtStatus::kInvalidOplockProtocol);
}

TEST_F(OplockBreakTest, CreateGoesOnWhenTheHolderClosesOrVanishes) {
  ASSERT_EQ(Create(*holder_, proto::kOplockLevelBatch, &held_), proto::kOplockLevelBatch);
  uint64_t waiting = SendCreate(*other_, proto::kOplockLevelBatch);
  EXPECT_EQ(WaitForBreak(*holder_, held_), proto::kOplockLevelII);
  proto::CloseRequest close;
  close.file_id = held_;
  EXPECT_EQ(holder_->Call(Command::kClose, close)->status(), NtStatus::kOk);
  EXPECT_EQ(FinishCreate(*other_, waiting, &opened_), proto::kOplockLevelBatch);

  waiting = SendCreate(*holder_, proto::kOplockLevelBatch, proto::kDispositionOverwriteIf);
  EXPECT_EQ(WaitForBreak(*other_, opened_), proto::kOplockLevelNone);
  other_->Disconnect();
  EXPECT_EQ(FinishCreate(*holder_, waiting, &held_), proto::kOplockLevelBatch);
}

TEST_F(OplockBreakTest, WaitingCreateIsCancelled) {
  ASSERT_EQ(Create(*holder_, proto::kOplockLevelExclusive, &held_), proto::kOplockLevelExclusive);
  const uint64_t waiting = SendCreate(*other_, proto::kOplockLevelBatch);
  EXPECT_EQ(WaitForBreak(*holder_, held_), proto::kOplockLevelII);
  const std::optional<Reply> interim = other_->Receive();
  proto::Header header = other_->NextHeader(Command::kCancel);
  --other_->next_message_id;
  header.flags |= proto::kFlagAsync;
  header.async_id = interim->header.async_id;
  header.message_id = waiting;
  other_->SendChain({TestClient::Message(header, proto::CancelRequest())});
  EXPECT_EQ(other_->WaitFor(waiting)->status(), NtStatus::kCancelled);
  // The break goes on without it.
  EXPECT_EQ(Answer(*holder_, held_, proto::kOplockLevelII), NtStatus::kOk);
}

TEST_F(OplockBreakTest, WaitingCreateEndsWithItsConnection) {
  ASSERT_EQ(Create(*holder_, proto::kOplockLevelBatch, &held_), proto::kOplockLevelBatch);
  SendCreate(*other_, proto::kOplockLevelBatch);
  EXPECT_EQ(WaitForBreak(*holder_, held_), proto::kOplockLevelII);
  other_->Disconnect();
  EXPECT_TRUE(Eventually([this] { return gateway_->Status().connections == 1; }));
  EXPECT_EQ(Answer(*holder_, held_, proto::kOplockLevelII), NtStatus::kOk);
}

TEST_F(OplockBreakTest, SenselessAnswerEndsTheBreakAndIsRefused) {
  ASSERT_EQ(Create(*holder_, proto::kOplockLevelNone, &held_), proto::kOplockLevelNone);
  EXPECT_EQ(Answer(*holder_, held_, proto::kOplockLevelNone), NtStatus::kInvalidDeviceState);
  proto::CloseRequest close;
  close.file_id = held_;
  EXPECT_EQ(holder_->Call(Command::kClose, close)->status(), NtStatus::kOk);

  const struct {
    uint8_t answer;
    NtStatus status;
  } kCases[] = {{proto::kOplockLevelBatch, NtStatus::kInvalidOplockProtocol},
                {proto::kOplockLevelLease, NtStatus::kInvalidParameter}};
  for (const auto& test : kCases) {
    ASSERT_EQ(Create(*holder_, proto::kOplockLevelBatch, &held_), proto::kOplockLevelBatch);
    const uint64_t waiting = SendCreate(*other_, proto::kOplockLevelNone);
    EXPECT_EQ(WaitForBreak(*holder_, held_), proto::kOplockLevelII);
    EXPECT_EQ(Answer(*holder_, held_, test.answer), test.status);
    EXPECT_EQ(FinishCreate(*other_, waiting, &opened_), proto::kOplockLevelNone);
    close.file_id = held_;
    EXPECT_EQ(holder_->Call(Command::kClose, close)->status(), NtStatus::kOk);
    close.file_id = opened_;
    EXPECT_EQ(other_->Call(Command::kClose, close)->status(), NtStatus::kOk);
  }
}

TEST_F(OplockBreakTest, NotificationIsSealedWhereTheTrafficIs) {
  holder_->seal = true;
  ASSERT_EQ(Create(*holder_, proto::kOplockLevelBatch, &held_), proto::kOplockLevelBatch);
  const uint64_t waiting = SendCreate(*other_, proto::kOplockLevelNone);
  EXPECT_EQ(WaitForBreak(*holder_, held_), proto::kOplockLevelII);
  EXPECT_EQ(Answer(*holder_, held_, proto::kOplockLevelII), NtStatus::kOk);
  EXPECT_EQ(FinishCreate(*other_, waiting, &opened_), proto::kOplockLevelNone);
}

TEST_F(OplockBreakTest, LeaseIsNotGranted) {
  EXPECT_EQ(Create(*holder_, proto::kOplockLevelLease, &held_), proto::kOplockLevelNone);
}

}  // namespace
}  // namespace sluice::smb

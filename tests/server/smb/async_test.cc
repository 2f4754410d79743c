// Requests that wait: interim responses, CANCEL, and what ends their waiting. A LOCK that conflicts
// is what waits here.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/smb2/cancel.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/lock.h"
#include "proto/smb2/logoff.h"
#include "proto/smb2/tree_disconnect.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class AsyncTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    holder_ = std::make_unique<TestClient>(address());
    waiter_ = std::make_unique<TestClient>(address());
    ASSERT_TRUE(holder_->Start());
    ASSERT_TRUE(waiter_->Start());
    ASSERT_EQ(holder_->Create("file", &held_), NtStatus::kOk);
    ASSERT_EQ(waiter_->Create("file", &wanted_), NtStatus::kOk);
    ASSERT_EQ(holder_->Call(Command::kLock, Lock(held_, kExclusive))->status(), NtStatus::kOk);
  }
  void TearDown() override {
    holder_.reset();
    waiter_.reset();
    GatewayTest::TearDown();
  }
  static constexpr uint32_t kExclusive = proto::kLockFlagExclusive;
  static proto::LockRequest Lock(proto::FileId id, uint32_t flags) {
    proto::LockRequest request;
    request.file_id = id;
    request.locks.push_back({0, 10, flags});
    return request;
  }
  // Sends a LOCK that waits, and gives its interim response.
  Reply Wait() {
    waiting_id_ = waiter_->next_message_id;
    waiter_->SendChain({waiter_->Request(Command::kLock, Lock(wanted_, kExclusive))});
    const std::optional<Reply> interim = waiter_->Receive();
    EXPECT_TRUE(interim.has_value());
    if (!interim.has_value()) return Reply();
    EXPECT_EQ(interim->status(), NtStatus::kPending);
    EXPECT_TRUE(interim->header.async());
    EXPECT_NE(interim->header.async_id, 0u);
    EXPECT_EQ(interim->header.message_id, waiting_id_);
    EXPECT_FALSE(interim->header.is_signed());
    EXPECT_GE(interim->header.credits, 1);
    return *interim;
  }
  void Cancel(proto::Header header) {
    header.command = Command::kCancel;
    header.credits = 0;
    header.flags = header.async_id != 0 ? proto::kFlagAsync : 0;
    header.status = 0;
    header.session_id = waiter_->session_id;
    waiter_->SendChain({TestClient::Message(header, proto::CancelRequest())});
  }
  void Unlock() {
    EXPECT_EQ(holder_->Call(Command::kLock, Lock(held_, proto::kLockFlagUnlock))->status(),
              NtStatus::kOk);
  }
  bool Alive() {
    return waiter_->Call(Command::kEcho, proto::EchoRequest())->status() == NtStatus::kOk;
  }

  std::unique_ptr<TestClient> holder_;
  std::unique_ptr<TestClient> waiter_;
  proto::FileId held_;
  proto::FileId wanted_;
  uint64_t waiting_id_ = 0;
};

TEST_F(AsyncTest, FinalResponseCarriesTheAsyncIdAndIsSigned) {
  const Reply interim = Wait();
  EXPECT_TRUE(Alive());
  Unlock();
  const std::optional<Reply> final_reply = waiter_->WaitFor(waiting_id_);
  ASSERT_TRUE(final_reply.has_value());
  EXPECT_EQ(final_reply->status(), NtStatus::kOk);
  EXPECT_TRUE(final_reply->header.async());
  EXPECT_EQ(final_reply->header.async_id, interim.header.async_id);
  EXPECT_EQ(final_reply->header.credits, 0);
  EXPECT_TRUE(final_reply->signature_right);
}

TEST_F(AsyncTest, CancelNamesTheAsyncId) {
  const Reply interim = Wait();
  Cancel(interim.header);
  const std::optional<Reply> final_reply = waiter_->WaitFor(waiting_id_);
  ASSERT_TRUE(final_reply.has_value());
  EXPECT_EQ(final_reply->status(), NtStatus::kCancelled);
  EXPECT_TRUE(Alive());
}

TEST_F(AsyncTest, CancelMayNameTheMessageId) {
  Wait();
  proto::Header header;
  header.message_id = waiting_id_;
  Cancel(header);
  EXPECT_EQ(waiter_->WaitFor(waiting_id_)->status(), NtStatus::kCancelled);
  EXPECT_TRUE(Alive());
}

TEST_F(AsyncTest, CancelOfAnotherIdChangesNothing) {
  Reply interim = Wait();
  interim.header.async_id += 1000;
  Cancel(interim.header);
  EXPECT_TRUE(waiter_->Silent());
  Unlock();
  EXPECT_EQ(waiter_->WaitFor(waiting_id_)->status(), NtStatus::kOk);
}

// Signed and right in every way, but the request is another session's.
TEST_F(AsyncTest, CancelOfAnotherSessionChangesNothing) {
  const Reply interim = Wait();
  ASSERT_EQ(waiter_->LogOn("bob", "hidden"), NtStatus::kOk);
  Cancel(interim.header);
  proto::Header by_message_id;
  by_message_id.message_id = waiting_id_;
  Cancel(by_message_id);
  EXPECT_TRUE(waiter_->Silent());
  Unlock();
  EXPECT_EQ(waiter_->WaitFor(waiting_id_)->status(), NtStatus::kOk);
}

TEST_F(AsyncTest, UnsignedCancelChangesNothingWhateverSessionItNames) {
  const Reply interim = Wait();
  const uint64_t session_id = waiter_->session_id;
  for (const uint64_t named : {uint64_t{0}, session_id ^ 1, session_id}) {
    for (const uint64_t async_id : {uint64_t{0}, interim.header.async_id}) {
      proto::Header header;
      header.command = Command::kCancel;
      header.message_id = waiting_id_;
      header.session_id = named;
      header.async_id = async_id;
      if (async_id != 0) header.flags = proto::kFlagAsync;
      waiter_->SendFrame(TestClient::Message(header, proto::CancelRequest()));
    }
  }
  EXPECT_TRUE(waiter_->Silent());
  Unlock();
  EXPECT_EQ(waiter_->WaitFor(waiting_id_)->status(), NtStatus::kOk);
  EXPECT_TRUE(Alive());
}

TEST_F(AsyncTest, PlainCancelChangesNothingOnATreeThatMustBeEncrypted) {
  Preferences preferences = *gateway_->preferences().Get();
  preferences.shares["files"].encryption = EncryptionMode::kRequired;
  gateway_->preferences().Set(preferences);
  ASSERT_EQ(waiter_->ConnectTree("files"), NtStatus::kOk);
  waiter_->seal = true;
  ASSERT_EQ(waiter_->Create("file", &wanted_), NtStatus::kOk);
  const Reply interim = Wait();
  waiter_->seal = false;
  Cancel(interim.header);
  EXPECT_TRUE(waiter_->Silent());
  waiter_->seal = true;
  Cancel(interim.header);
  EXPECT_EQ(waiter_->WaitFor(waiting_id_)->status(), NtStatus::kCancelled);
}

TEST_F(AsyncTest, LogoffEndsTheWait) {
  Wait();
  const std::optional<Reply> logoff = waiter_->Call(Command::kLogoff, proto::LogoffRequest());
  ASSERT_TRUE(logoff.has_value());
  EXPECT_EQ(logoff->status(), NtStatus::kOk);
  const std::optional<Reply> ended = waiter_->WaitFor(waiting_id_);
  ASSERT_TRUE(ended.has_value());
  EXPECT_TRUE(proto::IsError(ended->status()));
}

TEST_F(AsyncTest, TreeDisconnectEndsTheWait) {
  Wait();
  EXPECT_EQ(waiter_->Call(Command::kTreeDisconnect, proto::TreeDisconnectRequest())->status(),
            NtStatus::kOk);
  EXPECT_TRUE(proto::IsError(waiter_->WaitFor(waiting_id_)->status()));
}

TEST_F(AsyncTest, LostConnectionEndsTheWait) {
  Wait();
  waiter_->Disconnect();
  EXPECT_TRUE(Eventually([this] { return gateway_->sessions().size() == 1; }));
  Unlock();
  // Nobody got the lock behind the holder's back.
  EXPECT_EQ(holder_->Call(Command::kLock, Lock(held_, kExclusive))->status(), NtStatus::kOk);
}

TEST_F(AsyncTest, LostHolderGivesTheLockToTheWaiter) {
  Wait();
  holder_->Disconnect();
  EXPECT_EQ(waiter_->WaitFor(waiting_id_)->status(), NtStatus::kOk);
}

TEST_F(AsyncTest, EarlierAnswersOfACompoundGoAhead) {
  const uint64_t id = waiter_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(waiter_->Request(Command::kEcho, proto::EchoRequest()));
  chain.push_back(waiter_->Request(Command::kLock, Lock(wanted_, kExclusive)));
  waiter_->SendChain(chain);
  const std::optional<Reply> echo = waiter_->Receive();
  ASSERT_TRUE(echo.has_value());
  EXPECT_EQ(echo->header.message_id, id);
  EXPECT_EQ(echo->header.next_command, 0u);
  EXPECT_TRUE(echo->signature_right);
  const std::optional<Reply> interim = waiter_->Receive();
  ASSERT_TRUE(interim.has_value());
  EXPECT_EQ(interim->status(), NtStatus::kPending);
  EXPECT_NE(interim->frame, echo->frame);
  Unlock();
  const std::optional<Reply> final_reply = waiter_->WaitFor(id + 1);
  EXPECT_EQ(final_reply->status(), NtStatus::kOk);
  EXPECT_TRUE(final_reply->signature_right);
}

TEST_F(AsyncTest, NotTheLastOfACompoundWaitsWithoutAnInterimResponse) {
  const uint64_t id = waiter_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(waiter_->Request(Command::kLock, Lock(wanted_, kExclusive)));
  chain.push_back(waiter_->Request(Command::kEcho, proto::EchoRequest()));
  waiter_->SendChain(chain);
  EXPECT_TRUE(waiter_->Silent());
  Unlock();
  EXPECT_EQ(waiter_->WaitFor(id)->status(), NtStatus::kOk);
  EXPECT_TRUE(waiter_->interim.empty());
  EXPECT_EQ(waiter_->WaitFor(id + 1)->status(), NtStatus::kOk);
}

TEST_F(AsyncTest, SealedRequestsGetSealedInterimResponses) {
  waiter_->seal = true;
  const Reply interim = Wait();
  EXPECT_TRUE(interim.sealed);
  Unlock();
  EXPECT_TRUE(waiter_->WaitFor(waiting_id_)->sealed);
}

TEST_F(AsyncTest, StopEndsTheWait) {
  Wait();
  gateway_->Stop();
  EXPECT_TRUE(waiter_->WaitForEnd());
}

TEST_F(AsyncTest, DrainEndsTheWaitAndSendsTheAnswer) {
  Wait();
  gateway_->Drain();
  const std::optional<Reply> ended = waiter_->WaitFor(waiting_id_);
  ASSERT_TRUE(ended.has_value());
  // Where the holder's connection, on another loop, ended first, the lock was to be had.
  EXPECT_TRUE(ended->status() == NtStatus::kCancelled || ended->status() == NtStatus::kOk);
  EXPECT_TRUE(waiter_->WaitForEnd());
}

}  // namespace
}  // namespace sluice::smb

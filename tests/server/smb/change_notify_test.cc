// CHANGE_NOTIFY over the wire [MS-SMB2] 3.3.5.19.
#include "proto/smb2/change_notify.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "proto/fscc/notify_info.h"
#include "proto/smb2/cancel.h"
#include "proto/smb2/close.h"
#include "proto/smb2/create.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/logoff.h"
#include "proto/smb2/tree_disconnect.h"
#include "proto/wire/utf16.h"
#include "server/base/limits.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class ChangeNotifyTest : public GatewayTest {
 protected:
  // Who watches, and who changes, on two loops.
  void SetUp() override {
    GatewayTest::SetUp();
    watcher_.emplace(address());
    changer_.emplace(address());
    ASSERT_TRUE(watcher_->Start());
    ASSERT_TRUE(changer_->Start());
    OpenRoot();
  }
  void OpenRoot() {
    constexpr uint32_t kListDirectory = 0x01;
    ASSERT_EQ(watcher_->Create("", &root_, proto::kDispositionOpen, proto::kOptionDirectoryFile,
                               kListDirectory),
              NtStatus::kOk);
  }
  void TearDown() override {
    watcher_.reset();
    changer_.reset();
    GatewayTest::TearDown();
  }
  proto::ChangeNotifyRequest Notify(uint32_t bytes = 4096) const {
    proto::ChangeNotifyRequest request;
    request.file_id = root_;
    request.output_buffer_length = bytes;
    request.completion_filter = proto::kNotifyFileName;
    return request;
  }
  // Sends one that waits; its interim response.
  Reply Wait(uint32_t bytes = 4096) {
    waiting_id_ = watcher_->next_message_id;
    watcher_->SendChain({watcher_->Request(Command::kChangeNotify, Notify(bytes))});
    const std::optional<Reply> interim = watcher_->Receive();
    EXPECT_TRUE(interim.has_value());
    if (!interim.has_value()) return Reply();
    EXPECT_EQ(interim->status(), NtStatus::kPending);
    EXPECT_EQ(interim->header.message_id, waiting_id_);
    EXPECT_NE(interim->header.async_id, 0u);
    return *interim;
  }
  NtStatus End() {
    last_ = watcher_->WaitFor(waiting_id_);
    EXPECT_TRUE(last_.has_value());
    return last_.has_value() ? last_->status() : NtStatus::kInternalError;
  }
  static std::vector<std::string> Names(const Reply& reply) {
    proto::OutputBufferResponse response;
    std::vector<proto::NotifyEntry> entries;
    EXPECT_TRUE(proto::OutputBufferResponse::Decode(reply.message, &response));
    EXPECT_TRUE(proto::DecodeNotifyList(response.output, &entries));
    std::vector<std::string> names;
    for (const proto::NotifyEntry& entry : entries) {
      names.emplace_back();
      EXPECT_TRUE(proto::Utf16ToUtf8(entry.name, &names.back()));
    }
    return names;
  }
  void MakeFile(absl::string_view name) {
    proto::FileId id;
    EXPECT_EQ(changer_->Create(name, &id), NtStatus::kOk);
  }

  std::optional<TestClient> watcher_;
  std::optional<TestClient> changer_;
  proto::FileId root_;
  uint64_t waiting_id_ = 0;
  std::optional<Reply> last_;
};

TEST_F(ChangeNotifyTest, WaitsAndTellsWhatAnotherClientDid) {
  const Reply interim = Wait();
  EXPECT_FALSE(interim.header.is_signed());
  EXPECT_EQ(watcher_->Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
  MakeFile("file");
  EXPECT_EQ(End(), NtStatus::kOk);
  EXPECT_EQ(last_->header.async_id, interim.header.async_id);
  EXPECT_TRUE(last_->signature_right);
  EXPECT_EQ(Names(*last_), std::vector<std::string>{"file"});
}

TEST_F(ChangeNotifyTest, WhatHappenedMeanwhileIsAnsweredAtOnce) {
  Wait();
  MakeFile("one");
  EXPECT_EQ(End(), NtStatus::kOk);
  MakeFile("two");
  MakeFile("three");
  const std::optional<Reply> reply = watcher_->Call(Command::kChangeNotify, Notify());
  ASSERT_EQ(reply->status(), NtStatus::kOk);
  EXPECT_FALSE(reply->header.async());
  EXPECT_EQ(Names(*reply), (std::vector<std::string>{"two", "three"}));
}

TEST_F(ChangeNotifyTest, SealedRequestGetsSealedAnswers) {
  watcher_->seal = true;
  EXPECT_TRUE(Wait().sealed);
  MakeFile("file");
  EXPECT_EQ(End(), NtStatus::kOk);
  EXPECT_TRUE(last_->sealed);
}

TEST_F(ChangeNotifyTest, CancelEndsTheWait) {
  proto::Header header = Wait().header;
  header.command = Command::kCancel;
  header.credits = 0;
  header.flags = proto::kFlagAsync;
  header.status = 0;
  header.session_id = watcher_->session_id;
  watcher_->SendChain({TestClient::Message(header, proto::CancelRequest())});
  EXPECT_EQ(End(), NtStatus::kCancelled);
}

TEST_F(ChangeNotifyTest, CloseTreeDisconnectAndLogoffCleanUp) {
  Wait();
  proto::CloseRequest close;
  close.file_id = root_;
  EXPECT_EQ(watcher_->Call(Command::kClose, close)->status(), NtStatus::kOk);
  EXPECT_EQ(End(), NtStatus::kNotifyCleanup);

  OpenRoot();
  Wait();
  EXPECT_EQ(watcher_->Call(Command::kTreeDisconnect, proto::TreeDisconnectRequest())->status(),
            NtStatus::kOk);
  EXPECT_EQ(End(), NtStatus::kNotifyCleanup);

  ASSERT_EQ(watcher_->ConnectTree("files"), NtStatus::kOk);
  OpenRoot();
  Wait();
  EXPECT_EQ(watcher_->Call(Command::kLogoff, proto::LogoffRequest())->status(), NtStatus::kOk);
  EXPECT_EQ(End(), NtStatus::kNotifyCleanup);
}

TEST_F(ChangeNotifyTest, LostConnectionAndDrainEndTheWait) {
  Wait();
  watcher_->Disconnect();
  EXPECT_TRUE(Eventually([this] { return gateway_->sessions().size() == 1; }));
  watcher_.emplace(address());
  ASSERT_TRUE(watcher_->Start());
  OpenRoot();
  Wait();
  gateway_->Drain();
  EXPECT_EQ(End(), NtStatus::kNotifyCleanup);
  EXPECT_TRUE(watcher_->WaitForEnd());
}

TEST_F(ChangeNotifyTest, ChangesWithoutRoomMakeTheClientLook) {
  Wait(0);
  MakeFile("file");
  ASSERT_EQ(End(), NtStatus::kNotifyEnumDir);
  EXPECT_TRUE(Names(*last_).empty());
}

TEST_F(ChangeNotifyTest, RejectsWhatCannotBeWatched) {
  const std::optional<Reply> large =
      watcher_->Call(Command::kChangeNotify, Notify(limits::transact_bytes_max + 1), 200);
  EXPECT_EQ(large->status(), NtStatus::kInvalidParameter);
  EXPECT_EQ(watcher_->Create("file", &root_), NtStatus::kOk);
  EXPECT_EQ(watcher_->Call(Command::kChangeNotify, Notify())->status(),
            NtStatus::kInvalidParameter);
  constexpr uint32_t kReadAttributes = 0x80;
  EXPECT_EQ(watcher_->Create("", &root_, proto::kDispositionOpen, proto::kOptionDirectoryFile,
                             kReadAttributes),
            NtStatus::kOk);
  EXPECT_EQ(watcher_->Call(Command::kChangeNotify, Notify())->status(), NtStatus::kAccessDenied);
}

TEST_F(ChangeNotifyTest, NotTheLastOfACompoundCannotWait) {
  const uint64_t id = watcher_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(watcher_->Request(Command::kChangeNotify, Notify()));
  chain.push_back(watcher_->Request(Command::kEcho, proto::EchoRequest()));
  watcher_->SendChain(chain);
  EXPECT_EQ(watcher_->WaitFor(id)->status(), NtStatus::kInternalError);
  EXPECT_EQ(watcher_->WaitFor(id + 1)->status(), NtStatus::kOk);
}

TEST_F(ChangeNotifyTest, ConnectionHasOnlySoManyThatWait) {
  for (size_t i = 0; i < limits::async_requests_per_connection_max; ++i) Wait();
  EXPECT_EQ(watcher_->Call(Command::kChangeNotify, Notify())->status(), NtStatus::kInternalError);
  EXPECT_EQ(watcher_->Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
}

}  // namespace
}  // namespace sluice::smb

// Compounds, credits and the form of responses.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/smb2/close.h"
#include "proto/smb2/compound.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"
#include "server/base/limits.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::kFlagRelated;
using proto::NtStatus;

class ChainRespondTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    client_ = std::make_unique<TestClient>(address());
    ASSERT_TRUE(client_->Start());
  }
  void TearDown() override {
    client_.reset();
    GatewayTest::TearDown();
  }
  Bytes CreateMessage(absl::string_view name, uint32_t disposition, uint32_t flags = 0) {
    Bytes utf16;
    for (const char c : name) {
      utf16.push_back(static_cast<uint8_t>(c));
      utf16.push_back(0);
    }
    proto::CreateRequest request;
    request.desired_access = 0x001F01FF;
    request.share_access = 7;
    request.create_disposition = disposition;
    request.name = utf16;
    return client_->Request(Command::kCreate, request, flags);
  }
  Bytes CloseMessage(proto::FileId id, uint32_t flags) {
    proto::CloseRequest request;
    request.file_id = id;
    return client_->Request(Command::kClose, request, flags);
  }
  // The statuses of a chain's commands, which begin with `first_id`.
  std::vector<NtStatus> Statuses(std::vector<Bytes> chain, uint64_t first_id) {
    const size_t count = chain.size();
    client_->SendChain(std::move(chain));
    std::vector<NtStatus> statuses;
    for (uint64_t id = first_id; id < first_id + count; ++id) {
      const std::optional<Reply> reply = client_->WaitFor(id);
      if (!reply.has_value()) break;
      replies_.push_back(*reply);
      statuses.push_back(reply->status());
    }
    return statuses;
  }

  std::unique_ptr<TestClient> client_;
  std::vector<Reply> replies_;
};

TEST_F(ChainRespondTest, RelatedCommandsInheritTheOpen) {
  const uint64_t id = client_->next_message_id;
  proto::WriteRequest write;
  const Bytes data(5, 'x');
  write.file_id = proto::kAnyFileId;
  write.data = data;
  std::vector<Bytes> chain;
  chain.push_back(CreateMessage("file", proto::kDispositionCreate));
  client_->session_id = ~uint64_t{0};
  client_->tree_id = ~uint32_t{0};
  chain.push_back(client_->Request(Command::kWrite, write, kFlagRelated));
  chain.push_back(CloseMessage(proto::kAnyFileId, kFlagRelated));
  EXPECT_EQ(Statuses(std::move(chain), id),
            (std::vector<NtStatus>{NtStatus::kOk, NtStatus::kOk, NtStatus::kOk}));
  proto::WriteResponse response;
  ASSERT_TRUE(proto::WriteResponse::Decode(replies_[1].message, &response));
  EXPECT_EQ(response.count, 5u);
}

TEST_F(ChainRespondTest, ResponsesOfAChainComeInOneFrameEachAlignedAndSigned) {
  const uint64_t id = client_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(CreateMessage("file", proto::kDispositionCreate));
  chain.push_back(CloseMessage(proto::kAnyFileId, kFlagRelated));
  chain.push_back(client_->Request(Command::kEcho, proto::EchoRequest()));
  Statuses(std::move(chain), id);
  ASSERT_EQ(replies_.size(), 3u);
  for (const Reply& reply : replies_) {
    EXPECT_EQ(reply.frame, replies_[0].frame);
    EXPECT_EQ(reply.message.size() % 8, 0u);
    EXPECT_TRUE(reply.signature_right);
    EXPECT_TRUE(reply.header.response());
    EXPECT_GE(reply.header.credits, 1);
  }
  EXPECT_TRUE(replies_[1].header.related());
  EXPECT_EQ(replies_[2].header.next_command, 0u);
}

TEST_F(ChainRespondTest, FailedCreateFailsWhatIsRelatedToIt) {
  const uint64_t id = client_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(CreateMessage("missing", proto::kDispositionOpen));
  chain.push_back(client_->Request(Command::kFlush, proto::FlushRequest{}, kFlagRelated));
  chain.push_back(CloseMessage(proto::kAnyFileId, kFlagRelated));
  EXPECT_EQ(Statuses(std::move(chain), id),
            (std::vector<NtStatus>(3, NtStatus::kObjectNameNotFound)));
}

TEST_F(ChainRespondTest, UnrelatedCommandAfterAFailureIsItsOwn) {
  const uint64_t id = client_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(CreateMessage("missing", proto::kDispositionOpen));
  chain.push_back(CreateMessage("there", proto::kDispositionCreate));
  chain.push_back(CloseMessage(proto::kAnyFileId, kFlagRelated));
  EXPECT_EQ(Statuses(std::move(chain), id),
            (std::vector<NtStatus>{NtStatus::kObjectNameNotFound, NtStatus::kOk, NtStatus::kOk}));
}

TEST_F(ChainRespondTest, CloseEndsWhatRelatedCommandsInherit) {
  const uint64_t id = client_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(CreateMessage("file", proto::kDispositionCreate));
  chain.push_back(CloseMessage(proto::kAnyFileId, kFlagRelated));
  chain.push_back(CloseMessage(proto::kAnyFileId, kFlagRelated));
  EXPECT_EQ(Statuses(std::move(chain), id),
            (std::vector<NtStatus>{NtStatus::kOk, NtStatus::kOk, NtStatus::kFileClosed}));
}

TEST_F(ChainRespondTest, UnrelatedCommandDoesNotInherit) {
  const uint64_t id = client_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(CreateMessage("file", proto::kDispositionCreate));
  chain.push_back(CloseMessage(proto::kAnyFileId, 0));
  EXPECT_EQ(Statuses(std::move(chain), id),
            (std::vector<NtStatus>{NtStatus::kOk, NtStatus::kFileClosed}));
}

TEST_F(ChainRespondTest, FirstOfAChainMustNotBeRelatedNorWhatFollowsIt) {
  const uint64_t id = client_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(CreateMessage("file", proto::kDispositionCreate, kFlagRelated));
  chain.push_back(CloseMessage(proto::kAnyFileId, kFlagRelated));
  chain.push_back(CloseMessage(proto::kAnyFileId, 0));
  EXPECT_EQ(Statuses(std::move(chain), id),
            (std::vector<NtStatus>{NtStatus::kInvalidParameter, NtStatus::kInvalidParameter,
                                   NtStatus::kFileClosed}));
}

TEST_F(ChainRespondTest, LoneResponseIsNotPadded) {
  proto::FileId file;
  ASSERT_EQ(client_->Create("file", &file), NtStatus::kOk);
  proto::WriteRequest write;
  const Bytes data(3, 'x');
  write.file_id = file;
  write.data = data;
  ASSERT_EQ(client_->Call(Command::kWrite, write)->status(), NtStatus::kOk);
  proto::ReadRequest read;
  read.file_id = file;
  read.length = 3;
  const std::optional<Reply> alone = client_->Call(Command::kRead, read);
  ASSERT_TRUE(alone.has_value());
  EXPECT_EQ(alone->message.size(), 83u);
  const uint64_t id = client_->next_message_id;
  std::vector<Bytes> chain;
  chain.push_back(client_->Request(Command::kRead, read));
  chain.push_back(client_->Request(Command::kRead, read));
  Statuses(std::move(chain), id);
  ASSERT_EQ(replies_.size(), 2u);
  EXPECT_EQ(replies_[0].message.size(), 88u);
  EXPECT_EQ(replies_[1].message.size(), 88u);
}

TEST_F(ChainRespondTest, LongChainIsAnsweredInFull) {
  const uint64_t id = client_->next_message_id;
  std::vector<Bytes> chain;
  for (int i = 0; i < 32; ++i) {
    chain.push_back(client_->Request(Command::kEcho, proto::EchoRequest()));
  }
  EXPECT_EQ(Statuses(std::move(chain), id), std::vector<NtStatus>(32, NtStatus::kOk));
}

TEST_F(ChainRespondTest, EveryResponseGrantsWhatKeepsTheClientGoing) {
  ClientOptions options;
  options.credits = 1;
  TestClient poor(address(), options);
  ASSERT_TRUE(poor.Start());
  for (int i = 0; i < 100; ++i) {
    const std::optional<Reply> reply = poor.Call(Command::kEcho, proto::EchoRequest());
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->header.credits, 1);
  }
}

TEST_F(ChainRespondTest, ChainOfReadsAboveTheFrameLimitIsAnsweredWithinIt) {
  proto::FileId file;
  ASSERT_EQ(client_->Create("file", &file), NtStatus::kOk);
  const Bytes data(1 << 20, 'x');
  proto::WriteRequest write;
  write.file_id = file;
  write.data = data;
  for (uint64_t i = 0; i < 4; ++i) {
    write.offset = i << 20;
    ASSERT_EQ(client_->Call(Command::kWrite, write, 16, data.size())->status(), NtStatus::kOk);
  }
  Preferences preferences = *gateway_->preferences().Get();
  preferences.limits.read_bytes = limits::read_bytes_max;
  gateway_->preferences().Set(preferences);
  ClientOptions options;
  options.credits = 512;
  TestClient rich(address(), options);
  ASSERT_TRUE(rich.Start());
  ASSERT_EQ(rich.Create("file", &file), NtStatus::kOk);
  const uint64_t first = rich.next_message_id;
  proto::ReadRequest read;
  read.file_id = file;
  read.length = 4 << 20;
  std::vector<Bytes> chain;
  for (int i = 0; i < 3; ++i) {
    chain.push_back(TestClient::Message(rich.NextHeader(Command::kRead, 64), read));
  }
  rich.SendChain(chain);
  EXPECT_EQ(rich.WaitFor(first)->status(), NtStatus::kOk);
  EXPECT_EQ(rich.WaitFor(first + 64)->status(), NtStatus::kOk);
  // The third has no room for all of its data.
  EXPECT_TRUE(rich.WaitFor(first + 128).has_value());
  EXPECT_EQ(rich.Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
}

}  // namespace
}  // namespace sluice::smb

// Named pipes: srvsvc as clients use it, by WRITE and READ or by one transceive.
#include <gtest/gtest.h>

#include <string>

#include "proto/smb2/close.h"
#include "proto/smb2/fsctl.h"
#include "proto/smb2/ioctl.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"
#include "tests/proto/testing/codec.h"
#include "tests/server/smb/gateway_fixture.h"
#include "tests/server/smb/srvsvc_frames.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr uint8_t kBindAck = 12;
constexpr uint8_t kResponse = 2;

class PipeTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    client_ = std::make_unique<TestClient>(address());
    ASSERT_TRUE(client_->Start("IPC$"));
  }
  void TearDown() override {
    client_.reset();
    GatewayTest::TearDown();
  }
  std::optional<Reply> Transceive(const Bytes& input, uint32_t output_max) {
    proto::IoctlRequest request;
    request.ctl_code = proto::kFsctlPipeTransceive;
    request.file_id = pipe_;
    request.max_output_response = output_max;
    request.input = input;
    return client_->Call(Command::kIoctl, request);
  }
  std::optional<Reply> Write(const Bytes& data) {
    proto::WriteRequest request;
    request.file_id = pipe_;
    request.data = data;
    return client_->Call(Command::kWrite, request, 1, data.size());
  }
  std::optional<Reply> Read(uint32_t length) {
    proto::ReadRequest request;
    request.file_id = pipe_;
    request.length = length;
    return client_->Call(Command::kRead, request);
  }

  std::unique_ptr<TestClient> client_;
  proto::FileId pipe_;
};

TEST_F(PipeTest, SharesAreListed) {
  ASSERT_EQ(client_->Create("srvsvc", &pipe_, proto::kDispositionOpen), NtStatus::kOk);
  const std::optional<Reply> bound = Transceive(proto::FromHex(kBind), 1024);
  ASSERT_TRUE(bound.has_value());
  ASSERT_EQ(bound->status(), NtStatus::kOk);
  proto::IoctlResponse response;
  ASSERT_TRUE(proto::IoctlResponse::Decode(bound->message, &response));
  ASSERT_GT(response.output.size(), 16u);
  EXPECT_EQ(response.output[2], kBindAck);
  const std::optional<Reply> listed = Transceive(proto::FromHex(kShareEnum), 4096);
  ASSERT_TRUE(listed.has_value());
  ASSERT_EQ(listed->status(), NtStatus::kOk);
  ASSERT_TRUE(proto::IoctlResponse::Decode(listed->message, &response));
  EXPECT_EQ(response.output[2], kResponse);
  const std::string text(response.output.begin(), response.output.end());
  for (const char* name : {"f\0i\0l\0e\0s", "d\0i\0s\0k", "f\0i\0x\0e\0d", "I\0P\0C\0$"}) {
    EXPECT_NE(text.find(std::string(name, 7)), std::string::npos);
  }
}

TEST_F(PipeTest, WriteAndReadDoAsWell) {
  ASSERT_EQ(client_->Create("\\srvsvc", &pipe_, proto::kDispositionOpen), NtStatus::kOk);
  EXPECT_EQ(Read(1024)->status(), NtStatus::kPipeEmpty);
  ASSERT_EQ(Write(proto::FromHex(kBind))->status(), NtStatus::kOk);
  const std::optional<Reply> reply = Read(1024);
  ASSERT_EQ(reply->status(), NtStatus::kOk);
  proto::ReadResponse response;
  ASSERT_TRUE(proto::ReadResponse::Decode(reply->message, &response));
  EXPECT_EQ(response.data[2], kBindAck);
}

TEST_F(PipeTest, AnswerThatDoesNotFitIsReadOn) {
  ASSERT_EQ(client_->Create("srvsvc", &pipe_, proto::kDispositionOpen), NtStatus::kOk);
  const std::optional<Reply> first = Transceive(proto::FromHex(kBind), 20);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->status(), NtStatus::kBufferOverflow);
  proto::IoctlResponse part;
  ASSERT_TRUE(proto::IoctlResponse::Decode(first->message, &part));
  EXPECT_EQ(part.output.size(), 20u);
  const std::optional<Reply> rest = Read(1024);
  ASSERT_EQ(rest->status(), NtStatus::kOk);
  proto::ReadResponse response;
  ASSERT_TRUE(proto::ReadResponse::Decode(rest->message, &response));
  EXPECT_GT(response.data.size(), 20u);
}

// Each pipe alone is within its bound.
TEST_F(PipeTest, AnswersThatNobodyReadsAreBoundedForTheUserAndTheProcess) {
  const Bytes call = proto::FromHex(kShareEnum);
  Bytes calls;
  while (calls.size() + call.size() <= 60'000) calls.insert(calls.end(), call.begin(), call.end());
  const auto fill = [&] {
    NtStatus status = client_->Create("srvsvc", &pipe_, proto::kDispositionOpen);
    if (status != NtStatus::kOk) return status;
    status = Write(proto::FromHex(kBind))->status();
    for (int i = 0; i < 2 && status == NtStatus::kOk; ++i) status = Write(calls)->status();
    return status;
  };
  NtStatus status = NtStatus::kOk;
  int pipes = 0;
  for (; pipes < 400 && status == NtStatus::kOk; ++pipes) status = fill();
  EXPECT_EQ(status, NtStatus::kInsufficientResources);
  EXPECT_GT(pipes, 20);
  EXPECT_EQ(Read(10)->status(), NtStatus::kPipeDisconnected);
  EXPECT_EQ(Counter("pipe_memory_refused"), 1u);
  // Somebody else does not notice.
  client_ = std::make_unique<TestClient>(address());
  ASSERT_TRUE(client_->Negotiate());
  ASSERT_EQ(client_->LogOn("bob", "hidden"), NtStatus::kOk);
  ASSERT_EQ(client_->ConnectTree("IPC$"), NtStatus::kOk);
  EXPECT_EQ(fill(), NtStatus::kOk);
}

TEST_F(PipeTest, GarbageBreaksThePipeAndNothingElse) {
  ASSERT_EQ(client_->Create("srvsvc", &pipe_, proto::kDispositionOpen), NtStatus::kOk);
  EXPECT_EQ(Write(Bytes(64, 0xEE))->status(), NtStatus::kPipeDisconnected);
  EXPECT_EQ(Read(10)->status(), NtStatus::kPipeDisconnected);
  proto::CloseRequest close;
  close.file_id = pipe_;
  EXPECT_EQ(client_->Call(Command::kClose, close)->status(), NtStatus::kOk);
  EXPECT_EQ(client_->Create("srvsvc", &pipe_, proto::kDispositionOpen), NtStatus::kOk);
}

TEST_F(PipeTest, UnknownPipesAreNotFound) {
  for (const char* name : {"", "lsarpc", "srvsvc\\x", "..\\srvsvc"}) {
    EXPECT_EQ(client_->Create(name, &pipe_, proto::kDispositionOpen), NtStatus::kObjectNameNotFound)
        << name;
  }
}

TEST_F(PipeTest, PipesAreNoDirectories) {
  ASSERT_EQ(client_->Create("srvsvc", &pipe_, proto::kDispositionOpen), NtStatus::kOk);
  proto::QueryDirectoryRequest request;
  request.file_id = pipe_;
  request.output_buffer_length = 1000;
  EXPECT_EQ(client_->Call(Command::kQueryDirectory, request)->status(), NtStatus::kNotSupported);
}

}  // namespace
}  // namespace sluice::smb

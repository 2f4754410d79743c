#include "proto/smb2/read.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proto/smb2/write.h"
#include "tests/server/smb/gateway_fixture.h"
#include "tests/server/smb/test_client.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class ReadTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    client_.emplace(address());
    ASSERT_TRUE(client_->Start());
    ASSERT_EQ(client_->Create("file", &file_), NtStatus::kOk);
    proto::WriteRequest write;
    write.file_id = file_;
    const Bytes data(10, 'x');
    write.data = data;
    ASSERT_EQ(client_->Call(Command::kWrite, write)->status(), NtStatus::kOk);
  }

  void TearDown() override {
    client_.reset();
    GatewayTest::TearDown();
  }

  NtStatus Read(uint64_t offset, uint32_t length, uint32_t minimum_count = 0) {
    proto::ReadRequest read;
    read.file_id = file_;
    read.offset = offset;
    read.length = length;
    read.minimum_count = minimum_count;
    return client_->Call(Command::kRead, read)->status();
  }

  std::optional<TestClient> client_;
  proto::FileId file_;
};

TEST_F(ReadTest, EndsAtTheEndOfTheFile) {
  EXPECT_EQ(Read(0, 100), NtStatus::kOk);
  EXPECT_EQ(Read(10, 1), NtStatus::kEndOfFile);
  EXPECT_EQ(Read(10, 0), NtStatus::kOk);
  EXPECT_EQ(Read(INT64_MAX - 1, 1), NtStatus::kEndOfFile);
}

TEST_F(ReadTest, LessThanTheMinimumCountIsEndOfFile) {
  EXPECT_EQ(Read(0, 100, 10), NtStatus::kOk);
  EXPECT_EQ(Read(0, 100, 11), NtStatus::kEndOfFile);
}

TEST_F(ReadTest, RefusesBytesBeyondTheLargestOffset) {
  EXPECT_EQ(Read(INT64_MAX, 0), NtStatus::kOk);
  EXPECT_EQ(Read(INT64_MAX, 1), NtStatus::kInvalidParameter);
  EXPECT_EQ(Read(uint64_t{INT64_MAX} + 1, 0), NtStatus::kInvalidParameter);
  EXPECT_EQ(Read(UINT64_MAX, 1), NtStatus::kInvalidParameter);
}

// Large reads of a directory's files that need no protection are sent out of the page cache.
class UncopiedReadTest : public GatewayTest {
 protected:
  static constexpr size_t kFileBytes = (2u << 20) + 777;

  void Adjust(GatewayOptions* options) override { options->preferences.signing_required = false; }

  void SetUp() override {
    GatewayTest::SetUp();
    for (size_t i = 0; i < kFileBytes; ++i) {
      content_.push_back(static_cast<uint8_t>(i * 7 + (i >> 12)));
    }
    std::ofstream(disk_ + "/file")
        .write(reinterpret_cast<const char*>(content_.data()),
               static_cast<std::streamsize>(content_.size()));
    Start();
  }

  void TearDown() override {
    client_.reset();
    GatewayTest::TearDown();
  }

  void Start() {
    ClientOptions options;
    options.credits = 256;
    client_.emplace(address(), options);
    ASSERT_TRUE(client_->Start("disk"));
    ASSERT_EQ(client_->Create("file", &file_), NtStatus::kOk);
    client_->sign = false;
  }

  Bytes Request(uint64_t offset, uint32_t length) {
    proto::ReadRequest read;
    read.file_id = file_;
    read.offset = offset;
    read.length = length;
    const proto::Header header = client_->NextHeader(Command::kRead, 16);
    return TestClient::Message(header, read);
  }

  // Whether the reply is the file's bytes from `offset` on.
  void ExpectData(const Reply& reply, uint64_t offset, size_t bytes) {
    ASSERT_EQ(reply.status(), NtStatus::kOk);
    constexpr size_t kData = proto::ReadResponse::kDataOffset;
    proto::Reader reader(absl::MakeConstSpan(reply.message).subspan(proto::kHeaderBytes + 4, 4));
    EXPECT_EQ(reader.U32(), bytes);
    ASSERT_EQ(reply.message.size(), kData + bytes);
    EXPECT_TRUE(std::equal(reply.message.begin() + kData, reply.message.end(),
                           content_.begin() + static_cast<ptrdiff_t>(offset)));
  }

  void Read(uint64_t offset, uint32_t length, size_t expected) {
    client_->SendChain({Request(offset, length)});
    const std::optional<Reply> reply = client_->Receive();
    ASSERT_TRUE(reply.has_value());
    ExpectData(*reply, offset, expected);
  }

  uint64_t uncopied() const { return Counter("reads_uncopied"); }

  std::optional<TestClient> client_;
  Bytes content_;
  proto::FileId file_;
};

TEST_F(UncopiedReadTest, SendsTheFilesBytes) {
  Read(0, 1u << 20, 1u << 20);
  Read(4096, 1u << 20, 1u << 20);
  Read(5, 300'000, 300'000);
  EXPECT_EQ(uncopied(), 3u);
  Read(2u << 20, 512u << 10, 777);  // up to the end of the file
  EXPECT_EQ(uncopied(), 4u);
}

TEST_F(UncopiedReadTest, CopiesWhatDoesNotFitOrIsSmall) {
  Read(1, 1u << 20, 1u << 20);  // a page too many
  Read(0, 64u << 10, 64u << 10);
  EXPECT_EQ(uncopied(), 0u);
}

TEST_F(UncopiedReadTest, BeyondTheEndIsEndOfFile) {
  client_->SendChain({Request(kFileBytes, 512u << 10)});
  EXPECT_EQ(client_->Receive()->status(), NtStatus::kEndOfFile);
  Read(0, 1u << 20, 1u << 20);  // the pipe was given back
}

TEST_F(UncopiedReadTest, WhatIsSignedOrSealedIsCopied) {
  client_->sign = true;
  client_->SendChain({Request(0, 1u << 20)});
  std::optional<Reply> reply = client_->Receive();
  ASSERT_TRUE(reply.has_value());
  EXPECT_TRUE(reply->signature_right);
  ExpectData(*reply, 0, 1u << 20);
  client_->sign = false;
  client_->seal = true;
  client_->SendChain({Request(0, 1u << 20)});
  reply = client_->Receive();
  ASSERT_TRUE(reply.has_value());
  EXPECT_TRUE(reply->sealed);
  ExpectData(*reply, 0, 1u << 20);
  EXPECT_EQ(uncopied(), 0u);
}

TEST_F(UncopiedReadTest, OfACompoundIsCopied) {
  client_->SendChain({Request(0, 512u << 10), Request(4096, 512u << 10)});
  ExpectData(*client_->Receive(), 0, 512u << 10);
  ExpectData(*client_->Receive(), 4096, 512u << 10);
  EXPECT_EQ(uncopied(), 0u);
}

// More than the socket takes, so that the pipes empty only as the client reads.
TEST_F(UncopiedReadTest, ManyWaitForASlowClient) {
  std::vector<uint64_t> offsets;
  for (size_t i = 0; i < 12; ++i) {  // sixteen credits each
    offsets.push_back(4096 * i);
    client_->SendChain({Request(offsets.back(), 1u << 20)});
  }
  ASSERT_TRUE(Eventually([this] { return uncopied() > 0; }));
  std::map<uint64_t, Reply> replies;
  while (replies.size() < offsets.size()) {
    std::optional<Reply> reply = client_->Receive();
    ASSERT_TRUE(reply.has_value());
    replies.emplace(reply->header.message_id, *std::move(reply));
  }
  size_t i = 0;
  for (const auto& [id, reply] : replies) ExpectData(reply, offsets[i++], 1u << 20);
  EXPECT_GE(uncopied(), 1u);
}

// Nothing is left over that another answer could be mixed up with.
TEST_F(UncopiedReadTest, AClientThatLeavesInBetweenCostsNothing) {
  for (int i = 0; i < 8; ++i) client_->SendChain({Request(0, 1u << 20)});
  ASSERT_TRUE(Eventually([this] { return uncopied() > 0; }));
  client_->Disconnect();
  Start();
  Read(8192, 1u << 20, 1u << 20);
}

}  // namespace
}  // namespace sluice::smb

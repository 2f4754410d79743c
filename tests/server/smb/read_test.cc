#include "proto/smb2/read.h"

#include <cstdint>
#include <optional>

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

}  // namespace
}  // namespace sluice::smb

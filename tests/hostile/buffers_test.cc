// Clients that take memory and do nothing with it, beside one that does.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/smb2/echo.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"
#include "tests/hostile/hostile_test.h"

namespace sluice::hostile {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr size_t kMebibyte = 1u << 20;

class HostileBuffers : public HostileTest {
 protected:
  // Reads and writes a megabyte and 4 KiB on a connection that is there already.
  void ExpectServed(TestClient& bystander) {
    proto::FileId id;
    ASSERT_EQ(bystander.Create("bystander", &id), NtStatus::kOk);
    for (const size_t bytes : {kMebibyte, size_t{4096}}) {
      const uint16_t charge = static_cast<uint16_t>((bytes - 1) / 65536 + 1);
      const Bytes data(bytes, 'b');
      proto::WriteRequest write;
      write.file_id = id;
      write.data = data;
      const std::optional<Reply> written =
          bystander.Call(Command::kWrite, write, charge, data.size());
      ASSERT_TRUE(written.has_value());
      EXPECT_EQ(written->status(), NtStatus::kOk);
      proto::ReadRequest read;
      read.file_id = id;
      read.length = static_cast<uint32_t>(bytes);
      const std::optional<Reply> answer = bystander.Call(Command::kRead, read, charge);
      ASSERT_TRUE(answer.has_value());
      EXPECT_EQ(answer->status(), NtStatus::kOk);
    }
  }
};

TEST_F(HostileBuffers, AnswersThatNobodyTakes) {
  const std::unique_ptr<TestClient> bystander = Client("disk", {}, "bob", "hidden");
  ASSERT_NE(bystander, nullptr);
  ClientOptions options;
  options.credits = 8192;
  options.dialects = {proto::Dialect::kSmb302};
  const std::unique_ptr<TestClient> greedy = Client("disk", options);
  ASSERT_NE(greedy, nullptr);
  proto::ReadRequest read;
  ASSERT_EQ(greedy->Create("big", &read.file_id), NtStatus::kOk);
  const Bytes data(kMebibyte, 'x');
  proto::WriteRequest write;
  write.file_id = read.file_id;
  write.data = data;
  ASSERT_EQ(greedy->Call(Command::kWrite, write, 16, data.size())->status(), NtStatus::kOk);
  read.length = kMebibyte;
  for (int i = 0; i < 500; ++i) {
    greedy->SendChain({TestClient::Message(greedy->NextHeader(Command::kRead, 16), read)});
  }
  for (int i = 0; i < 10; ++i) ExpectServed(*bystander);
  EXPECT_NE(Alice("disk"), nullptr);
}

TEST_F(HostileBuffers, FramesThatAreOnlyAnnounced) {
  const std::unique_ptr<TestClient> bystander = Client("disk", {}, "bob", "hidden");
  ASSERT_NE(bystander, nullptr);
  std::vector<std::unique_ptr<TestClient>> strangers;
  for (int i = 0; i < 200; ++i) {
    strangers.push_back(std::make_unique<TestClient>(address()));
    strangers.back()->SendRaw(Bytes{0, 2, 0, 0, 0xFE});
  }
  ExpectServed(*bystander);
  EXPECT_NE(Alice("disk"), nullptr);
}

TEST_F(HostileBuffers, LargeFramesThatDoNotEnd) {
  const std::unique_ptr<TestClient> bystander = Client("disk", {}, "bob", "hidden");
  ASSERT_NE(bystander, nullptr);
  std::vector<std::unique_ptr<TestClient>> slow;
  for (int i = 0; i < 128; ++i) {
    slow.push_back(Alice("disk"));
    ASSERT_NE(slow.back(), nullptr);
    slow.back()->SendRaw(Bytes{0, 0x80, 0, 0, 0xFE, 'S', 'M', 'B'});
  }
  for (int i = 0; i < 10; ++i) ExpectServed(*bystander);
  EXPECT_NE(Alice("disk"), nullptr);
}

}  // namespace
}  // namespace sluice::hostile

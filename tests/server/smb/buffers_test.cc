// Clients that take a loop's buffers and do nothing with them, and others beside them.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/smb2/echo.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"
#include "server/base/net_limits.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr size_t kMiB = 1u << 20;

class BuffersTest : public GatewayTest {
 protected:
  void Adjust(GatewayOptions* options) override { options->loops = 1; }

  uint64_t BytesInUse() const {
    uint64_t bytes = 0;
    for (const LoopObservation& loop : gateway_->Observe().loops) bytes += loop.buffer_bytes_in_use;
    return bytes;
  }

  // Connections that ended for this reason.
  uint64_t Closed(const std::string& reason) const {
    for (const auto& [name, count] : gateway_->Observe().closed) {
      if (name == reason) return count;
    }
    return 0;
  }

  // Logs on, writes a megabyte and reads it back.
  void ExpectServed() {
    TestClient client(address());
    ASSERT_TRUE(client.Start());
    proto::FileId id;
    ASSERT_EQ(client.Create("served", &id), NtStatus::kOk);
    const Bytes data(kMiB, 's');
    proto::WriteRequest write;
    write.file_id = id;
    write.data = data;
    const std::optional<Reply> written = client.Call(Command::kWrite, write, 16, data.size());
    ASSERT_TRUE(written.has_value());
    EXPECT_EQ(written->status(), NtStatus::kOk);
    proto::ReadRequest read;
    read.file_id = id;
    read.length = kMiB;
    const proto::Header header = client.NextHeader(Command::kRead, 16);
    client.SendChain({TestClient::Message(header, read)});
    const std::optional<Reply> answer = client.WaitFor(header.message_id);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status(), NtStatus::kOk);
  }
};

// Signed with CMAC, so that nothing but memory holds the reads back.
TEST_F(BuffersTest, UnreadAnswersOfOneClientLeaveMemoryToOthers) {
  ClientOptions options;
  options.credits = 8192;
  options.dialects = {proto::Dialect::kSmb302};
  TestClient greedy(address(), options);
  ASSERT_TRUE(greedy.Start());
  proto::ReadRequest read;
  ASSERT_EQ(greedy.Create("big", &read.file_id), NtStatus::kOk);
  const Bytes data(kMiB, 'x');
  proto::WriteRequest write;
  write.file_id = read.file_id;
  write.data = data;
  ASSERT_EQ(greedy.Call(Command::kWrite, write, 16, data.size())->status(), NtStatus::kOk);
  TestClient bystander(address());
  ASSERT_TRUE(bystander.Start());

  read.length = kMiB;
  constexpr uint64_t kReads = 500;
  const uint64_t first = greedy.next_message_id;
  for (uint64_t i = 0; i < kReads; ++i) {
    greedy.SendChain({TestClient::Message(greedy.NextHeader(Command::kRead, 16), read)});
  }
  ASSERT_TRUE(Eventually([this] { return BytesInUse() > limits::connection_bytes_max / 2; }));
  for (int i = 0; i < 20; ++i) ExpectServed();
  EXPECT_LE(BytesInUse(), limits::connection_bytes_max + 4 * kMiB);
  EXPECT_EQ(bystander.Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
  EXPECT_EQ(Counter("out_of_buffers"), 0u);
  // It was paused, no more.
  for (uint64_t i = 0; i < kReads; ++i) {
    const std::optional<Reply> reply = greedy.WaitFor(first + 16 * i);
    ASSERT_TRUE(reply.has_value()) << i;
    EXPECT_EQ(reply->status(), NtStatus::kOk);
  }
}

TEST_F(BuffersTest, AnnouncedFramesOfStrangersCostWhatHasArrived) {
  constexpr size_t kStrangers = 200;
  std::vector<std::unique_ptr<TestClient>> strangers;
  for (size_t i = 0; i < kStrangers; ++i) {
    strangers.push_back(std::make_unique<TestClient>(address()));
    strangers.back()->SendRaw(Bytes{0, 2, 0, 0, 0xFE});
  }
  ASSERT_TRUE(Eventually([this] { return gateway_->Status().connections == kStrangers; }));
  ExpectServed();
  ASSERT_TRUE(Eventually([this] { return BytesInUse() >= kStrangers * 1024; }));
  // What served the last client may still be on its way back.
  EXPECT_TRUE(Eventually([this] { return BytesInUse() <= kStrangers * 1024 + kMiB; }))
      << BytesInUse();
}

TEST_F(BuffersTest, StrangersThatSendMuchMayHaveASmallPart) {
  constexpr size_t kStrangers = 150;
  std::vector<std::unique_ptr<TestClient>> strangers;
  const Bytes most((128u << 10) - 1, 'x');
  for (size_t i = 0; i < kStrangers; ++i) {
    strangers.push_back(std::make_unique<TestClient>(address()));
    strangers.back()->SendRaw(Bytes{0, 2, 0, 0});
    strangers.back()->SendRaw(most);
  }
  ASSERT_TRUE(Eventually([this] { return Counter("buffer_shortages") > 0; }));
  ExpectServed();
  EXPECT_TRUE(Eventually([this] {
    return BytesInUse() <= (512u << 20) / limits::untrusted_share_divisor + kMiB;
  })) << BytesInUse();
}

TEST_F(BuffersTest, UnfinishedFramesLeaveMemoryToOthersAndEndAsSlow) {
  TestClient bystander(address());
  ASSERT_TRUE(bystander.Start());
  std::vector<std::unique_ptr<TestClient>> slow;
  for (int i = 0; i < 64; ++i) {
    slow.push_back(std::make_unique<TestClient>(address()));
    ASSERT_TRUE(slow.back()->Start());
    slow.back()->SendRaw(Bytes{0, 0x80, 0, 0, 0xFE, 'S', 'M', 'B'});
  }
  for (int i = 0; i < 20; ++i) ExpectServed();
  // Nobody waits for memory for ever: what does not go on has to go.
  ASSERT_TRUE(Eventually([this] { return Closed("too slow while memory was short") > 0; }));
  EXPECT_EQ(bystander.Call(Command::kEcho, proto::EchoRequest())->status(), NtStatus::kOk);
  EXPECT_EQ(Closed("out of resources"), 0u);
  ExpectServed();
}

}  // namespace
}  // namespace sluice::smb

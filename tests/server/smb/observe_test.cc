// What a gateway counts.
#include "server/smb/observe.h"

#include <gtest/gtest.h>

#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "proto/smb2/echo.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class ObserveTest : public GatewayTest {
 protected:
  static const CommandObservation& Of(const Observation& seen, Command command) {
    return seen.commands[static_cast<size_t>(command)];
  }
  static uint64_t Named(const std::vector<std::pair<std::string, uint64_t>>& all,
                        const std::string& name) {
    for (const auto& [known, value] : all) {
      if (known == name) return value;
    }
    return 0;
  }
};

TEST_F(ObserveTest, CountsRequestsBytesAndLatencyByCommandAndShare) {
  TestClient client(address());
  ASSERT_TRUE(client.Start("files"));
  proto::FileId id{};
  ASSERT_EQ(client.Create("file", &id), NtStatus::kOk);
  const Bytes data(3000, 0x5A);
  proto::WriteRequest write;
  write.file_id = id;
  write.data = data;
  ASSERT_EQ(client.Call(Command::kWrite, write, 1, data.size())->status(), NtStatus::kOk);
  proto::ReadRequest read;
  read.file_id = id;
  read.length = 2000;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(client.Call(Command::kRead, read)->status(), NtStatus::kOk);
  }
  read.offset = 1 << 20;
  ASSERT_EQ(client.Call(Command::kRead, read)->status(), NtStatus::kEndOfFile);

  const Observation seen = gateway_->Observe();
  EXPECT_EQ(Of(seen, Command::kRead).latency.count, 4u);
  EXPECT_EQ(Of(seen, Command::kRead).failures, 1u);
  EXPECT_GT(Of(seen, Command::kRead).latency.sum_nanos, 0u);
  EXPECT_GE(Of(seen, Command::kRead).response_bytes, 3u * 2080);
  EXPECT_GE(Of(seen, Command::kWrite).request_bytes, 3112u);
  const ShareObservation& share = seen.shares.at("files");
  EXPECT_EQ(share.bytes_read, 6000u);
  EXPECT_EQ(share.bytes_written, 3000u);
  EXPECT_EQ(share.failures, 1u);
  EXPECT_EQ(share.requests[static_cast<size_t>(Command::kRead)], 4u);
  EXPECT_EQ(share.latency.count,
            std::accumulate(share.requests.begin(), share.requests.end(), uint64_t{0}));
  EXPECT_EQ(Named(seen.statuses, "STATUS_END_OF_FILE"), 1u);
  EXPECT_EQ(seen.connections, 1u);
  EXPECT_EQ(seen.sessions, 1u);
  EXPECT_EQ(seen.opens, 1u);

  const Inventory opens = gateway_->List({.kind = InventoryKind::kOpens});
  ASSERT_EQ(opens.rows.size(), 1u);
  EXPECT_EQ(opens.rows[0].bytes_read, 6000u);
  EXPECT_EQ(opens.rows[0].bytes_written, 3000u);
}

TEST_F(ObserveTest, ALogOnThatTakesSeveralStepsHasNotFailed) {
  TestClient client(address());
  ASSERT_TRUE(client.Start("files"));
  const Observation seen = gateway_->Observe();
  EXPECT_GE(Of(seen, Command::kSessionSetup).latency.count, 2u);
  EXPECT_EQ(Of(seen, Command::kSessionSetup).failures, 0u);
  EXPECT_EQ(Named(seen.statuses, "STATUS_MORE_PROCESSING_REQUIRED"), 0u);
  EXPECT_EQ(Counter("failures"), 0u);
}

// What lies between the answers of a compound is no file data.
TEST_F(ObserveTest, CountsNoPaddingAsRead) {
  TestClient client(address());
  ASSERT_TRUE(client.Start("files"));
  proto::WriteRequest write;
  ASSERT_EQ(client.Create("file", &write.file_id), NtStatus::kOk);
  const Bytes data(100, 0x5A);
  write.data = data;
  ASSERT_EQ(client.Call(Command::kWrite, write, 1, data.size())->status(), NtStatus::kOk);
  proto::ReadRequest read;
  read.file_id = write.file_id;
  read.length = 3;
  const uint64_t first = client.next_message_id;
  std::vector<Bytes> messages;
  for (int i = 0; i < 2; ++i) messages.push_back(client.Request(Command::kRead, read));
  client.SendChain(messages);
  for (uint64_t id = first; id < first + 2; ++id) {
    const std::optional<Reply> reply = client.WaitFor(id);
    ASSERT_TRUE(reply.has_value());
    EXPECT_EQ(reply->status(), NtStatus::kOk);
  }
  EXPECT_EQ(gateway_->Observe().shares.at("files").bytes_read, 6u);
}

TEST_F(ObserveTest, EveryCryptoJobIsInABatch) {
  TestClient client(address());
  ASSERT_TRUE(client.Start("files"));
  ASSERT_TRUE(client.Call(Command::kEcho, proto::EchoRequest()).has_value());
  uint64_t jobs = 0;
  uint64_t batches = 0;
  uint64_t nanos = 0;
  for (const LoopObservation& loop : gateway_->Observe().loops) {
    jobs += loop.crypto_jobs;
    nanos += loop.crypto_nanos;
    for (size_t i = 0; i < loop.batches.size(); ++i) batches += loop.batches[i];
    EXPECT_EQ(loop.batches[0], 0u);  // an empty stage is not run
  }
  EXPECT_GT(jobs, 0u);
  EXPECT_GT(nanos, 0u);
  EXPECT_GT(batches, 0u);
  EXPECT_LE(batches, jobs);
}

TEST_F(ObserveTest, KnowsTheProcessAndTheNetwork) {
  TestClient client(address());
  ASSERT_TRUE(client.Start("files"));
  const Observation seen = gateway_->Observe();
  EXPECT_GT(seen.resident_bytes, 1u << 20);
  EXPECT_GT(seen.network_bytes_received, 500u);
  EXPECT_GT(seen.network_bytes_sent, 500u);
  uint64_t cpu = 0;
  for (const LoopObservation& loop : seen.loops) cpu += loop.cpu_nanos;
  EXPECT_GT(cpu, 0u);
}

TEST_F(ObserveTest, CountsWhyConnectionsEnded) {
  {
    TestClient client(address());
    ASSERT_TRUE(client.Start("files"));
  }
  EXPECT_TRUE(
      Eventually([this] { return Named(gateway_->Observe().closed, "closed by peer") == 1; }));
}

}  // namespace
}  // namespace sluice::smb

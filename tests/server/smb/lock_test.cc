#include "proto/smb2/lock.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "proto/smb2/read.h"
#include "server/base/limits.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

constexpr uint32_t kShared = proto::kLockFlagShared | proto::kLockFlagFailImmediately;
constexpr uint32_t kExclusive = proto::kLockFlagExclusive | proto::kLockFlagFailImmediately;

class LockTest : public GatewayTest {
 protected:
  void SetUp() override {
    GatewayTest::SetUp();
    client_ = std::make_unique<TestClient>(address());
    ASSERT_TRUE(client_->Start());
    ASSERT_EQ(client_->Create("file", &file_), NtStatus::kOk);
    ASSERT_EQ(client_->Create("file", &other_), NtStatus::kOk);
  }
  void TearDown() override {
    client_.reset();
    GatewayTest::TearDown();
  }
  NtStatus Lock(proto::FileId id, std::initializer_list<proto::LockElement> elements) {
    proto::LockRequest request;
    request.file_id = id;
    request.locks.assign(elements.begin(), elements.end());
    return Send(request);
  }
  NtStatus Send(const proto::LockRequest& request) {
    const size_t bytes = request.locks.size() * 24;
    const std::optional<Reply> reply =
        client_->Call(Command::kLock, request, static_cast<uint16_t>(1 + bytes / 65536), bytes);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  NtStatus Read(proto::FileId id, uint64_t offset) {
    proto::ReadRequest request;
    request.file_id = id;
    request.offset = offset;
    request.length = 1;
    return client_->Call(Command::kRead, request)->status();
  }
  static proto::LockRequest Many(proto::FileId id, size_t locks, uint32_t flags) {
    proto::LockRequest request;
    request.file_id = id;
    for (uint64_t i = 0; i < locks; ++i) request.locks.push_back({2 * i, 1, flags});
    return request;
  }

  std::unique_ptr<TestClient> client_;
  proto::FileId file_;
  proto::FileId other_;
};

TEST_F(LockTest, ARequestThatFailsLeavesEarlierLocksAlone) {
  ASSERT_EQ(Lock(other_, {{100, 1, kExclusive}}), NtStatus::kOk);
  ASSERT_EQ(Lock(file_, {{0, 10, kExclusive}}), NtStatus::kOk);
  EXPECT_EQ(Lock(file_, {{0, 10, kShared}, {100, 1, kExclusive}}), NtStatus::kLockNotGranted);
  EXPECT_EQ(Read(other_, 0), NtStatus::kFileLockConflict) << "the exclusive lock is still there";
  EXPECT_EQ(Lock(file_, {{0, 10, proto::kLockFlagUnlock}}), NtStatus::kOk);
  EXPECT_EQ(Read(other_, 0), NtStatus::kEndOfFile);
}

TEST_F(LockTest, ManyLocksAreAllTakenOrNone) {
  const size_t most = limits::locks_per_open_max;
  ASSERT_EQ(Send(Many(file_, most, kExclusive)), NtStatus::kOk);
  EXPECT_EQ(Read(other_, 2 * (most - 1)), NtStatus::kFileLockConflict);
  EXPECT_EQ(Send(Many(file_, most, proto::kLockFlagUnlock)), NtStatus::kOk);
  EXPECT_EQ(Send(Many(file_, most + 1, kExclusive)), NtStatus::kInsufficientResources);
  EXPECT_EQ(Send(Many(other_, most, kExclusive)), NtStatus::kOk) << "nothing was left";
}

TEST_F(LockTest, ClosingReleasesManyLocks) {
  ASSERT_EQ(Send(Many(file_, limits::locks_per_open_max, kExclusive)), NtStatus::kOk);
  client_->Disconnect();
  client_ = std::make_unique<TestClient>(address());
  ASSERT_TRUE(client_->Start());
  EXPECT_TRUE(Eventually([&] {
    proto::FileId id;
    return client_->Create("file", &id) == NtStatus::kOk &&
           Lock(id, {{0, 9000, kExclusive}}) == NtStatus::kOk;
  }));
}

}  // namespace
}  // namespace sluice::smb

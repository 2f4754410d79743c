// What an operator sees of connections, sessions, trees, opens and locks, and how they are ended.
#include "server/smb/listing.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "proto/smb2/echo.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/lock.h"
#include "tests/server/smb/gateway_fixture.h"

namespace sluice::smb {
namespace {

using proto::Command;
using proto::NtStatus;

class ListingTest : public GatewayTest {
 protected:
  // Two clients, on two loops.
  void SetUp() override {
    GatewayTest::SetUp();
    first_.emplace(address());
    second_.emplace(address());
    ASSERT_TRUE(first_->Start("files"));
    ASSERT_TRUE(second_->Start("disk"));
  }
  void TearDown() override {
    first_.reset();
    second_.reset();
    GatewayTest::TearDown();
  }

  Inventory List(InventoryKind kind, const InventoryFilter& filter = {}) {
    return gateway_->List({.kind = kind, .filter = filter});
  }
  Inventory End(InventoryKind kind, const InventoryFilter& filter) {
    return gateway_->List({.kind = kind, .filter = filter, .end = true});
  }
  static NtStatus Flush(TestClient& client, proto::FileId id) {
    proto::FlushRequest flush;
    flush.file_id = id;
    const std::optional<Reply> reply = client.Call(Command::kFlush, flush);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }
  static NtStatus Lock(TestClient& client, proto::FileId id, uint64_t offset) {
    proto::LockRequest lock;
    lock.file_id = id;
    lock.locks.push_back({offset, 10, proto::kLockFlagExclusive | proto::kLockFlagFailImmediately});
    const std::optional<Reply> reply = client.Call(Command::kLock, lock);
    return reply.has_value() ? reply->status() : NtStatus::kConnectionDisconnected;
  }

  std::optional<TestClient> first_;
  std::optional<TestClient> second_;
};

TEST_F(ListingTest, ShowsTheConnectionsOfAllLoops) {
  const Inventory seen = List(InventoryKind::kConnections);
  EXPECT_TRUE(seen.complete);
  EXPECT_EQ(seen.matched, 2u);
  ASSERT_EQ(seen.rows.size(), 2u);
  EXPECT_NE(seen.rows[0].connection, seen.rows[1].connection);
  for (const InventoryRow& row : seen.rows) {
    EXPECT_EQ(row.client.substr(0, 10), "127.0.0.1:");
    EXPECT_EQ(row.dialect, proto::Dialect::kSmb311);
    EXPECT_EQ(row.sessions, 1u);
    EXPECT_GE(row.requests, 4u);
    EXPECT_GT(row.since, 0);
  }
}

TEST_F(ListingTest, ShowsSessionsWithUserAndProtection) {
  const Inventory seen = List(InventoryKind::kSessions, {.user = "ALICE"});
  ASSERT_EQ(seen.rows.size(), 2u);
  EXPECT_EQ(seen.rows[0].user, "alice");
  EXPECT_EQ(seen.rows[0].signing, crypto::SigningAlgorithm::kAes128Gmac);
  EXPECT_EQ(seen.rows[0].trees, 1u);
  EXPECT_TRUE(List(InventoryKind::kSessions, {.user = "bob"}).rows.empty());
}

TEST_F(ListingTest, ShowsTreesByShare) {
  const Inventory seen = List(InventoryKind::kTrees, {.share = "DISK"});
  ASSERT_EQ(seen.rows.size(), 1u);
  EXPECT_EQ(seen.rows[0].session, second_->session_id);
  EXPECT_EQ(seen.rows[0].tree, second_->tree_id);
}

TEST_F(ListingTest, ShowsOpensWithPathAndAccess) {
  proto::FileId directory{};
  proto::FileId file{};
  ASSERT_EQ(first_->Create("d", &directory, proto::kDispositionOpenIf, proto::kOptionDirectoryFile),
            NtStatus::kOk);
  ASSERT_EQ(first_->Create("d\\f", &file), NtStatus::kOk);
  const Inventory seen = List(InventoryKind::kOpens, {.share = "files", .path = "D"});
  ASSERT_EQ(seen.rows.size(), 2u);
  EXPECT_EQ(seen.rows[0].path, "d");
  EXPECT_TRUE(seen.rows[0].directory);
  EXPECT_EQ(seen.rows[1].path, "d/f");
  EXPECT_FALSE(seen.rows[1].directory);
  EXPECT_EQ(seen.rows[1].access, 0x001F01FFu);
  EXPECT_EQ(seen.rows[1].open, file.persistent);
  EXPECT_TRUE(List(InventoryKind::kOpens, {.path = "d/g"}).rows.empty());
}

TEST_F(ListingTest, ShowsLocks) {
  proto::FileId file{};
  ASSERT_EQ(second_->Create("locked", &file), NtStatus::kOk);
  ASSERT_EQ(Lock(*second_, file, 100), NtStatus::kOk);
  ASSERT_EQ(Lock(*second_, file, 200), NtStatus::kOk);
  const Inventory seen = List(InventoryKind::kLocks);
  ASSERT_EQ(seen.rows.size(), 2u);
  EXPECT_EQ(seen.rows[0].path, "locked");
  EXPECT_EQ(seen.rows[0].offset, 100u);
  EXPECT_EQ(seen.rows[0].length, 10u);
  EXPECT_TRUE(seen.rows[0].exclusive);
  EXPECT_EQ(seen.rows[1].offset, 200u);
}

TEST_F(ListingTest, RowsAreBoundedAndWhatMatchesIsCounted) {
  for (int i = 0; i < 600; ++i) {
    proto::FileId id{};
    ASSERT_EQ(first_->Create("same", &id), NtStatus::kOk);
  }
  const Inventory seen = gateway_->List({.kind = InventoryKind::kOpens, .rows_max = 7});
  EXPECT_TRUE(seen.complete);
  EXPECT_EQ(seen.rows.size(), 7u);
  EXPECT_EQ(seen.matched, 600u);
}

TEST_F(ListingTest, AClosedFileIsClosedForItsClientAndTheOthersGoOn) {
  proto::FileId gone{};
  proto::FileId kept{};
  ASSERT_EQ(first_->Create("gone", &gone), NtStatus::kOk);
  ASSERT_EQ(first_->Create("kept", &kept), NtStatus::kOk);
  const Inventory ended = End(InventoryKind::kOpens, {.id = gone.persistent});
  EXPECT_EQ(ended.matched, 1u);
  EXPECT_EQ(Flush(*first_, gone), NtStatus::kFileClosed);
  EXPECT_EQ(Flush(*first_, kept), NtStatus::kOk);
  EXPECT_EQ(List(InventoryKind::kOpens).rows.size(), 1u);
}

TEST_F(ListingTest, ClosingAFileReleasesItsLocks) {
  proto::FileId holder{};
  proto::FileId other{};
  ASSERT_EQ(first_->Create("file", &holder), NtStatus::kOk);
  ASSERT_EQ(first_->Create("file", &other), NtStatus::kOk);
  ASSERT_EQ(Lock(*first_, holder, 0), NtStatus::kOk);
  ASSERT_EQ(Lock(*first_, other, 0), NtStatus::kLockNotGranted);
  End(InventoryKind::kOpens, {.id = holder.persistent});
  EXPECT_EQ(Lock(*first_, other, 0), NtStatus::kOk);
}

TEST_F(ListingTest, AKickedSessionIsGoneAndItsConnectionStays) {
  EXPECT_EQ(End(InventoryKind::kSessions, {.id = first_->session_id}).matched, 1u);
  EXPECT_EQ(List(InventoryKind::kSessions).rows.size(), 1u);
  EXPECT_EQ(List(InventoryKind::kConnections).rows.size(), 2u);
  proto::FileId id{};
  EXPECT_EQ(first_->Create("x", &id), NtStatus::kUserSessionDeleted);
  EXPECT_EQ(second_->Create("x", &id), NtStatus::kOk);
}

TEST_F(ListingTest, ATreeThatIsEndedIsGoneAndItsSessionStays) {
  EXPECT_EQ(End(InventoryKind::kTrees, {.share = "files"}).matched, 1u);
  proto::FileId id{};
  EXPECT_EQ(first_->Create("x", &id), NtStatus::kNetworkNameDeleted);
  EXPECT_EQ(List(InventoryKind::kSessions).rows.size(), 2u);
}

TEST_F(ListingTest, ADisconnectedClientIsDisconnected) {
  const Inventory seen = List(InventoryKind::kConnections);
  ASSERT_EQ(seen.rows.size(), 2u);
  const Inventory ended = End(InventoryKind::kConnections, {.client = seen.rows[0].client});
  EXPECT_EQ(ended.matched, 1u);
  EXPECT_TRUE(first_->WaitForEnd());
  EXPECT_TRUE(Eventually([this] { return List(InventoryKind::kConnections).rows.size() == 1; }));
  proto::FileId id{};
  EXPECT_EQ(second_->Create("x", &id), NtStatus::kOk);
}

}  // namespace
}  // namespace sluice::smb

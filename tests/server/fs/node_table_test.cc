#include "server/fs/node_table.h"

#include <thread>
#include <vector>

#include "server/fs/file_node.h"
#include "server/fs/name_locks.h"
#include "tests/server/fs/volume_fixture.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

class NodeTest : public VolumeTest {
 protected:
  // Starts a wait for a lock; its outcome arrives in `*outcome`.
  static ring::Task<void> Wait(FileNode::LockWait* wait, NtStatus* outcome) {
    *outcome = co_await *wait;
  }
  void Spin() {
    for (int i = 0; i < 4; ++i) runner_.Do([] {});
  }
};

TEST_F(NodeTest, ANodeLivesAsLongAsItsOpens) {
  const auto one = Create("file");
  const auto other = Create("file");
  EXPECT_EQ(one->node, other->node);
  EXPECT_EQ(nodes_.Find(one->node->key()), one->node);
  EXPECT_EQ(one->node->opens(), 2u);
  Close(one);
  EXPECT_EQ(nodes_.size(), 1u);
  Close(other);
  EXPECT_EQ(nodes_.Find(other->node->key()), nullptr);
}

TEST_F(NodeTest, LocksHoldAcrossOpensAndGoWithThem) {
  const auto one = Create("file");
  const auto other = Create("file");
  EXPECT_EQ(one->node->TryLock(*one, {0, 10}, true), NtStatus::kOk);
  EXPECT_EQ(one->node->TryLock(*other, {5, 1}, false), NtStatus::kLockNotGranted);
  EXPECT_EQ(one->node->CheckRead(*other, {5, 1}), NtStatus::kFileLockConflict);
  EXPECT_EQ(one->node->BeginWrite(*other, {5, 1}, 0, false), NtStatus::kFileLockConflict);
  EXPECT_EQ(one->node->CheckRead(*one, {5, 1}), NtStatus::kOk);
  EXPECT_EQ(one->node->Unlock(*one, {0, 9}), NtStatus::kRangeNotLocked);
  Close(one);
  EXPECT_EQ(other->node->TryLock(*other, {5, 1}, false), NtStatus::kOk);
  Close(other);
}

TEST_F(NodeTest, AWaitingLockGetsItsTurn) {
  const auto one = Create("file");
  const auto other = Create("file");
  EXPECT_EQ(one->node->TryLock(*one, {0, 10}, true), NtStatus::kOk);
  FileNode::LockWait wait(other->node.get(), other.get(), {0, 10}, true);
  NtStatus outcome = NtStatus::kPending;
  runner_.Do([&] { ring::Spawn(Wait(&wait, &outcome)); });
  Spin();
  EXPECT_EQ(outcome, NtStatus::kPending);
  runner_.Do([&] { EXPECT_EQ(one->node->Unlock(*one, {0, 10}), NtStatus::kOk); });
  Spin();
  EXPECT_EQ(outcome, NtStatus::kOk);
  EXPECT_EQ(one->node->TryLock(*one, {0, 10}, true), NtStatus::kLockNotGranted);
  Close(one);
  Close(other);
}

TEST_F(NodeTest, AWaitEndsByCancelAndByTheClose) {
  const auto one = Create("file");
  const auto other = Create("file");
  EXPECT_EQ(one->node->TryLock(*one, {0, 10}, true), NtStatus::kOk);
  FileNode::LockWait cancelled(other->node.get(), other.get(), {0, 10}, true);
  FileNode::LockWait closed(other->node.get(), other.get(), {0, 10}, true);
  NtStatus outcomes[2] = {NtStatus::kPending, NtStatus::kPending};
  runner_.Do([&] {
    ring::Spawn(Wait(&cancelled, &outcomes[0]));
    ring::Spawn(Wait(&closed, &outcomes[1]));
    cancelled.Cancel();
  });
  Spin();
  EXPECT_EQ(outcomes[0], NtStatus::kCancelled);
  EXPECT_EQ(outcomes[1], NtStatus::kPending);
  Close(other);
  Spin();
  EXPECT_EQ(outcomes[1], NtStatus::kRangeNotLocked);
  Close(one);
}

TEST_F(NodeTest, ACancelBeforeTheWaitHolds) {
  const auto one = Create("file");
  FileNode::LockWait wait(one->node.get(), one.get(), {0, 10}, true);
  wait.Cancel();
  NtStatus outcome = NtStatus::kPending;
  runner_.Do([&] { ring::Spawn(Wait(&wait, &outcome)); });
  EXPECT_EQ(outcome, NtStatus::kCancelled);
  Close(one);
}

// Opens of one file on many threads: the table stays whole, and share modes hold at every moment.
TEST_F(NodeTest, OpensAndClosesRaceWithoutHarm) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 2000;
  std::atomic<int> alone{0};
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        OpenFile open;
        open.volume = owned_volume_;
        open.mode = {kFileWriteData, 0};
        std::shared_ptr<FileNode> breaking;
        if (nodes_.Admit({1, 7, 0}, &open, {}, &breaking) != NtStatus::kOk) {
          refused.fetch_add(1);
          continue;
        }
        EXPECT_EQ(alone.fetch_add(1), 0);
        alone.fetch_sub(1);
        Removal removal;
        EXPECT_EQ(nodes_.Leave(&open, nullptr, &removal), NodeTable::Leaving::kLeft);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(nodes_.size(), 0u);
  EXPECT_LT(refused.load(), kThreads * kRounds);
}

// --- Names ---

class NameLocksTest : public NodeTest {
 protected:
  ring::Task<void> Take(uint64_t name, NameLocks::Mode mode, NameLocks::Hold* hold, int* order) {
    *hold = co_await locks_.Acquire(name, mode);
    *order = ++taken_;
  }
  void Start(uint64_t name, NameLocks::Mode mode, NameLocks::Hold* hold, int* order) {
    runner_.Do([&] { ring::Spawn(Take(name, mode, hold, order)); });
  }

  static constexpr auto kShared = NameLocks::Mode::kShared;
  static constexpr auto kExclusive = NameLocks::Mode::kExclusive;
  NameLocks locks_;
  int taken_ = 0;
};

TEST_F(NameLocksTest, ExclusiveHoldsAreAloneAndServedInOrder) {
  NameLocks::Hold holds[3];
  int order[3] = {};
  for (int i = 0; i < 3; ++i) Start(1, kExclusive, &holds[i], &order[i]);
  EXPECT_EQ(order[0], 1);
  EXPECT_EQ(order[1], 0);
  runner_.Do([&] { holds[0].Release(); });
  Spin();
  EXPECT_EQ(order[1], 2);
  EXPECT_EQ(order[2], 0);
  runner_.Do([&] { holds[1].Release(); });
  Spin();
  EXPECT_EQ(order[2], 3);
  holds[2].Release();
  EXPECT_EQ(locks_.held(), 0u);
}

TEST_F(NameLocksTest, SharedHoldsAreTogetherButWaitBehindAnExclusiveOne) {
  NameLocks::Hold holds[4];
  int order[4] = {};
  Start(1, kShared, &holds[0], &order[0]);
  Start(1, kShared, &holds[1], &order[1]);
  Start(1, kExclusive, &holds[2], &order[2]);
  Start(1, kShared, &holds[3], &order[3]);
  EXPECT_NE(order[1], 0);
  EXPECT_EQ(order[2], 0);
  EXPECT_EQ(order[3], 0) << "else the exclusive one might never come";
  runner_.Do([&] { holds[0].Release(); });
  runner_.Do([&] { holds[1].Release(); });
  Spin();
  EXPECT_NE(order[2], 0);
  EXPECT_EQ(order[3], 0);
  runner_.Do([&] { holds[2].Release(); });
  Spin();
  EXPECT_NE(order[3], 0);
  holds[3].Release();
  EXPECT_EQ(locks_.held(), 0u);
}

TEST_F(NameLocksTest, OtherNamesDoNotWait) {
  NameLocks::Hold holds[2];
  int order[2] = {};
  Start(1, kExclusive, &holds[0], &order[0]);
  Start(2, kExclusive, &holds[1], &order[1]);
  EXPECT_NE(order[1], 0);
  EXPECT_EQ(locks_.held(), 2u);
}

}  // namespace
}  // namespace sluice::fs

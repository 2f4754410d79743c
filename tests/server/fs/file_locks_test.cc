// The locks of a file node: limits, and what a request that fails takes back.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "proto/status/nt_status.h"
#include "server/base/fs_limits.h"
#include "server/base/limits.h"
#include "server/fs/file_node.h"
#include "server/fs/lock_allowance.h"
#include "server/fs/open_file.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

class FileLocksTest : public ::testing::Test {
 protected:
  FileLocksTest() {
    one_.session_locks = std::make_shared<LockAllowance>();
    other_.session_locks = one_.session_locks;
  }
  static void Take(LockAllowance& allowance, size_t locks) {
    for (size_t i = 0; i < locks; ++i) ASSERT_TRUE(allowance.Take(SIZE_MAX));
  }

  std::atomic<size_t> directories_going_{0};
  LockAllowance all_;
  FileNode node_{FileKey{1, 2, 0}, directories_going_, all_};
  OpenFile one_;
  OpenFile other_;
};

TEST_F(FileLocksTest, AnOpenHasALimit) {
  for (uint64_t i = 0; i < limits::locks_per_open_max; ++i) {
    ASSERT_EQ(node_.TryLock(one_, {i, 1}, false), NtStatus::kOk);
  }
  EXPECT_EQ(node_.TryLock(one_, {0, 1}, false), NtStatus::kInsufficientResources);
  EXPECT_EQ(node_.TryLock(one_, {0, 1}, true), NtStatus::kLockNotGranted) << "conflicts come first";
  EXPECT_EQ(node_.TryLock(other_, {0, 1}, false), NtStatus::kOk);
  EXPECT_EQ(all_.held(), limits::locks_per_open_max + 1);
  while (node_.ReleaseSomeLocks(one_, 1000)) continue;
  EXPECT_EQ(all_.held(), 1u);
  EXPECT_EQ(one_.session_locks->held(), 1u);
}

TEST_F(FileLocksTest, ASessionHasALimit) {
  Take(*one_.session_locks, limits::locks_per_session_max - 1);
  EXPECT_EQ(node_.TryLock(one_, {0, 1}, false), NtStatus::kOk);
  EXPECT_EQ(node_.TryLock(other_, {0, 1}, false), NtStatus::kInsufficientResources);
  EXPECT_EQ(all_.held(), 1u) << "what was refused is not counted";
  EXPECT_EQ(node_.Unlock(one_, {0, 1}), NtStatus::kOk);
  EXPECT_EQ(node_.TryLock(other_, {0, 1}, false), NtStatus::kOk);
  other_.session_locks = nullptr;
  node_.ReleaseSomeLocks(other_, 1);
}

// However many sessions he has.
TEST_F(FileLocksTest, AUserHasALimit) {
  other_.session_locks = std::make_shared<LockAllowance>();
  one_.user_locks = other_.user_locks = std::make_shared<LockAllowance>();
  Take(*one_.user_locks, limits::kLocksPerUserMax - 1);
  EXPECT_EQ(node_.TryLock(one_, {0, 1}, false), NtStatus::kOk);
  EXPECT_EQ(node_.TryLock(other_, {0, 1}, false), NtStatus::kInsufficientResources);
  EXPECT_EQ(other_.session_locks->held(), 0u) << "what was refused is not counted";
  EXPECT_EQ(node_.Unlock(one_, {0, 1}), NtStatus::kOk);
  EXPECT_EQ(one_.user_locks->held(), limits::kLocksPerUserMax - 1);
  Take(all_, limits::locks_max - limits::locks_reserved);
  EXPECT_EQ(node_.TryLock(other_, {0, 1}, false), NtStatus::kInsufficientResources)
      << "the reserve is for users that hold few";
  other_.session_locks = nullptr;
}

TEST_F(FileLocksTest, TheLastLocksAreForSessionsThatHoldFew) {
  Take(all_, limits::locks_max - limits::locks_reserved);
  Take(*one_.session_locks, limits::locks_from_reserve_max);
  EXPECT_EQ(node_.TryLock(one_, {0, 1}, false), NtStatus::kInsufficientResources);
  other_.session_locks = std::make_shared<LockAllowance>();
  EXPECT_EQ(node_.TryLock(other_, {0, 1}, false), NtStatus::kOk);
  Take(all_, limits::locks_reserved - 1);
  EXPECT_EQ(node_.TryLock(other_, {0, 1}, false), NtStatus::kInsufficientResources);
  EXPECT_EQ(node_.Unlock(other_, {0, 1}), NtStatus::kOk);
}

TEST_F(FileLocksTest, WhatIsTakenBackIsOfItsKind) {
  EXPECT_EQ(node_.TryLock(one_, {0, 10}, true), NtStatus::kOk);
  EXPECT_EQ(node_.TryLock(one_, {0, 10}, false), NtStatus::kOk);
  node_.TakeBack(one_, {0, 10}, false);
  EXPECT_EQ(node_.CheckRead(other_, {0, 1}), NtStatus::kFileLockConflict);
  node_.TakeBack(one_, {0, 10}, false);
  EXPECT_EQ(node_.CheckRead(other_, {0, 1}), NtStatus::kFileLockConflict) << "none of that kind";
  node_.TakeBack(one_, {0, 10}, true);
  EXPECT_EQ(node_.CheckRead(other_, {0, 1}), NtStatus::kOk);
  EXPECT_EQ(all_.held(), 0u);
}

TEST_F(FileLocksTest, AClosedOpenTakesNoLock) {
  one_.closed = true;
  EXPECT_EQ(node_.TryLock(one_, {0, 1}, false), NtStatus::kFileClosed);
  EXPECT_EQ(all_.held(), 0u);
}

}  // namespace
}  // namespace sluice::fs

#include "server/fs/oplock.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "server/base/limits.h"
#include "server/fs/node_table.h"
#include "server/fs/open_file.h"
#include "server/fs/posix_security.h"
#include "server/ring/loop.h"
#include "tests/server/storage/run_on_loop.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

constexpr uint64_t kTimeout = limits::oplock_break_timeout_ms * 1'000'000;
constexpr uint32_t kShareAll = kShareRead | kShareWrite | kShareDelete;

class OplocksTest : public ::testing::Test {
 protected:
  // `open` asks for `wanted` and its client is known.
  OplockLevel Give(const OpenFile& open, OplockLevel wanted, bool alone = true) {
    AfterUnlock after;
    const OplockLevel level = oplocks_.Grant(&open, wanted, alone, false);
    oplocks_.Listen(
        &open, [this](OplockLevel to) { told_.push_back(to); }, &after);
    return level;
  }
  bool BreakForOpen(bool conflicts, bool overwrites, uint64_t now = 0) {
    AfterUnlock after;
    return oplocks_.BreakForOpen(conflicts, overwrites, now, limits::oplock_break_timeout_ms,
                                 &after);
  }
  NtStatus Answer(const OpenFile& open, OplockLevel answer) {
    return oplocks_.Acknowledge(&open, answer, &left_);
  }

  OpenFile one_;
  OpenFile two_;
  Oplocks oplocks_;
  std::vector<OplockLevel> told_;
  OplockLevel left_ = OplockLevel::kNone;
};

TEST_F(OplocksTest, SoleOpenGetsWhatItAskedFor) {
  for (const OplockLevel wanted :
       {OplockLevel::kNone, OplockLevel::kLevelII, OplockLevel::kExclusive, OplockLevel::kBatch}) {
    EXPECT_EQ(Give(one_, wanted), wanted);
    EXPECT_EQ(oplocks_.LevelOf(&one_), wanted);
    oplocks_.Remove(&one_);
  }
}

TEST_F(OplocksTest, OpenAmongOthersGetsLevelIIAtMost) {
  EXPECT_EQ(Give(one_, OplockLevel::kNone, false), OplockLevel::kNone);
  oplocks_.Remove(&one_);
  EXPECT_EQ(Give(one_, OplockLevel::kBatch, false), OplockLevel::kLevelII);
  // Though the other looks at attributes only, it holds an oplock.
  EXPECT_EQ(Give(two_, OplockLevel::kBatch, true), OplockLevel::kLevelII);
}

TEST_F(OplocksTest, NothingIsGrantedBesideAnExclusiveHolderOrLocks) {
  EXPECT_EQ(oplocks_.Grant(&one_, OplockLevel::kLevelII, true, true), OplockLevel::kNone);
  EXPECT_EQ(Give(one_, OplockLevel::kBatch), OplockLevel::kBatch);
  EXPECT_EQ(Give(two_, OplockLevel::kLevelII), OplockLevel::kNone);
}

TEST_F(OplocksTest, OpenBreaksToLevelIIAndOverwriteToNone) {
  for (const bool overwrites : {false, true}) {
    const OplockLevel to = overwrites ? OplockLevel::kNone : OplockLevel::kLevelII;
    Give(one_, OplockLevel::kExclusive);
    EXPECT_TRUE(BreakForOpen(false, overwrites));
    EXPECT_EQ(told_, std::vector<OplockLevel>{to});
    EXPECT_TRUE(oplocks_.breaking());
    // The second who comes waits too, and the holder is told once.
    EXPECT_TRUE(BreakForOpen(false, false));
    EXPECT_EQ(told_.size(), 1u);
    // More than was offered is not to be had.
    EXPECT_EQ(Answer(one_, OplockLevel::kLevelII), NtStatus::kOk);
    EXPECT_EQ(left_, to);
    EXPECT_FALSE(oplocks_.breaking());
    EXPECT_FALSE(BreakForOpen(false, false));
    oplocks_.Remove(&one_);
    told_.clear();
  }
}

TEST_F(OplocksTest, OnlyBatchBreaksForOneThatTheShareModeRefuses) {
  Give(one_, OplockLevel::kExclusive);
  EXPECT_FALSE(BreakForOpen(true, false));
  EXPECT_TRUE(BreakForOpen(false, false));
  EXPECT_FALSE(BreakForOpen(true, false));
  oplocks_.Remove(&one_);
  EXPECT_FALSE(oplocks_.breaking());
  Give(one_, OplockLevel::kBatch);
  EXPECT_TRUE(BreakForOpen(true, false));
  EXPECT_TRUE(BreakForOpen(true, false));
}

TEST_F(OplocksTest, HolderMayGiveUpMoreThanItMust) {
  Give(one_, OplockLevel::kBatch);
  EXPECT_TRUE(BreakForOpen(false, false));
  EXPECT_EQ(Answer(one_, OplockLevel::kNone), NtStatus::kOk);
  EXPECT_EQ(left_, OplockLevel::kNone);
  EXPECT_EQ(oplocks_.LevelOf(&one_), OplockLevel::kNone);
}

TEST_F(OplocksTest, OverwriteAfterABreakToLevelIIEndsThatToo) {
  Give(one_, OplockLevel::kBatch);
  EXPECT_TRUE(BreakForOpen(false, false));
  EXPECT_TRUE(BreakForOpen(false, true));
  EXPECT_EQ(Answer(one_, OplockLevel::kLevelII), NtStatus::kOk);
  EXPECT_FALSE(BreakForOpen(false, true));
  EXPECT_EQ(told_, (std::vector<OplockLevel>{OplockLevel::kLevelII, OplockLevel::kNone}));
}

TEST_F(OplocksTest, ChangesEndLevelIIWithoutAnswerAndLeaveOthers) {
  AfterUnlock unused;
  Give(one_, OplockLevel::kLevelII);
  Give(two_, OplockLevel::kLevelII, false);
  {
    AfterUnlock after;
    oplocks_.BreakShared(&after);
    EXPECT_TRUE(told_.empty());  // not while the mutex is held
  }
  EXPECT_EQ(told_, (std::vector<OplockLevel>{OplockLevel::kNone, OplockLevel::kNone}));
  EXPECT_FALSE(oplocks_.breaking());
  oplocks_.BreakShared(&unused);
  EXPECT_EQ(told_.size(), 2u);
  oplocks_.Remove(&one_);
  oplocks_.Remove(&two_);
  Give(one_, OplockLevel::kBatch);
  oplocks_.BreakShared(&unused);
  EXPECT_EQ(oplocks_.LevelOf(&one_), OplockLevel::kBatch);
}

TEST_F(OplocksTest, AnswerThatNobodyAskedForIsRefused) {
  EXPECT_EQ(Answer(one_, OplockLevel::kNone), NtStatus::kInvalidDeviceState);
  Give(one_, OplockLevel::kBatch);
  EXPECT_EQ(Answer(one_, OplockLevel::kNone), NtStatus::kInvalidOplockProtocol);
  EXPECT_EQ(oplocks_.LevelOf(&one_), OplockLevel::kBatch);
  EXPECT_TRUE(BreakForOpen(false, false));
  EXPECT_EQ(Answer(two_, OplockLevel::kNone), NtStatus::kInvalidDeviceState);
  EXPECT_TRUE(oplocks_.breaking());
  EXPECT_EQ(Answer(one_, OplockLevel::kLevelII), NtStatus::kOk);
  EXPECT_EQ(Answer(one_, OplockLevel::kLevelII), NtStatus::kInvalidOplockProtocol);
}

TEST_F(OplocksTest, BreakEndsWhenItsTimeIsOver) {
  Give(one_, OplockLevel::kBatch);
  EXPECT_TRUE(BreakForOpen(false, false, 1000));
  EXPECT_EQ(oplocks_.deadline(), 1000 + kTimeout);
  EXPECT_TRUE(BreakForOpen(false, false, 1000 + kTimeout - 1));
  EXPECT_FALSE(BreakForOpen(false, false, 1000 + kTimeout));
  EXPECT_EQ(oplocks_.LevelOf(&one_), OplockLevel::kNone);
  EXPECT_EQ(Answer(one_, OplockLevel::kLevelII), NtStatus::kInvalidOplockProtocol);
}

TEST_F(OplocksTest, BreakBeforeTheClientKnowsTheOpenIsToldThen) {
  oplocks_.Grant(&one_, OplockLevel::kBatch, true, false);
  EXPECT_TRUE(BreakForOpen(false, false));
  EXPECT_TRUE(told_.empty());
  {
    AfterUnlock after;
    oplocks_.Listen(
        &one_, [this](OplockLevel to) { told_.push_back(to); }, &after);
  }
  EXPECT_EQ(told_, std::vector<OplockLevel>{OplockLevel::kLevelII});
}

// The file's own part: who is admitted when, and who wakes up.
class OplockedNodeTest : public ::testing::Test {
 protected:
  struct Opened : OpenFile {
    Opened(uint32_t access, uint32_t share) { mode = {access, share}; }
  };
  NtStatus Admit(OpenFile& open, OplockLevel wanted, bool overwrites = false) {
    Admission admission;
    admission.oplock = wanted;
    admission.overwrites = overwrites;
    admission.now = now_;
    return nodes_.Admit({1, 2, 0}, &open, admission, &breaking_);
  }
  void Close(OpenFile& open) {
    Removal removal;
    nodes_.Leave(&open, nullptr, &removal);
  }
  ring::Task<NtStatus> Wait() {
    FileNode::BreakWait wait(breaking_.get(), ring::Loop::Current());
    wait_ = &wait;
    const NtStatus status = co_await wait;
    wait_ = nullptr;
    co_return status;
  }
  // Runs Wait() to its end; `then` once it waits.
  template <typename F>
  NtStatus WaitAnd(F then) {
    // Run() posts the task behind this, and in front of what this posts.
    runner_.loop().Post([this, then] { runner_.loop().Post(then); });
    return runner_.Run(Wait());
  }
  uint64_t ClockNow() { return runner_.loop().clock().MonotonicNanos(); }

  storage::LoopRunner runner_;
  NodeTable nodes_;
  uint64_t now_ = ClockNow();
  std::shared_ptr<FileNode> breaking_;
  FileNode::BreakWait* wait_ = nullptr;
  Opened holder_{kFileReadData, kShareAll};
  Opened second_{kFileReadData, kShareAll};
};

TEST_F(OplockedNodeTest, OpensForAttributesNeitherBreakNorHinder) {
  Opened looker(kFileReadAttributes | kSynchronize, 0);
  EXPECT_EQ(Admit(looker, OplockLevel::kNone), NtStatus::kOk);
  EXPECT_EQ(Admit(holder_, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(holder_.oplock, OplockLevel::kBatch);
  Opened another(kFileWriteAttributes, 0);
  EXPECT_EQ(Admit(another, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(another.oplock, OplockLevel::kNone);
  // Unless it overwrites.
  Opened overwriter(kFileReadAttributes, kShareAll);
  EXPECT_EQ(Admit(overwriter, OplockLevel::kNone, true), NtStatus::kOplockBreakInProgress);
  EXPECT_EQ(overwriter.node, nullptr);
  Close(looker);
  Close(another);
  Close(holder_);
}

TEST_F(OplockedNodeTest, ExclusiveDoesNotBreakForASharingViolation) {
  holder_.mode.share = 0;
  EXPECT_EQ(Admit(holder_, OplockLevel::kExclusive), NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kNone), NtStatus::kSharingViolation);
  Close(holder_);
  EXPECT_EQ(Admit(holder_, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kNone), NtStatus::kOplockBreakInProgress);
  OplockLevel level = OplockLevel::kNone;
  EXPECT_EQ(breaking_->AcknowledgeBreak(holder_, OplockLevel::kLevelII, &level), NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kNone), NtStatus::kSharingViolation);
  Close(holder_);
}

TEST_F(OplockedNodeTest, LocksAndWritesEndLevelII) {
  holder_.mode.access |= kFileWriteData;
  std::vector<OplockLevel> told;
  const auto listen = [&](OpenFile& open) {
    open.node->ListenForBreaks(open, [&told](OplockLevel to) { told.push_back(to); });
  };
  EXPECT_EQ(Admit(holder_, OplockLevel::kLevelII), NtStatus::kOk);
  listen(holder_);
  EXPECT_EQ(holder_.node->BeginWrite(holder_, {0, 1}, now_, false), NtStatus::kOk);
  EXPECT_EQ(told.size(), 1u);
  EXPECT_EQ(Admit(second_, OplockLevel::kLevelII), NtStatus::kOk);
  EXPECT_EQ(second_.oplock, OplockLevel::kLevelII);
  listen(second_);
  EXPECT_EQ(holder_.node->TryLock(holder_, {0, 1}, true), NtStatus::kOk);
  EXPECT_EQ(told.size(), 2u);
  Opened third(kFileReadData, kShareAll);
  EXPECT_EQ(Admit(third, OplockLevel::kLevelII), NtStatus::kOk);
  EXPECT_EQ(third.oplock, OplockLevel::kNone);
  for (OpenFile* open : std::vector<OpenFile*>{&holder_, &second_, &third}) Close(*open);
}

TEST_F(OplockedNodeTest, WaitEndsWithTheAnswer) {
  EXPECT_EQ(Admit(holder_, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kBatch), NtStatus::kOplockBreakInProgress);
  EXPECT_EQ(WaitAnd([this] {
              OplockLevel level;
              breaking_->AcknowledgeBreak(holder_, OplockLevel::kLevelII, &level);
            }),
            NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(second_.oplock, OplockLevel::kLevelII);
  Close(holder_);
  Close(second_);
}

TEST_F(OplockedNodeTest, WaitEndsWhenTheHolderCloses) {
  EXPECT_EQ(Admit(holder_, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kBatch), NtStatus::kOplockBreakInProgress);
  EXPECT_EQ(WaitAnd([this] { Close(holder_); }), NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(second_.oplock, OplockLevel::kBatch);
  Close(second_);
}

TEST_F(OplockedNodeTest, WaitEndsWithItsTime) {
  now_ = ClockNow() - kTimeout + 1'000'000;
  EXPECT_EQ(Admit(holder_, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kBatch), NtStatus::kOplockBreakInProgress);
  EXPECT_EQ(runner_.Run(Wait()), NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(second_.oplock, OplockLevel::kLevelII);
  Close(holder_);
  Close(second_);
}

TEST_F(OplockedNodeTest, WaitEndsWhenItIsCancelled) {
  EXPECT_EQ(Admit(holder_, OplockLevel::kBatch), NtStatus::kOk);
  EXPECT_EQ(Admit(second_, OplockLevel::kBatch), NtStatus::kOplockBreakInProgress);
  EXPECT_EQ(WaitAnd([this] { wait_->Cancel(); }), NtStatus::kCancelled);
  OplockLevel level = OplockLevel::kNone;
  EXPECT_EQ(breaking_->AcknowledgeBreak(holder_, OplockLevel::kLevelII, &level), NtStatus::kOk);
  EXPECT_EQ(runner_.Run(Wait()), NtStatus::kOk);  // nothing to wait for
  Close(holder_);
}

}  // namespace
}  // namespace sluice::fs

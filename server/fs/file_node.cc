#include "server/fs/file_node.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "server/base/fs_limits.h"
#include "server/base/limits.h"
#include "server/fs/name_change.h"
#include "server/fs/open_file.h"
#include "server/fs/posix_security.h"
#include "server/ring/loop.h"

namespace sluice::fs {

using proto::NtStatus;

namespace {

// An open that breaks no oplock and hinders none [MS-FSA] 2.1.4.12.
bool OnlyAttributes(uint32_t access) {
  return (access & ~(kFileReadAttributes | kFileWriteAttributes | kSynchronize)) == 0;
}

}  // namespace

bool Removal::Concerns(const OpenFile& open) const {
  return sole || (volume == open.volume && path == open.path);
}

FileNode::~FileNode() {
  while (!removals_.empty()) EraseRemoval(removals_.begin());
}

bool FileNode::SetDeletePending(Removal removal, const OpenFile* by) {
  std::lock_guard<std::mutex> lock(mutex_);
  const bool left = by != nullptr && std::find(opens_.begin(), opens_.end(), by) == opens_.end();
  if (opens_.empty() || left) return false;
  if (by != nullptr) removal.path = by->path;
  for (const Removal& other : removals_) {
    const bool same = other.volume == removal.volume && other.path == removal.path;
    if (same) return true;
  }
  if (removal.directory) directories_going_.fetch_add(1);
  removals_.push_back(std::move(removal));
  return true;
}

std::vector<Removal>::iterator FileNode::EraseRemoval(std::vector<Removal>::iterator removal) {
  if (removal->directory) directories_going_.fetch_sub(1);
  return removals_.erase(removal);
}

void FileNode::ClearDeletePending(const OpenFile& open) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (auto at = removals_.begin(); at != removals_.end();) {
    if (at->Concerns(open)) {
      at = EraseRemoval(at);
    } else {
      ++at;
    }
  }
}

bool FileNode::DeletePendingLocked(const OpenFile& open) const {
  return std::any_of(removals_.begin(), removals_.end(),
                     [&open](const Removal& removal) { return removal.Concerns(open); });
}

bool FileNode::DeletePending(const OpenFile& open) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return DeletePendingLocked(open);
}

bool FileNode::DeletePending(const Volume* volume, absl::string_view path, uint32_t links) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(removals_.begin(), removals_.end(), [&](const Removal& removal) {
    return (links <= 1 && !removal.of_link) ||
           (removal.volume.get() == volume && removal.path == path);
  });
}

uint32_t FileNode::names_going() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return static_cast<uint32_t>(removals_.size());
}

std::vector<Removal>::iterator FileNode::RemovalDue(const OpenFile& open) {
  for (auto at = removals_.begin(); at != removals_.end(); ++at) {
    if (!at->Concerns(open)) continue;
    const bool last = std::none_of(opens_.begin(), opens_.end(), [&](const OpenFile* other) {
      return other != &open && at->Concerns(*other);
    });
    if (last) return at;
  }
  return removals_.end();
}

void FileNode::SetDeleteOnClose(OpenFile* open, const base::Identity& who) {
  std::lock_guard<std::mutex> lock(mutex_);
  open->delete_on_close = true;
  open->who = who.Shared();
}

std::string FileNode::PathOf(const OpenFile& open) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return open.path;
}

OpenDescription FileNode::Describe(const OpenFile& open) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return {open.path, open.delete_on_close || DeletePendingLocked(open), locks_.Of(&open)};
}

void FileNode::Renamed(NameChange& change) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (OpenFile* open : opens_) {
    if (auto now = change.For(open->volume.get(), open->path)) open->path = *std::move(now);
  }
  // One that came while the rename was on its way.
  for (Removal& removal : removals_) {
    if (auto now = change.For(removal.volume.get(), removal.path)) removal.path = *std::move(now);
  }
}

bool FileNode::HasOpenBelow(NameChange& change) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(opens_.begin(), opens_.end(), [&](const OpenFile* open) {
    return change.IsBelow(open->volume.get(), open->path);
  });
}

bool FileNode::HasOpenFor(uint32_t any_of) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(opens_.begin(), opens_.end(),
                     [any_of](const OpenFile* open) { return open->Granted(any_of); });
}

bool FileNode::HasOpenNotSharing(uint32_t share) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::any_of(opens_.begin(), opens_.end(),
                     [share](const OpenFile* open) { return (open->mode.share & share) != share; });
}

size_t FileNode::opens() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return opens_.size();
}

NtStatus FileNode::Admit(OpenFile* open, const Admission& admission, AfterUnlock* after) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const Removal& removal : removals_) {
    const bool only_name = admission.links <= 1 && !removal.of_link;
    if (only_name || removal.Concerns(*open)) return NtStatus::kDeletePending;
  }
  const uint32_t extra_access = admission.overwrites ? kFileWriteData : 0;
  const ShareMode wanted{open->mode.access | extra_access, open->mode.share};
  bool conflicts = false;
  bool alone = true;
  for (const OpenFile* other : opens_) {
    if (Conflicts(wanted, other->mode)) conflicts = true;
    if (!OnlyAttributes(other->mode.access)) alone = false;
  }
  if (!OnlyAttributes(wanted.access)) {
    const bool waits = oplocks_.BreakForOpen(conflicts, admission.overwrites, admission.now,
                                             admission.break_timeout_ms, after);
    WakeBreakWaiters(after);
    if (waits) return NtStatus::kOplockBreakInProgress;
  }
  if (conflicts) return NtStatus::kSharingViolation;
  opens_.push_back(open);
  open->oplock = oplocks_.Grant(open, admission.oplock, alone, !locks_.empty());
  return NtStatus::kOk;
}

FileNode::Waiters FileNode::Remove(OpenFile* open, AfterUnlock* after) {
  const auto found = std::find(opens_.begin(), opens_.end(), open);
  assert(found != opens_.end());
  opens_.erase(found);
  LocksReleased(*open, locks_.RemoveAll(open));
  oplocks_.Remove(open);
  WakeBreakWaiters(after);
  return TakeFinished(open, nullptr);
}

NtStatus FileNode::TryLock(const OpenFile& open, const ByteRange& range, bool exclusive) {
  AfterUnlock after;
  std::lock_guard<std::mutex> lock(mutex_);
  // No close would free the lock.
  if (open.closed) return NtStatus::kFileClosed;
  oplocks_.BreakShared(&after);
  return AddLock(open, range, exclusive);
}

NtStatus FileNode::AddLock(const OpenFile& open, const ByteRange& range, bool exclusive) {
  if (!locks_.Fits(&open, range, exclusive)) return NtStatus::kLockNotGranted;
  if (locks_.Count(&open) >= limits::locks_per_open_max ||
      locks_.size() >= limits::locks_per_file_max) {
    return NtStatus::kInsufficientResources;
  }
  LockAllowance* const of_session = open.session_locks.get();
  if (of_session != nullptr && !of_session->Take(limits::locks_per_session_max)) {
    return NtStatus::kInsufficientResources;
  }
  LockAllowance* const of_user = open.user_locks.get();
  if (of_user != nullptr && !of_user->Take(limits::kLocksPerUserMax)) {
    if (of_session != nullptr) of_session->GiveBack(1);
    return NtStatus::kInsufficientResources;
  }
  const LockAllowance* const holder = of_user != nullptr ? of_user : of_session;
  const bool holds_many = holder != nullptr && holder->held() > limits::locks_from_reserve_max;
  const size_t all_max = limits::locks_max - (holds_many ? limits::locks_reserved : 0);
  if (!all_locks_.Take(all_max)) {
    if (of_user != nullptr) of_user->GiveBack(1);
    if (of_session != nullptr) of_session->GiveBack(1);
    return NtStatus::kInsufficientResources;
  }
  const bool added = locks_.Add(&open, range, exclusive);
  assert(added);
  (void)added;
  if (exclusive) may_stop_reads_.store(true, std::memory_order_release);
  return NtStatus::kOk;
}

void FileNode::LocksReleased(const OpenFile& open, size_t locks) {
  all_locks_.GiveBack(locks);
  if (open.session_locks != nullptr) open.session_locks->GiveBack(locks);
  if (open.user_locks != nullptr) open.user_locks->GiveBack(locks);
  may_stop_reads_.store(locks_.has_exclusive(), std::memory_order_release);
}

NtStatus FileNode::Unlock(const OpenFile& open, const ByteRange& range) {
  Waiters finished;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!locks_.Remove(&open, range)) return NtStatus::kRangeNotLocked;
    LocksReleased(open, 1);
    finished = TakeFinished(nullptr, &range);
  }
  Resume(finished);
  return NtStatus::kOk;
}

void FileNode::TakeBack(const OpenFile& open, const ByteRange& range, bool exclusive) {
  Waiters finished;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!locks_.Remove(&open, range, exclusive)) return;  // released meanwhile
    LocksReleased(open, 1);
    finished = TakeFinished(nullptr, &range);
  }
  Resume(finished);
}

bool FileNode::ReleaseSomeLocks(const OpenFile& open, size_t max) {
  Waiters finished;
  bool more = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const size_t released = locks_.RemoveAll(&open, max);
    LocksReleased(open, released);
    if (released > 0) finished = TakeFinished(nullptr, nullptr);
    more = locks_.Count(&open) > 0;
  }
  Resume(finished);
  return more;
}

FileNode::Waiters FileNode::TakeFinished(const OpenFile* closed, const ByteRange* freed) {
  Waiters finished;
  for (LockWait* waiter : waiters_) {
    if (waiter->open_ == closed) {
      waiter->status_ = NtStatus::kRangeNotLocked;
    } else if (freed != nullptr && !Overlap(waiter->range_, *freed)) {
      continue;
    } else {
      const NtStatus status = AddLock(*waiter->open_, waiter->range_, waiter->exclusive_);
      if (status == NtStatus::kLockNotGranted) continue;
      waiter->status_ = status;
    }
    finished.push_back(waiter);
  }
  if (!finished.empty()) {
    waiters_.erase(std::remove_if(waiters_.begin(), waiters_.end(),
                                  [](const LockWait* waiter) {
                                    return waiter->status_ != NtStatus::kPending;
                                  }),
                   waiters_.end());
  }
  return finished;
}

void FileNode::Resume(const Waiters& waiters) {
  for (LockWait* waiter : waiters) {
    waiter->loop_->Post([handle = waiter->handle_] { handle.resume(); });
  }
}

bool FileNode::LockWait::await_suspend(std::coroutine_handle<> awaiter) {
  handle_ = awaiter;
  loop_ = &ring::Loop::Current();
  std::lock_guard<std::mutex> lock(node_->mutex_);
  if (status_ != NtStatus::kPending) return false;  // cancelled before it began
  if (open_->closed) {
    status_ = NtStatus::kRangeNotLocked;
    return false;
  }
  const NtStatus status = node_->AddLock(*open_, range_, exclusive_);
  if (status != NtStatus::kLockNotGranted) {
    status_ = status;
    return false;
  }
  if (node_->waiters_.size() >= limits::lock_waits_per_file_max) {
    status_ = NtStatus::kInsufficientResources;
    return false;
  }
  node_->waiters_.push_back(this);
  return true;
}

void FileNode::LockWait::Cancel() {
  {
    std::lock_guard<std::mutex> lock(node_->mutex_);
    if (status_ != NtStatus::kPending) return;
    status_ = NtStatus::kCancelled;
    const auto found = std::find(node_->waiters_.begin(), node_->waiters_.end(), this);
    if (found == node_->waiters_.end()) return;  // not awaited yet
    node_->waiters_.erase(found);
  }
  Resume({this});
}

void FileNode::ListenForBreaks(const OpenFile& open, BreakListener listener) {
  AfterUnlock after;
  std::lock_guard<std::mutex> lock(mutex_);
  oplocks_.Listen(&open, std::move(listener), &after);
}

NtStatus FileNode::AcknowledgeBreak(const OpenFile& open, OplockLevel answer, OplockLevel* level) {
  AfterUnlock after;
  std::lock_guard<std::mutex> lock(mutex_);
  const NtStatus status = oplocks_.Acknowledge(&open, answer, level);
  WakeBreakWaiters(&after);
  return status;
}

void FileNode::BreakSharedOplocks() {
  AfterUnlock after;
  std::lock_guard<std::mutex> lock(mutex_);
  oplocks_.BreakShared(&after);
}

void FileNode::WakeBreakWaiters(AfterUnlock* after) {
  if (break_waiters_.empty() || oplocks_.breaking()) return;
  for (BreakWait* waiter : break_waiters_) {
    waiter->status_ = NtStatus::kOk;
    ring::Loop& loop = waiter->loop_;
    after->Add([&loop, handle = waiter->handle_] { loop.Post([handle] { handle.resume(); }); });
  }
  break_waiters_.clear();
}

bool FileNode::BreakWait::await_suspend(std::coroutine_handle<> awaiter) {
  handle_ = awaiter;
  std::lock_guard<std::mutex> lock(node_->mutex_);
  if (status_ != NtStatus::kPending) return false;  // cancelled before it began
  if (!node_->oplocks_.breaking()) {
    status_ = NtStatus::kOk;
    return false;
  }
  loop_.ArmTimer(timer_, node_->oplocks_.deadline());
  node_->break_waiters_.push_back(this);
  return true;
}

void FileNode::BreakWait::OnTimeout() {
  AfterUnlock after;
  std::lock_guard<std::mutex> lock(node_->mutex_);
  node_->oplocks_.Expire(loop_.clock().MonotonicNanos());
  node_->WakeBreakWaiters(&after);
  // Another break has begun before this waiter saw the end of the first.
  if (status_ == NtStatus::kPending) loop_.ArmTimer(timer_, node_->oplocks_.deadline());
}

void FileNode::BreakWait::Cancel() {
  {
    std::lock_guard<std::mutex> lock(node_->mutex_);
    if (status_ != NtStatus::kPending) return;
    status_ = NtStatus::kCancelled;
    const auto found = std::find(node_->break_waiters_.begin(), node_->break_waiters_.end(), this);
    if (found == node_->break_waiters_.end()) return;  // not awaited yet
    node_->break_waiters_.erase(found);
  }
  loop_.Post([handle = handle_] { handle.resume(); });
}

NtStatus FileNode::CheckRead(const OpenFile& open, const ByteRange& range) const {
  if (!may_stop_reads_.load(std::memory_order_acquire)) return NtStatus::kOk;
  std::lock_guard<std::mutex> lock(mutex_);
  return locks_.MayRead(&open, range) ? NtStatus::kOk : NtStatus::kFileLockConflict;
}

NtStatus FileNode::BeginWrite(const OpenFile& open, const ByteRange& range, uint64_t now,
                              bool frozen) {
  AfterUnlock after;
  std::lock_guard<std::mutex> lock(mutex_);
  if (!locks_.MayWrite(&open, range)) return NtStatus::kFileLockConflict;
  oplocks_.BreakShared(&after);
  write_time_.NoteWrite(now, frozen);
  return NtStatus::kOk;
}

int64_t FileNode::VisibleWriteTime(int64_t modified, uint64_t now) {
  std::lock_guard<std::mutex> lock(mutex_);
  return write_time_.Visible(modified, now);
}

bool FileNode::WriteTimePending() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return write_time_.pending();
}

void FileNode::CommitWriteTime(int64_t modified) {
  std::lock_guard<std::mutex> lock(mutex_);
  write_time_.Commit(modified);
}

void FileNode::SetWriteTime(int64_t modified) {
  std::lock_guard<std::mutex> lock(mutex_);
  write_time_.Set(modified);
}

void FileNode::SetWriteTimeFrozen() {
  std::lock_guard<std::mutex> lock(mutex_);
  write_time_.Freeze();
}

std::optional<int64_t> FileNode::WriteTimeAtClose(int64_t wall) {
  std::lock_guard<std::mutex> lock(mutex_);
  return write_time_.AtClose(wall);
}

void FileNode::ObserveWriteTime(int64_t modified) {
  std::lock_guard<std::mutex> lock(mutex_);
  write_time_.Observe(modified);
}

}  // namespace sluice::fs

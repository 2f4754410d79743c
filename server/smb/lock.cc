// LOCK [MS-SMB2] 3.3.5.14.
#include "proto/smb2/lock.h"

#include <memory>

#include "proto/smb2/negotiate.h"
#include "server/base/fs_limits.h"
#include "server/ring/yield.h"
#include "server/session/connection_state.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"

namespace sluice::smb {
namespace {

using proto::LockElement;
using proto::NtStatus;

fs::ByteRange RangeOf(const LockElement& element) { return {element.offset, element.length}; }
bool Exclusive(const LockElement& element) {
  return (element.flags & proto::kLockFlagExclusive) != 0;
}

// The flags that make sense, and whether the client would wait.
NtStatus CheckLockFlags(const LockElement& element, bool* may_wait) {
  *may_wait = (element.flags & proto::kLockFlagFailImmediately) == 0;
  const uint32_t kind = element.flags & ~proto::kLockFlagFailImmediately;
  return kind == proto::kLockFlagShared || kind == proto::kLockFlagExclusive
             ? NtStatus::kOk
             : NtStatus::kInvalidParameter;
}

// Whether the loop's other work is to go on before the element after the first `done`.
bool TurnIsOver(size_t done) { return done > 0 && done % limits::locks_per_turn_max == 0; }

// Those before the first that fails stay released.
ring::Task<NtStatus> UnlockAll(fs::OpenFile& file, const proto::LockRequest& request) {
  size_t done = 0;
  for (const LockElement& element : request.locks) {
    if (element.flags != proto::kLockFlagUnlock) co_return NtStatus::kInvalidParameter;
    if (TurnIsOver(done)) co_await ring::Yield();
    const NtStatus status = file.node->Unlock(file, RangeOf(element));
    if (status != NtStatus::kOk) co_return status;
    ++done;
  }
  co_return NtStatus::kOk;
}

// A lock that may wait, alone in its request: waits in line, and is cancelled with the request.
ring::Task<NtStatus> LockWaiting(Request& request, fs::OpenFile& file, const LockElement& element) {
  const NtStatus status = file.node->TryLock(file, RangeOf(element), Exclusive(element));
  if (status != NtStatus::kLockNotGranted) co_return status;
  request.SendInterim();
  fs::FileNode::LockWait wait(file.node.get(), &file, RangeOf(element), Exclusive(element));
  request.OnCancel([&wait] { wait.Cancel(); });
  const NtStatus ended = co_await wait;
  request.OnCancel(nullptr);
  co_return ended;
}

// All or none. Others may see some of the locks of a request that fails in the end, for as long as
// it takes: they may be refused what they could have had, and are never granted what they could
// not.
ring::Task<NtStatus> LockAll(Request& request, fs::OpenFile& file, const proto::LockRequest& lock) {
  size_t taken = 0;
  NtStatus status = NtStatus::kOk;
  for (const LockElement& element : lock.locks) {
    bool may_wait = false;
    status = CheckLockFlags(element, &may_wait);
    if (status == NtStatus::kOk && may_wait && lock.locks.size() > 1) {
      status = NtStatus::kInvalidParameter;
    }
    if (status == NtStatus::kOk && !RangeOf(element).valid()) status = NtStatus::kInvalidLockRange;
    if (status != NtStatus::kOk) break;
    if (TurnIsOver(taken)) co_await ring::Yield();
    if (may_wait) {
      status = co_await LockWaiting(request, file, element);
    } else {
      status = file.node->TryLock(file, RangeOf(element), Exclusive(element));
    }
    if (status != NtStatus::kOk) break;
    ++taken;
  }
  if (status != NtStatus::kOk) {
    for (size_t i = taken; i > 0; --i) {
      const LockElement& element = lock.locks[i - 1];
      file.node->TakeBack(file, RangeOf(element), Exclusive(element));
      if (TurnIsOver(taken - i + 1)) co_await ring::Yield();
    }
  }
  co_return status;
}

// The slot of the request's sequence number, which tells a replay [MS-SMB2] 3.3.5.14; null where
// there is none.
uint8_t* SequenceSlot(const Request& request, const proto::LockRequest& lock, fs::OpenFile& file) {
  if (request.negotiated.terms().dialect < proto::Dialect::kSmb300) return nullptr;
  const uint32_t index = lock.lock_sequence_index;
  if (index == 0 || index > file.lock_sequences.size()) return nullptr;
  return &file.lock_sequences[index - 1];
}

}  // namespace

ring::Task<NtStatus> HandleLock(Request& request) {
  proto::LockRequest lock;
  if (!proto::LockRequest::Decode(request.message, &lock)) co_return NtStatus::kInvalidParameter;
  const std::shared_ptr<fs::OpenFile> file = FileOf(request);
  if (file->directory || file->symlink) co_return NtStatus::kInvalidDeviceRequest;
  if (file->session_locks == nullptr) {
    file->session_locks = request.open->session_locks();
    file->user_locks = request.open->place->user_locks();
  }
  uint8_t* const sequence = SequenceSlot(request, lock, *file);
  // Slots hold the number and one, so that 0 is none.
  const uint8_t number = static_cast<uint8_t>(lock.lock_sequence_number + 1);
  NtStatus status = NtStatus::kOk;
  if (sequence == nullptr || *sequence != number) {
    if (sequence != nullptr) *sequence = 0;
    const bool unlocks = (lock.locks[0].flags & proto::kLockFlagUnlock) != 0;
    if (unlocks) {
      status = co_await UnlockAll(*file, lock);
    } else {
      status = co_await LockAll(request, *file, lock);
    }
    if (sequence != nullptr && status == NtStatus::kOk) *sequence = number;
  }
  if (status == NtStatus::kOk) proto::LockResponse{}.Encode(request.response.body());
  co_return status;
}

}  // namespace sluice::smb

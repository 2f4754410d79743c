// What all opens of one file share, whichever loop, session and share they came by: who has it open
// and how, its byte-range locks and oplocks, whether it is to be deleted, and when its last write
// shows.
#ifndef SLUICE_SERVER_FS_FILE_NODE_H_
#define SLUICE_SERVER_FS_FILE_NODE_H_

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/status/nt_status.h"
#include "server/base/identity.h"
#include "server/base/limits.h"
#include "server/fs/byte_range_locks.h"
#include "server/fs/lock_allowance.h"
#include "server/fs/oplock.h"
#include "server/fs/write_time.h"
#include "server/ring/timer.h"

namespace sluice::ring {
class Loop;
}

namespace sluice::fs {

class NameChange;
class OpenFile;
class Volume;

struct FileKey {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t stream = 0;  // a hash of the stream's folded name; 0: the file's own data

  bool operator==(const FileKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const FileKey& key) {
    return H::combine(std::move(h), key.device, key.inode, key.stream);
  }
};

// By which name, and with whose rights, a file goes when its last open closes. That may be an open
// of another session, on another loop and in another share than the one that asked for it, long
// after those have ended.
struct Removal {
  std::shared_ptr<Volume> volume;
  std::string path;  // as Backend has them
  std::shared_ptr<const base::Identity> who;
  bool directory = false;
  std::string stream;        // not empty: only this stream goes
  std::string stream_xattr;  // where it is kept
  // The file had this name only when that was asked for: then every open of it is an open of this
  // name, whatever share and path it came by.
  bool sole = true;
  // The name is that of a symlink, and the opens are those of what it leads to, which stays.
  bool of_link = false;

  // Whether it is the name of `open` that goes.
  bool Concerns(const OpenFile& open) const;
};

// How a CREATE would open the file, beside what its OpenFile says.
struct Admission {
  bool overwrites = false;  // it will cut the file to nothing, and so counts as writing
  uint32_t links = 1;       // names that the file has; 1 for a directory and for a stream
  OplockLevel oplock = OplockLevel::kNone;  // wanted
  uint64_t now = 0;                         // monotonic nanoseconds
  // How long the holder of an oplock that must break has for its answer.
  uint64_t break_timeout_ms = limits::oplock_break_timeout_ms;
};

// What a listing shows of an open.
struct OpenDescription {
  std::string path;
  bool delete_on_close = false;
  std::vector<HeldLock> locks;
};

// Thread-safe; its mutex is never held over an await.
class FileNode {
 public:
  // `directories_going` counts the directories whose deletion is pending, `all_locks` the locks of
  // all files; both outlive the node.
  FileNode(const FileKey& key, std::atomic<size_t>& directories_going, LockAllowance& all_locks)
      : key_(key), all_locks_(all_locks), directories_going_(directories_going) {}
  ~FileNode();
  FileNode(const FileNode&) = delete;
  FileNode& operator=(const FileNode&) = delete;

  const FileKey& key() const { return key_; }

  // Deletion, which is of one of the file's names (hard links), as on Windows. While it is pending
  // new opens by that name are refused, and with the last open by that name the name goes. Opens by
  // other names neither hinder it nor notice. Other names are told by share and path, so one name
  // of a file with several that is open through two shares counts as two.
  //
  // With `by` it goes by the name that this open has now. False where nobody has the file open, or
  // not this open any more.
  bool SetDeletePending(Removal removal, const OpenFile* by);
  void ClearDeletePending(const OpenFile& open);
  bool DeletePending(const OpenFile& open) const;
  // For an open by this name that is still to come, of a file that has so many names.
  bool DeletePending(const Volume* volume, absl::string_view path, uint32_t links) const;
  // How many of the file's names are to go.
  uint32_t names_going() const;
  // The deletion becomes pending when `open` closes.
  void SetDeleteOnClose(OpenFile* open, const base::Identity& who);

  // The name by which an open finds its file; other threads' renames change it.
  std::string PathOf(const OpenFile& open) const;
  OpenDescription Describe(const OpenFile& open) const;
  // All opens that know the file by the old name know it by the new one from now on.
  void Renamed(NameChange& change);
  // Whether an open has a name below the old one.
  bool HasOpenBelow(NameChange& change) const;
  // Whether an open was granted any of these rights.
  bool HasOpenFor(uint32_t any_of) const;
  // Whether an open does not share all of `share`.
  bool HasOpenNotSharing(uint32_t share) const;
  size_t opens() const;

  // Locks. TryLock is LOCK_NOT_GRANTED on conflict, INSUFFICIENT_RESOURCES beyond one of the limits
  // on locks, FILE_CLOSED where the open has closed.
  proto::NtStatus TryLock(const OpenFile& open, const ByteRange& range, bool exclusive);
  // RANGE_NOT_LOCKED where there is none. Wakes who waits.
  proto::NtStatus Unlock(const OpenFile& open, const ByteRange& range);
  // Takes back one that TryLock or LockWait has granted.
  void TakeBack(const OpenFile& open, const ByteRange& range, bool exclusive);
  // Releases up to `max` locks of an open that has closed. False once there are none left.
  bool ReleaseSomeLocks(const OpenFile& open, size_t max);

  // A LOCK that waits [MS-SMB2] 3.3.5.14.2. Awaited on a loop's thread; gives kOk, kCancelled, or
  // RANGE_NOT_LOCKED when the open closed meanwhile.
  class LockWait {
   public:
    LockWait(FileNode* node, const OpenFile* open, const ByteRange& range, bool exclusive)
        : node_(node), open_(open), range_(range), exclusive_(exclusive) {}
    LockWait(const LockWait&) = delete;
    LockWait& operator=(const LockWait&) = delete;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiter);
    proto::NtStatus await_resume() const noexcept { return status_; }
    // Ends the wait if it has not ended. On the waiter's loop, also before it is awaited.
    void Cancel();

   private:
    friend class FileNode;

    FileNode* const node_;
    const OpenFile* const open_;
    const ByteRange range_;
    const bool exclusive_;
    proto::NtStatus status_ = proto::NtStatus::kPending;  // guarded by the node's mutex
    std::coroutine_handle<> handle_;
    ring::Loop* loop_ = nullptr;
  };

  // The client knows `open` and can be told of its oplock's break from now on.
  void ListenForBreaks(const OpenFile& open, BreakListener listener);
  // See Oplocks::Acknowledge. Wakes who waits.
  proto::NtStatus AcknowledgeBreak(const OpenFile& open, OplockLevel answer, OplockLevel* level);
  // For changes that BeginWrite and TryLock do not know of.
  void BreakSharedOplocks();

  // A CREATE that waits for the end of the break in progress. Awaited on `loop`'s thread; gives kOk
  // or kCancelled. Whether the file can be opened then is for the CREATE to find out.
  class BreakWait {
   public:
    BreakWait(FileNode* node, ring::Loop& loop) : node_(node), loop_(loop) {}
    BreakWait(const BreakWait&) = delete;
    BreakWait& operator=(const BreakWait&) = delete;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiter);
    proto::NtStatus await_resume() const noexcept { return status_; }
    // Ends the wait if it has not ended. On the waiter's loop, also before it is awaited.
    void Cancel();

   private:
    friend class FileNode;

    void OnTimeout();

    FileNode* const node_;
    ring::Loop& loop_;
    proto::NtStatus status_ = proto::NtStatus::kPending;  // guarded by the node's mutex
    std::coroutine_handle<> handle_;
    ring::MemberTimer<BreakWait, &BreakWait::OnTimeout> timer_{this};
  };

  // May `open` read these bytes now: FILE_LOCK_CONFLICT if not.
  proto::NtStatus CheckRead(const OpenFile& open, const ByteRange& range) const;
  // The same for a write, which from then on counts for the write time. `now` is monotonic.
  proto::NtStatus BeginWrite(const OpenFile& open, const ByteRange& range, uint64_t now,
                             bool frozen);

  // Of the write time, see WriteTime.
  int64_t VisibleWriteTime(int64_t modified, uint64_t now);
  bool WriteTimePending() const;
  void CommitWriteTime(int64_t modified);
  void SetWriteTime(int64_t modified);
  void SetWriteTimeFrozen();
  std::optional<int64_t> WriteTimeAtClose(int64_t wall);
  void ObserveWriteTime(int64_t modified);

 private:
  friend class NodeTable;

  using Waiters = std::vector<LockWait*>;

  // For NodeTable, which holds its shard's mutex too.
  proto::NtStatus Admit(OpenFile* open, const Admission& admission, AfterUnlock* after);
  // The waiters are to be resumed.
  Waiters Remove(OpenFile* open, AfterUnlock* after);

  // REQUIRES: mutex_ held. Checks the limits.
  proto::NtStatus AddLock(const OpenFile& open, const ByteRange& range, bool exclusive);
  // REQUIRES: mutex_ held. What follows once locks of `open` are out of locks_.
  void LocksReleased(const OpenFile& open, size_t locks);
  // REQUIRES: mutex_ held. Of those whose range overlaps `freed` (null: of all) grants what can be
  // granted, in order, and ends those of `closed`; the caller resumes them with Resume() once it
  // has let the mutex go.
  Waiters TakeFinished(const OpenFile* closed, const ByteRange* freed);
  static void Resume(const Waiters& waiters);
  // REQUIRES: mutex_ held. The removal that is to be carried out when `open` closes; end() if none.
  std::vector<Removal>::iterator RemovalDue(const OpenFile& open);
  // REQUIRES: mutex_ held, or nobody else knows the node.
  std::vector<Removal>::iterator EraseRemoval(std::vector<Removal>::iterator removal);
  bool DeletePendingLocked(const OpenFile& open) const;
  // REQUIRES: mutex_ held. Resumes who waits for a break if none is in progress any more.
  void WakeBreakWaiters(AfterUnlock* after);

  const FileKey key_;
  LockAllowance& all_locks_;
  mutable std::mutex mutex_;
  std::vector<OpenFile*> opens_;
  std::atomic<size_t>& directories_going_;
  std::vector<Removal> removals_;  // of different names
  ByteRangeLocks locks_;
  // Whether locks_ has exclusive ones; changed with the mutex held. Without them a READ takes no
  // mutex.
  std::atomic<bool> may_stop_reads_{false};
  Waiters waiters_;
  Oplocks oplocks_;
  std::vector<BreakWait*> break_waiters_;
  WriteTime write_time_;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_FILE_NODE_H_

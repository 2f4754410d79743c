// What an SMB2 FileId stands for, and the table of them that a session has [MS-SMB2] 3.3.1.10.
#ifndef SLUICE_SERVER_SMB_OPEN_H_
#define SLUICE_SERVER_SMB_OPEN_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <vector>

#include "proto/smb2/file_id.h"
#include "server/fs/lock_allowance.h"
#include "server/ring/task.h"
#include "server/smb/activity.h"
#include "server/smb/quotas.h"

namespace sluice::smb {

// Tells the client that the oplock of one of its opens breaks, to a level of
// proto/smb2/create.h. From any thread; nothing happens once the client has gone.
using BreakNotifier = std::function<void(uint8_t level)>;

// An open file, directory or named pipe. Held by its session's table and by every request that uses
// it; used on the session's loop only.
class Open {
 public:
  enum class Kind : uint8_t { kFile, kPipe };

  explicit Open(Kind kind) : kind_(kind) {}
  virtual ~Open() = default;
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

  // Ends the open: locks, share mode, delete on close. Called once, after the open has left its
  // table: by the CLOSE handler, or by the core when the tree, session or connection ends. Requests
  // that began before may still hold a reference and be at work on it; nothing new comes.
  virtual ring::Task<void> Close() = 0;

  // Whether its oplock may break. If so ListenForBreaks() is called once the answer that tells the
  // client of this open is on its way.
  virtual bool can_break() const { return false; }
  virtual void ListenForBreaks(BreakNotifier) {}

  Kind kind() const { return kind_; }
  // This open as the class that its kind stands for (T::kOpenKind): the only cast down from Open.
  // Requests get opens of the kind that their handler is for (see Request::open), so that another
  // kind here is a mistake of ours; the process ends before it takes one object for another.
  template <typename T>
  T& As() {
    if (kind_ != T::kOpenKind) std::abort();
    return static_cast<T&>(*this);
  }
  template <typename T>
  const T& As() const {
    if (kind_ != T::kOpenKind) std::abort();
    return static_cast<const T&>(*this);
  }
  // Valid from OpenTable::Insert on.
  proto::FileId id() const { return id_; }
  uint32_t tree_id() const { return tree_id_; }
  // The byte-range locks of all of the session's opens.
  const std::shared_ptr<fs::LockAllowance>& session_locks() const { return session_locks_; }

  Activity activity;
  // Among the opens of its user and the process; null where nobody counts.
  std::unique_ptr<Quotas::Place> place;

 private:
  friend class OpenTable;

  const Kind kind_;
  proto::FileId id_{};
  uint32_t tree_id_ = 0;
  std::shared_ptr<fs::LockAllowance> session_locks_;
};

// The opens of one session. On the session's loop only, except size().
class OpenTable {
 public:
  // Gives `open` its id. False where the session holds as many as it may.
  bool Insert(std::shared_ptr<Open> open, uint32_t tree_id);
  // Null where there is none with exactly this id in exactly this tree.
  std::shared_ptr<Open> Find(proto::FileId id, uint32_t tree_id) const;
  // Takes it out; null where it is not there (any more).
  std::shared_ptr<Open> Remove(proto::FileId id);
  // Takes out all of a tree's, or all.
  std::vector<std::shared_ptr<Open>> TakeTree(uint32_t tree_id);
  std::vector<std::shared_ptr<Open>> TakeAll();
  // The first open in a slot from `*slot` on, whose number is left there; null behind the last.
  // For listings that pause: what comes and goes meanwhile may be missed.
  std::shared_ptr<Open> NextFrom(size_t* slot) const;
  // From any thread.
  size_t size() const { return size_->load(std::memory_order_relaxed); }
  // The same for whoever outlives the table.
  std::shared_ptr<const std::atomic<size_t>> shared_size() const { return size_; }

 private:
  struct Slot {
    std::shared_ptr<Open> open;
    uint32_t generation = 0;
    uint32_t next_free = 0;
  };

  std::shared_ptr<Open> Release(size_t index);

  std::vector<Slot> slots_;
  uint32_t first_free_ = kNoSlot;
  // Opens may outlive the table.
  const std::shared_ptr<fs::LockAllowance> locks_ = std::make_shared<fs::LockAllowance>();
  const std::shared_ptr<std::atomic<size_t>> size_ = std::make_shared<std::atomic<size_t>>(0);

  static constexpr uint32_t kNoSlot = ~0u;
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_OPEN_H_

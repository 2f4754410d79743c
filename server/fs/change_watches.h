// Who wants to know of changes in which directory [MS-FSA] 2.1.5.11, [MS-SMB2] 3.3.5.19.
//
// What is reported is what is changed through this share: a share knows nothing of changes that
// other programs, or other shares over the same files, make.
#ifndef SLUICE_SERVER_FS_CHANGE_WATCHES_H_
#define SLUICE_SERVER_FS_CHANGE_WATCHES_H_

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "proto/fscc/notify_info.h"
#include "proto/status/nt_status.h"

namespace sluice::ring {
class Loop;
}

namespace sluice::fs {

class ChangeWait;

// What the first request on an open settles for all later ones.
struct WatchTerms {
  uint32_t filter = 0;  // completion filter
  bool tree = false;    // the directories below as well
  size_t buffer_bytes = 0;
};

// The watch of one open directory, from its first CHANGE_NOTIFY to its end. It collects changes
// while nobody waits. All of it is ChangeWatches' and guarded by its mutex.
class ChangeWatch {
 private:
  friend class ChangeWatches;
  friend class ChangeWait;

  std::string directory_;  // as Backend has it
  WatchTerms terms_;
  std::vector<proto::NotifyEntry> entries_;
  size_t bytes_ = 0;         // of entries_ as a list
  bool overflowed_ = false;  // changes were lost
  bool going_ = false;       // the directory is to be deleted
  bool ended_ = false;
  std::vector<ChangeWait*> waiters_;  // in the order of their coming
};

// All watches of a share. Thread-safe; the mutex is never held over an await.
class ChangeWatches {
 public:
  ChangeWatches() = default;
  ChangeWatches(const ChangeWatches&) = delete;
  ChangeWatches& operator=(const ChangeWatches&) = delete;

  std::shared_ptr<ChangeWatch> Add(absl::string_view directory, const WatchTerms& terms);
  // Its open closes: who waits gets NOTIFY_CLEANUP.
  void Remove(const std::shared_ptr<ChangeWatch>& watch);

  // Whether a change may interest anybody; cheap.
  bool any() const { return count_.load(std::memory_order_relaxed) != 0; }
  // `path` was changed as `action` says; `filter` are the reasons to want to know
  // (proto/smb2/change_notify.h), `stream` the alternate stream that it is about, or "".
  void Report(uint32_t filter, proto::NotifyAction action, absl::string_view path,
              absl::string_view stream = "");
  // A new name in the same directory, or in another.
  void ReportRename(uint32_t filter, absl::string_view from, absl::string_view to);

  // The watched directory itself has another name.
  void Renamed(absl::string_view from, absl::string_view to);
  // Whether the watched directory itself is to be deleted: who waits gets DELETE_PENDING, and so
  // does who asks while it is.
  void SetGoing(absl::string_view directory, bool going);

 private:
  friend class ChangeWait;
  using Watches = std::vector<std::shared_ptr<ChangeWatch>>;
  using Waiters = std::vector<ChangeWait*>;

  // REQUIRES for all of these: mutex_ held.
  void Append(uint32_t filter, proto::NotifyAction action, absl::string_view path,
              absl::string_view stream, Watches* touched);
  void AppendTo(ChangeWatch& watch, proto::NotifyAction action, absl::string_view relative,
                absl::string_view stream);
  void Forget(ChangeWatch& watch);
  void Fill(ChangeWatch& watch, ChangeWait& wait);
  void Deliver(const Watches& touched, Waiters* finished);
  static void End(ChangeWatch& watch, proto::NtStatus status, Waiters* finished);

  static void Resume(const Waiters& waiters);

  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, Watches> watches_;  // by directory
  size_t buffered_bytes_ = 0;                          // of all
  std::atomic<size_t> count_{0};
};

// One CHANGE_NOTIFY. Used on its loop only; the watch outlives it.
class ChangeWait {
 public:
  // `buffer_bytes` is what this request has room for.
  ChangeWait(ChangeWatches& watches, std::shared_ptr<ChangeWatch> watch, size_t buffer_bytes)
      : watches_(watches), watch_(std::move(watch)), buffer_bytes_(buffer_bytes) {}
  ChangeWait(const ChangeWait&) = delete;
  ChangeWait& operator=(const ChangeWait&) = delete;

  // Whether there is no need to wait: status() and entries() hold then.
  bool TryFinish();
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> awaiter);
  void await_resume() const noexcept {}
  // Ends the wait with CANCELLED if it has not ended; also before it is awaited.
  void Cancel();

  // kOk with entries; NOTIFY_ENUM_DIR where they did not fit or some were lost, so that the client
  // must look for itself; NOTIFY_CLEANUP, DELETE_PENDING, CANCELLED.
  proto::NtStatus status() const { return status_; }
  const std::vector<proto::NotifyEntry>& entries() const { return entries_; }

 private:
  friend class ChangeWatches;

  // REQUIRES: the mutex of watches_ held.
  bool Finish();

  ChangeWatches& watches_;
  const std::shared_ptr<ChangeWatch> watch_;
  const size_t buffer_bytes_;
  proto::NtStatus status_ = proto::NtStatus::kPending;
  std::vector<proto::NotifyEntry> entries_;
  std::coroutine_handle<> handle_;
  ring::Loop* loop_ = nullptr;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_CHANGE_WATCHES_H_

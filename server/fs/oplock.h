// The oplocks of one file: who holds which, what breaks them, what their holders answer
// [MS-FSA] 2.1.5.18, 2.1.4.12; [MS-SMB2] 3.3.4.6, 3.3.5.22.1. Leases are none of this.
#ifndef SLUICE_SERVER_FS_OPLOCK_H_
#define SLUICE_SERVER_FS_OPLOCK_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "proto/status/nt_status.h"

namespace sluice::fs {

class OpenFile;

// In the order of what they allow a client to keep to itself.
enum class OplockLevel : uint8_t { kNone, kLevelII, kExclusive, kBatch };

// Tells the holder's client that its oplock is to become `to`. Called on any thread.
using BreakListener = std::function<void(OplockLevel to)>;

// What is to be done once the file's mutex has been let go: declare it before the lock. Empty, it
// costs nothing.
class AfterUnlock {
 public:
  AfterUnlock() = default;
  AfterUnlock(const AfterUnlock&) = delete;
  AfterUnlock& operator=(const AfterUnlock&) = delete;
  ~AfterUnlock() {
    for (const std::function<void()>& action : actions_) action();
  }

  void Add(std::function<void()> action) { actions_.push_back(std::move(action)); }

 private:
  std::vector<std::function<void()>> actions_;
};

// Not thread-safe: its file's mutex guards it. At most one open holds an exclusive or batch oplock;
// a break of that one is in progress until its holder answers, closes, or takes too long. A level
// II oplock is gone at once. Times are monotonic nanoseconds.
class Oplocks {
 public:
  // A CREATE, and not one that only looks at attributes, is about to open the file. `conflicts`:
  // another open's share mode refuses it. True if a break is in progress that it must wait for
  // before it looks at the file again.
  bool BreakForOpen(bool conflicts, bool overwrites, uint64_t now, uint64_t timeout_ms,
                    AfterUnlock* after);
  // Gives `open` what can be had of `wanted`. `alone`: nobody else has the file open, but for its
  // attributes; `locked`: it has byte-range locks.
  OplockLevel Grant(const OpenFile* open, OplockLevel wanted, bool alone, bool locked);
  // Data, size or locks are about to change: level II oplocks end, the changer's own too.
  void BreakShared(AfterUnlock* after);

  // Until its client knows of `open` it cannot be told; what broke meanwhile it is told now.
  void Listen(const OpenFile* open, BreakListener listener, AfterUnlock* after);
  // The holder's answer to a break: kNone or kLevelII. `*level` is what it has from now on.
  // INVALID_DEVICE_STATE where it never held an oplock, INVALID_OPLOCK_PROTOCOL where its break
  // needed no answer, or none any more.
  proto::NtStatus Acknowledge(const OpenFile* open, OplockLevel answer, OplockLevel* level);
  // `open` closes.
  void Remove(const OpenFile* open);
  // A break whose time is over ends, and leaves the holder nothing.
  void Expire(uint64_t now);

  bool breaking() const { return break_.has_value(); }
  // When the break in progress ends by itself. REQUIRES: breaking().
  uint64_t deadline() const { return break_->deadline; }
  // Of `open` now.
  OplockLevel LevelOf(const OpenFile* open) const;

 private:
  struct Holder {
    const OpenFile* open;
    OplockLevel level;  // kNone: it had one
    BreakListener listener;
    std::optional<OplockLevel> untold;  // a break before there was a listener
  };
  struct Break {
    const OpenFile* open;
    OplockLevel to;
    uint64_t deadline;
  };

  Holder* Find(const OpenFile* open);
  Holder* FindExclusive();
  static void Tell(Holder& holder, OplockLevel to, AfterUnlock* after);

  std::vector<Holder> holders_;
  std::optional<Break> break_;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_OPLOCK_H_

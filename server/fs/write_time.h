// When a file's last-write time changes in the eyes of clients [MS-FSA] 2.1.4.17, as Windows and
// Samba have it: the first write shows two seconds later, or at a flush, a change of size or of
// basic information; further writes show when an open that wrote closes; a time that a client set
// stays.
#ifndef SLUICE_SERVER_FS_WRITE_TIME_H_
#define SLUICE_SERVER_FS_WRITE_TIME_H_

#include <cstdint>
#include <optional>

namespace sluice::fs {

// The state of one open file. Times are those of storage::Stat in `wall` and `modified`, monotonic
// nanoseconds in `now`. Not thread-safe: guarded by its node's mutex.
class WriteTime {
 public:
  static constexpr uint64_t kDelayNanos = 2'000'000'000;

  // An open found this time in storage, or made it by truncating.
  void Observe(int64_t modified) {
    if (state_ == State::kFollow) base_ = modified;
  }
  // A write begins. `frozen`: by an open that set the time, or asked that its writes leave it.
  void NoteWrite(uint64_t now, bool frozen);
  // What to report where storage has `modified`.
  int64_t Visible(int64_t modified, uint64_t now);
  // True where something was written that does not show yet.
  bool pending() const { return state_ == State::kPending || (state_ == State::kHeld && written_); }
  // It shows now, as `modified`, which is what storage has.
  void Commit(int64_t modified);
  // A client set the time, and storage has it.
  void Set(int64_t modified);
  // A client wants what shows now to stay.
  void Freeze() {
    if (state_ == State::kFollow) state_ = State::kHeld;
  }
  // An open that wrote ends. A time to be put into storage now; none where storage is right.
  std::optional<int64_t> AtClose(int64_t wall);

 private:
  enum class State : uint8_t {
    kFollow,   // what storage has shows
    kPending,  // base_ shows until since_ + kDelayNanos
    kHeld,     // base_ shows until the next close after a write
  };

  State state_ = State::kFollow;
  bool written_ = false;         // kHeld: since it is held
  bool written_frozen_ = false;  // kHeld: by frozen opens
  int64_t base_ = 0;
  uint64_t since_ = 0;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_WRITE_TIME_H_

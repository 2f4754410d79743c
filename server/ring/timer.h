// Timers of a loop: a heap of intrusive entries; the earliest one is the timeout of the loop's
// wait, so a timer costs the kernel nothing.
#ifndef SLUICE_SERVER_RING_TIMER_H_
#define SLUICE_SERVER_RING_TIMER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::ring {

class TimerHeap;

// Derive from it, or use MemberTimer. Belongs to one loop's thread; destruction cancels.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const { return heap_ != nullptr; }
  // Monotonic nanoseconds; only while armed.
  uint64_t deadline() const { return deadline_; }
  // No effect if it is not armed.
  void Cancel();

 protected:
  ~Timer() { Cancel(); }
  // Not armed any more when this runs; may arm itself anew or destroy itself.
  virtual void OnTimer() = 0;

 private:
  friend class TimerHeap;

  TimerHeap* heap_ = nullptr;
  size_t position_ = 0;
  uint64_t deadline_ = 0;
};

// A timer as a member of a larger object: calls `method` of its owner.
template <typename Owner, void (Owner::*method)()>
class MemberTimer final : public Timer {
 public:
  explicit MemberTimer(Owner* owner) : owner_(owner) {}

 private:
  void OnTimer() override { (owner_->*method)(); }

  Owner* owner_;
};

class TimerHeap {
 public:
  TimerHeap() = default;
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;
  ~TimerHeap();

  // Arms `timer`, or moves it if it is armed. O(log n).
  void Arm(Timer& timer, uint64_t deadline);
  bool empty() const { return heap_.empty(); }
  // The earliest deadline; ~0 if there is none.
  uint64_t next_deadline() const { return heap_.empty() ? ~uint64_t{0} : heap_[0]->deadline_; }
  // Runs those whose deadline is not after `now`, earliest first. Timers armed meanwhile wait for
  // the next call.
  void RunDue(uint64_t now);

 private:
  friend class Timer;

  void Remove(Timer& timer);
  void Place(size_t position, Timer* timer);
  void SiftUp(size_t position, Timer* timer);
  void SiftDown(size_t position, Timer* timer);

  std::vector<Timer*> heap_;
  std::vector<Timer*> due_;  // being run; an entry is null once it was cancelled
};

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_TIMER_H_

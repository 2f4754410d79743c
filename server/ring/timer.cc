#include "server/ring/timer.h"

namespace sluice::ring {
namespace {

// A timer that RunDue() has taken out of the heap has this bit in its position; the rest is its
// index in the list of due ones.
constexpr size_t kDue = ~(~size_t{0} >> 1);

}  // namespace

void Timer::Cancel() {
  if (heap_ != nullptr) heap_->Remove(*this);
}

TimerHeap::~TimerHeap() {
  for (Timer* timer : heap_) timer->heap_ = nullptr;
}

void TimerHeap::Arm(Timer& timer, uint64_t deadline) {
  timer.Cancel();
  timer.heap_ = this;
  timer.deadline_ = deadline;
  heap_.push_back(&timer);
  SiftUp(heap_.size() - 1, &timer);
}

void TimerHeap::Remove(Timer& timer) {
  timer.heap_ = nullptr;
  if ((timer.position_ & kDue) != 0) {
    due_[timer.position_ & ~kDue] = nullptr;
    return;
  }
  const size_t position = timer.position_;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  if (position > 0 && last->deadline_ < heap_[(position - 1) / 2]->deadline_) {
    SiftUp(position, last);
  } else {
    SiftDown(position, last);
  }
}

void TimerHeap::RunDue(uint64_t now) {
  if (heap_.empty() || heap_[0]->deadline_ > now) return;
  while (!heap_.empty() && heap_[0]->deadline_ <= now) {
    Timer* timer = heap_[0];
    Remove(*timer);
    timer->heap_ = this;
    timer->position_ = kDue | due_.size();
    due_.push_back(timer);
  }
  for (size_t i = 0; i < due_.size(); ++i) {
    Timer* timer = due_[i];
    if (timer == nullptr) continue;  // cancelled by one before it
    timer->heap_ = nullptr;
    timer->OnTimer();
  }
  due_.clear();
}

void TimerHeap::Place(size_t position, Timer* timer) {
  heap_[position] = timer;
  timer->position_ = position;
}

void TimerHeap::SiftUp(size_t position, Timer* timer) {
  while (position > 0) {
    const size_t parent = (position - 1) / 2;
    if (heap_[parent]->deadline_ <= timer->deadline_) break;
    Place(position, heap_[parent]);
    position = parent;
  }
  Place(position, timer);
}

void TimerHeap::SiftDown(size_t position, Timer* timer) {
  while (true) {
    size_t child = 2 * position + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->deadline_ < heap_[child]->deadline_) ++child;
    if (heap_[child]->deadline_ >= timer->deadline_) break;
    Place(position, heap_[child]);
    position = child;
  }
  Place(position, timer);
}

}  // namespace sluice::ring

#include "server/smb/large_reads.h"

#include <utility>

#include "server/smb/smb_connection.h"

namespace sluice::smb {
namespace {

// With what is being sent meanwhile it fits into the second-level cache.
constexpr size_t kTurnBytes = 1u << 20;

}  // namespace

bool LargeReads::Turn::await_ready() const {
  if (reads_.first_ != nullptr || !reads_.MayBegin(*this)) return false;
  reads_.begun_bytes_ += bytes_;
  return true;
}

void LargeReads::Turn::await_suspend(std::coroutine_handle<> awaiter) {
  awaiter_ = awaiter;
  (reads_.last_ == nullptr ? reads_.first_ : reads_.last_->next_) = this;
  reads_.last_ = this;
}

bool LargeReads::MayBegin(const Turn& turn) const {
  if (!turn.connection_.alive()) return true;
  return !turn.connection_.answers_wait() &&
         (begun_bytes_ == 0 || begun_bytes_ + turn.bytes_ <= kTurnBytes);
}

void LargeReads::OnTurn() {
  begun_bytes_ = 0;
  Turn* turn = std::exchange(first_, nullptr);
  last_ = nullptr;
  Turn* kept = nullptr;
  Turn* kept_last = nullptr;
  bool more = false;
  while (turn != nullptr) {
    Turn* const next = std::exchange(turn->next_, nullptr);
    if (MayBegin(*turn)) {
      begun_bytes_ += turn->bytes_;
      turn->awaiter_.resume();
    } else {
      more = more || !turn->connection_.answers_wait();
      (kept == nullptr ? kept : kept_last->next_) = turn;
      kept_last = turn;
    }
    turn = next;
  }
  if (kept != nullptr) {  // before those that have come meanwhile
    kept_last->next_ = std::exchange(first_, kept);
    if (last_ == nullptr) last_ = kept_last;
  }
  // Another turn at once: what was begun just now may have ended with the system call.
  if (more) loop_.Defer(more_);
}

}  // namespace sluice::smb

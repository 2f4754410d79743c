#include "server/ring/buffer_account.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "server/base/net_limits.h"
#include "server/ring/buffer_pool.h"

namespace sluice::ring {

void BufferWaiter::Cancel() {
  if (account_ == nullptr) return;
  BufferAccount& account = *std::exchange(account_, nullptr);
  (previous_ == nullptr ? account.first_ : previous_->next_) = next_;
  (next_ == nullptr ? account.last_ : next_->previous_) = previous_;
  next_ = previous_ = nullptr;
  if (account.first_ == nullptr) account.pool_.RemoveWaiting(account);
}

BufferAccount::~BufferAccount() {
  if (bytes_ == 0 && first_ == nullptr) return;
  std::fputs("sluice: buffers outlive the account that they are charged to\n", stderr);
  std::abort();
}

void BufferAccount::set_trusted(bool trusted) {
  if (trusted_ == trusted) return;
  trusted_ = trusted;
  if (trusted) {
    pool_.untrusted_bytes_ -= bytes_;
  } else {
    pool_.untrusted_bytes_ += bytes_;
  }
  pool_.RoomChanged();
}

void BufferAccount::Close() {
  closed_ = true;
  pool_.RoomChanged();
}

bool BufferTurn::await_ready() const {
  return account_.closed() || account_.pool().Allows(account_, bytes_);
}

void BufferTurn::await_suspend(std::coroutine_handle<> awaiter) {
  awaiter_ = awaiter;
  account_.pool().Wait(*this, account_, bytes_);
}

// --- The pool's side ---

BufferPool::Verdict BufferPool::Judge(const BufferAccount& account, const Class& c) const {
  const size_t mine = account.bytes_ + c.bytes;
  const size_t committed = CommittedWith(c);
  const size_t untrusted_share = bytes_max_ / limits::untrusted_share_divisor;
  if (!account.trusted_) {
    if (mine > limits::untrusted_connection_bytes_max) return Verdict::kAccountFull;
    const bool small = mine <= limits::untrusted_small_bytes_max;
    const bool fits =
        untrusted_bytes_ + c.bytes <= (small ? untrusted_share : untrusted_share / 2) &&
        committed <= bytes_max_;
    // One frame of the only one can always be had.
    return fits || (untrusted_bytes_ == 0 && committed <= bytes_max_) ? Verdict::kYes
                                                                      : Verdict::kPoolFull;
  }
  if (account.bytes_ != 0 && mine > limits::connection_bytes_max) return Verdict::kAccountFull;
  const size_t small_max =
      std::min(limits::small_account_bytes_max, bytes_max_ / limits::small_account_divisor);
  if (mine <= small_max) {
    const size_t kept = untrusted_share - std::min(untrusted_share, untrusted_bytes_);
    return committed + kept <= bytes_max_ ? Verdict::kYes : Verdict::kPoolFull;
  }
  const size_t shared = bytes_max_ - bytes_max_ / limits::reserve_divisor;
  if (committed > shared) return Verdict::kPoolFull;
  return account.bytes_ <= shared - committed ? Verdict::kYes : Verdict::kPoolFull;
}

// What cannot serve another class, were `c` to give one more buffer.
size_t BufferPool::CommittedWith(const Class& c) const {
  const bool stuck = !c.pinned.empty() || (!c.warm.empty() && c.bytes % kPageBytes != 0);
  return bytes_held_ - idle_bytes_ + (stuck ? 0 : c.bytes);
}

bool BufferPool::Allows(const BufferAccount& account, size_t bytes) const {
  const size_t index = UsableClass(bytes);
  return account.first_ == nullptr && index < classes_.size() &&
         Judge(account, classes_[index]) == Verdict::kYes;
}

Buffer BufferPool::Acquire(size_t bytes, BufferAccount& account) {
  const size_t index = UsableClass(bytes);
  if (index == classes_.size()) return {};
  const Verdict verdict = Judge(account, classes_[index]);
  if (verdict != Verdict::kYes) {
    exhausted_.Add();
    short_ = short_ || verdict == Verdict::kPoolFull;
    return {};
  }
  return Charge(Take(bytes, bytes_max_), account);
}

Buffer BufferPool::AcquireForAnswer(size_t bytes, BufferAccount& account) {
  if (bytes > limits::answer_bytes_max) return {};
  return Charge(Take(bytes, bytes_max_ + bytes_max_ / limits::answers_divisor), account);
}

Buffer BufferPool::Charge(Buffer buffer, BufferAccount& account) {
  if (!buffer) return buffer;
  const size_t bytes = classes_[ClassOf(buffer.capacity_)].bytes;
  buffer.account_ = &account;
  account.bytes_ += bytes;
  if (!account.trusted_) untrusted_bytes_ += bytes;
  return buffer;
}

void BufferPool::Refund(BufferAccount& account, size_t bytes) {
  account.bytes_ -= bytes;
  if (!account.trusted_) untrusted_bytes_ -= bytes;
}

void BufferPool::Wait(BufferWaiter& waiter, BufferAccount& account, size_t bytes) {
  waiter.account_ = &account;
  waiter.bytes_ = bytes;
  waiter.previous_ = account.last_;
  (account.last_ == nullptr ? account.first_ : account.last_->next_) = &waiter;
  account.last_ = &waiter;
  waits_.Add();
  if (waiter.previous_ == nullptr) {
    AddWaiting(account);
    short_ = short_ || Judge(account, classes_[UsableClass(bytes)]) == Verdict::kPoolFull;
  }
}

bool BufferPool::short_of_memory() const {
  for (const BufferAccount* account = waiting_first_; account != nullptr;
       account = account->next_) {
    if (Judge(*account, classes_[UsableClass(account->first_->bytes_)]) == Verdict::kPoolFull) {
      return true;
    }
  }
  return false;
}

void BufferPool::AddWaiting(BufferAccount& account) {
  account.previous_ = waiting_last_;
  account.next_ = nullptr;
  (waiting_last_ == nullptr ? waiting_first_ : waiting_last_->next_) = &account;
  waiting_last_ = &account;
}

void BufferPool::RemoveWaiting(BufferAccount& account) {
  if (serve_next_ == &account) serve_next_ = account.next_;
  (account.previous_ == nullptr ? waiting_first_ : account.previous_->next_) = account.next_;
  (account.next_ == nullptr ? waiting_last_ : account.next_->previous_) = account.previous_;
  account.next_ = account.previous_ = nullptr;
}

void BufferPool::RoomChanged() {
  if (waiting_first_ == nullptr || serve_asked_ || !ask_to_serve_) return;
  serve_asked_ = true;
  ask_to_serve_();
}

// Each account in turn, each one's waiters in their order, until one may not have what it wants.
// Who is woken may acquire, release, wait again and end others' waits.
void BufferPool::ServeWaiters() {
  serve_asked_ = false;
  const BufferAccount* const end = waiting_last_;
  bool last = false;
  serve_next_ = waiting_first_;
  while (serve_next_ != nullptr && !last) {
    BufferAccount& account = *serve_next_;
    last = &account == end;
    serve_next_ = account.next_;
    const Class& c = classes_[UsableClass(account.first_->bytes_)];
    const Verdict verdict = account.closed_ ? Verdict::kYes : Judge(account, c);
    if (verdict == Verdict::kPoolFull) short_ = true;
    if (verdict != Verdict::kYes) continue;
    BufferWaiter& waiter = *account.first_;
    const bool more = waiter.next_ != nullptr;
    if (more) {  // behind the others, so that one account does not take all that is there
      RemoveWaiting(account);
      AddWaiting(account);
    }
    waiter.Cancel();
    served_ = true;
    waiter.OnBuffers();
  }
  serve_next_ = nullptr;
  if (std::exchange(served_, false)) RoomChanged();
}

}  // namespace sluice::ring

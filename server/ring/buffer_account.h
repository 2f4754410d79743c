// Who holds how much of a loop's buffers, and who may have more.
//
// Each connection has an account. A buffer is charged to it with all that was allocated, from its
// first byte on, and until it has been given back, whoever holds it: an unfinished frame, a request
// in progress, an answer that the socket has not taken. What an account may have follows from what
// is there:
//
//   an untrusted account (nobody has logged on)   a small fixed part, shared by all of them
//   a trusted one that holds little               whatever is left, but the part above
//   a trusted one that holds more                 all but the reserve, as long as it holds no more
//                                                 than what is free then: one alone may have half,
//                                                 n may have n/(n+1) together, and the cap of each
//                                                 shrinks as others need memory
//
// Whoever may not have more waits, and delays nobody else.
#ifndef SLUICE_SERVER_RING_BUFFER_ACCOUNT_H_
#define SLUICE_SERVER_RING_BUFFER_ACCOUNT_H_

#include <coroutine>
#include <cstddef>

namespace sluice::ring {

class BufferAccount;
class BufferPool;

// Somebody who waits for buffers of an account. Destruction ends the wait.
class BufferWaiter {
 public:
  BufferWaiter() = default;
  BufferWaiter(const BufferWaiter&) = delete;
  BufferWaiter& operator=(const BufferWaiter&) = delete;

  bool waiting() const { return account_ != nullptr; }
  // No effect if it does not wait.
  void Cancel();

 protected:
  ~BufferWaiter() { Cancel(); }
  // No longer waiting: what it waited for can be acquired now, or the account was closed.
  virtual void OnBuffers() = 0;

 private:
  friend class BufferAccount;
  friend class BufferPool;

  BufferAccount* account_ = nullptr;
  size_t bytes_ = 0;
  BufferWaiter* next_ = nullptr;
  BufferWaiter* previous_ = nullptr;
};

// On its pool's thread. Outlives the buffers that are charged to it.
class BufferAccount {
 public:
  BufferAccount(BufferPool& pool, bool trusted) : pool_(pool), trusted_(trusted) {}
  ~BufferAccount();
  BufferAccount(const BufferAccount&) = delete;
  BufferAccount& operator=(const BufferAccount&) = delete;

  BufferPool& pool() { return pool_; }
  // As allocated.
  size_t bytes() const { return bytes_; }
  bool trusted() const { return trusted_; }
  void set_trusted(bool trusted);
  // Its owner has gone: whoever waits learns it soon, and whoever would wait need not.
  void Close();
  bool closed() const { return closed_; }

 private:
  friend class BufferPool;
  friend class BufferWaiter;

  BufferPool& pool_;
  size_t bytes_ = 0;
  bool trusted_;
  bool closed_ = false;
  BufferWaiter* first_ = nullptr;
  BufferWaiter* last_ = nullptr;
  // Among those with waiters.
  BufferAccount* next_ = nullptr;
  BufferAccount* previous_ = nullptr;
};

// co_await: until `bytes` may be acquired for the account, behind those of it that wait already.
// False if the account was closed instead.
class [[nodiscard]] BufferTurn final : private BufferWaiter {
 public:
  BufferTurn(BufferAccount& account, size_t bytes) : account_(account), bytes_(bytes) {}

  bool await_ready() const;
  void await_suspend(std::coroutine_handle<> awaiter);
  bool await_resume() const { return !account_.closed(); }

 private:
  void OnBuffers() override { awaiter_.resume(); }

  BufferAccount& account_;
  const size_t bytes_;
  std::coroutine_handle<> awaiter_;
};

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_BUFFER_ACCOUNT_H_

// Threads for what io_uring cannot do (getdents64, utimensat, GSSAPI, NSS ...): process-wide, a
// fixed number, shared by all loops.
#ifndef SLUICE_SERVER_RING_BLOCKING_POOL_H_
#define SLUICE_SERVER_RING_BLOCKING_POOL_H_

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "server/base/identity.h"

namespace sluice::ring {

class BlockingPool {
 public:
  // A piece of work. It lives in the frame of the coroutine that waits for it, so the queue needs
  // no memory of its own and is bounded by the requests in flight.
  class Job {
   public:
    // On a pool thread, with the credentials of `who`.
    virtual void RunJob() = 0;
    // On the same thread, with the process's credentials again. The job may be gone when this
    // returns.
    virtual void JobDone() = 0;

   protected:
    ~Job() = default;

   private:
    friend class BlockingPool;
    Job* next_ = nullptr;
    const base::Identity* who_ = nullptr;
  };

  // `threads` 0: jobs run at once on the thread that submits them (for simulations under a seed).
  explicit BlockingPool(size_t threads);
  // Finishes what was submitted. Nobody may submit any more.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // Thread-safe. Runs `job` with the credentials of `who`, which must live until it is done;
  // nullptr: with the process's. Without the right to change credentials, always the process's.
  // The job may not count on a working directory.
  void Submit(Job& job, const base::Identity* who);

  size_t threads() const { return threads_.size(); }

 private:
  void Serve();
  static void Execute(Job& job);

  std::mutex mutex_;
  std::condition_variable submitted_;
  Job* first_ = nullptr;  // mutex_, like all below
  Job* last_ = nullptr;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_BLOCKING_POOL_H_

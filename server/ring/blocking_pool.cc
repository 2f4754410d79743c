#include "server/ring/blocking_pool.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "server/ring/credentials.h"

namespace sluice::ring {

BlockingPool::BlockingPool(size_t threads) {
  CanChangeCredentials();  // remembers the process's own before anybody changes his
  threads_.reserve(threads);
  for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Serve(); });
}

BlockingPool::~BlockingPool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  submitted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BlockingPool::Submit(Job& job, const base::Identity* who) {
  job.who_ = who;
  job.next_ = nullptr;
  if (threads_.empty()) {
    Execute(job);
    return;
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (first_ == nullptr) {
      first_ = &job;
    } else {
      last_->next_ = &job;
    }
    last_ = &job;
  }
  submitted_.notify_one();
}

void BlockingPool::Serve() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    submitted_.wait(lock, [this] { return first_ != nullptr || stopping_; });
    if (first_ == nullptr) return;
    Job& job = *std::exchange(first_, first_->next_);
    lock.unlock();
    Execute(job);
    lock.lock();
  }
}

void BlockingPool::Execute(Job& job) {
  {
    const ScopedCredentials credentials(job.who_);
    // A loop registered these credentials before anybody could ask for work under them, so the
    // kernel takes them. Going on as root instead would give away every file.
    if (credentials.error() != 0) {
      std::fputs("sluice: the kernel refuses credentials that it accepted before\n", stderr);
      std::abort();
    }
    job.RunJob();
  }
  job.JobDone();
}

}  // namespace sluice::ring

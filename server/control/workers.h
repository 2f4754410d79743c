// Threads that execute what may wait, so that whoever serves the control socket does not.
#ifndef SLUICE_SERVER_CONTROL_WORKERS_H_
#define SLUICE_SERVER_CONTROL_WORKERS_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sluice::control {

class Workers {
 public:
  // `nice` is the threads', see setpriority(2).
  Workers(size_t threads, int nice);
  // Finishes what runs; what waits is dropped.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Thread-safe. The caller bounds how much waits.
  void Submit(std::function<void()> job);

 private:
  void Serve(int nice);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // mutex_, like all below
  bool ended_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sluice::control

#endif  // SLUICE_SERVER_CONTROL_WORKERS_H_

// Ctrl-C while a run is measured.
#ifndef SLUICE_BENCHMARKS_LOAD_WORK_INTERRUPT_H_
#define SLUICE_BENCHMARKS_LOAD_WORK_INTERRUPT_H_

#include <csignal>

namespace sluice::bench {

// As long as it lives the first SIGINT is only noticed; the second one ends the process as usual.
// Where SIGINT is ignored (a shell's background job) it stays so. One at a time in a process.
class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  bool interrupted() const;

 private:
  struct sigaction before_ {};
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_WORK_INTERRUPT_H_

#include "benchmarks/load/work/interrupt.h"

#include <atomic>

namespace sluice::bench {
namespace {

// A signal handler knows nobody.
std::atomic<bool> interrupted_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void Notice(int) { interrupted_flag.store(true, std::memory_order_relaxed); }

}  // namespace

InterruptWatch::InterruptWatch() {
  interrupted_flag.store(false, std::memory_order_relaxed);
  sigaction(SIGINT, nullptr, &before_);
  if (before_.sa_handler == SIG_IGN) return;
  struct sigaction once {};
  once.sa_handler = Notice;
  once.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &once, nullptr);
}

InterruptWatch::~InterruptWatch() { sigaction(SIGINT, &before_, nullptr); }

bool InterruptWatch::interrupted() const {
  return interrupted_flag.load(std::memory_order_relaxed);
}

}  // namespace sluice::bench

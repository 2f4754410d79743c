#include "server/ring/process_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <fstream>

namespace sluice::ring {
namespace {

std::atomic<size_t> reserved_bytes = 0;

// Beyond the hard limit where that is allowed, up to it otherwise.
void Raise(__rlimit_resource resource, rlim_t wanted) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_cur >= wanted) return;
  const rlimit raised{wanted, std::max(wanted, limit.rlim_max)};
  if (setrlimit(resource, &raised) == 0) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  setrlimit(resource, &limit);
}

}  // namespace

void RaiseDescriptorLimit() {
  rlim_t wanted = kDescriptorsWanted;
  rlim_t most = 0;  // beyond fs.nr_open not even root gets
  if (std::ifstream("/proc/sys/fs/nr_open") >> most) wanted = std::min(wanted, most);
  Raise(RLIMIT_NOFILE, wanted);
}

void RaiseLockedMemoryLimit() { Raise(RLIMIT_MEMLOCK, RLIM_INFINITY); }

bool ReserveLockedMemory(size_t bytes) {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return false;
  const size_t most = limit.rlim_cur == RLIM_INFINITY ? ~size_t{0} : limit.rlim_cur / 2;
  size_t reserved = reserved_bytes.load(std::memory_order_relaxed);
  do {
    if (bytes > most || reserved > most - bytes) return false;
  } while (!reserved_bytes.compare_exchange_weak(reserved, reserved + bytes));
  return true;
}

void ReleaseLockedMemory(size_t bytes) { reserved_bytes.fetch_sub(bytes); }

}  // namespace sluice::ring

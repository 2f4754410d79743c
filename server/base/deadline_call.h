// Calls that the kernel may never finish, such as opening a directory on storage that is gone.
#ifndef SLUICE_SERVER_BASE_DEADLINE_CALL_H_
#define SLUICE_SERVER_BASE_DEADLINE_CALL_H_

#include <chrono>
#include <functional>

#include "absl/status/status.h"

namespace sluice::base {

// Runs `work` on a thread of its own and waits until it is done. DEADLINE_EXCEEDED where it is not
// within `timeout`, or where EndDeadlineCalls is called: the thread then goes on by itself, so
// `work` owns all that it uses. RESOURCE_EXHAUSTED, and `work` does not run, where
// limits::kAbandonedCallsMax threads do so already. Thread-safe.
absl::Status RunWithDeadline(std::function<void()> work, std::chrono::milliseconds timeout);

// Nobody waits in RunWithDeadline any more, now or later: the process ends.
void EndDeadlineCalls();

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_DEADLINE_CALL_H_

#include "server/base/deadline_call.h"

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/control_limits.h"

namespace sluice::base {
namespace {

// Of all calls: they are rare.
struct Calls {
  std::mutex mutex;
  std::condition_variable changed;
  size_t abandoned = 0;  // mutex, like all below
  bool ended = false;
};

// Never destroyed: threads may come back from the kernel while the process ends.
Calls& TheCalls() {
  static Calls& calls = *new Calls;
  return calls;
}

struct Call {
  bool done = false;       // Calls::mutex, like all below
  bool abandoned = false;  // nobody waits any more
};

}  // namespace

absl::Status RunWithDeadline(std::function<void()> work, std::chrono::milliseconds timeout) {
  Calls& calls = TheCalls();
  const auto call = std::make_shared<Call>();
  std::unique_lock<std::mutex> lock(calls.mutex);
  if (calls.abandoned >= limits::kAbandonedCallsMax) {
    return absl::ResourceExhaustedError(absl::StrCat(
        calls.abandoned, " earlier calls still wait for storage that does not answer"));
  }
  try {
    std::thread([call, work = std::move(work)]() mutable {
      work();
      work = nullptr;
      Calls& all = TheCalls();
      const std::lock_guard<std::mutex> done(all.mutex);
      call->done = true;
      if (call->abandoned) --all.abandoned;
      all.changed.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return absl::ResourceExhaustedError("no thread can be made");
  }
  calls.changed.wait_for(lock, timeout, [&] { return call->done || calls.ended; });
  if (call->done) return absl::OkStatus();
  call->abandoned = true;
  ++calls.abandoned;
  if (calls.ended) return absl::DeadlineExceededError("the gateway stops");
  return absl::DeadlineExceededError(absl::StrCat("no answer within ", timeout.count(), " ms"));
}

void EndDeadlineCalls() {
  Calls& calls = TheCalls();
  const std::lock_guard<std::mutex> lock(calls.mutex);
  calls.ended = true;
  calls.changed.notify_all();
}

}  // namespace sluice::base

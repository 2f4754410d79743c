// Lets a loop's other work run before a long piece of work goes on.
#ifndef SLUICE_SERVER_RING_YIELD_H_
#define SLUICE_SERVER_RING_YIELD_H_

#include <coroutine>

#include "server/ring/loop.h"

namespace sluice::ring {

// Awaited on a loop's thread; goes on there in one of the next turns. Hold no mutex.
class Yield {
 public:
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> awaiter) {
    Loop::Current().Post([awaiter] { awaiter.resume(); });
  }
  void await_resume() const noexcept {}
};

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_YIELD_H_

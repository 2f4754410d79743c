// Runs tasks to their end on a real loop, on the test's own thread.
#ifndef SLUICE_TESTS_SERVER_STORAGE_RUN_ON_LOOP_H_
#define SLUICE_TESTS_SERVER_STORAGE_RUN_ON_LOOP_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

#include "server/ring/blocking_pool.h"
#include "server/ring/loop.h"
#include "server/ring/task.h"

namespace sluice::storage {

class LoopRunner {
 public:
  LoopRunner() {
    ring::Loop::Options options;
    options.pool = &pool_;
    absl::StatusOr<std::unique_ptr<ring::Loop>> loop = ring::Loop::Create(std::move(options));
    if (!loop.ok()) ADD_FAILURE() << loop.status();
    loop_ = *std::move(loop);
  }

  ring::Loop& loop() { return *loop_; }

  // What the task's views point at lives until this returns, also temporaries of the call.
  template <typename T>
  T Run(ring::Task<T> task) {
    std::optional<T> result;
    loop_->Post([&task, &result] { ring::Spawn(Keep(std::move(task), &result)); });
    while (!result.has_value()) loop_->RunTurn(true);
    return std::move(*result);
  }

  // Runs `f` with the loop as this thread's, for destructors that hand something to it.
  template <typename F>
  void Do(F f) {
    bool done = false;
    loop_->Post([&] {
      f();
      done = true;
    });
    while (!done) loop_->RunTurn(true);
  }

 private:
  template <typename T>
  static ring::Task<void> Keep(ring::Task<T> task, std::optional<T>* result) {
    result->emplace(co_await task);
  }

  ring::BlockingPool pool_{2};
  std::unique_ptr<ring::Loop> loop_;
};

}  // namespace sluice::storage

#endif  // SLUICE_TESTS_SERVER_STORAGE_RUN_ON_LOOP_H_

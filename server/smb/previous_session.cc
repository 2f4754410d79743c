#include "server/smb/previous_session.h"

#include <coroutine>
#include <utility>

#include "server/smb/smb_connection.h"

namespace sluice::smb {
namespace {

// On the loop of the session.
ring::Task<void> EndHere(Worker& worker, session::SessionHandle handle) {
  const std::shared_ptr<session::Session> session = handle.session.lock();
  const std::shared_ptr<SmbConnection> connection = worker.FindConnection(handle.connection_id);
  if (session == nullptr || connection == nullptr) co_return;
  if (connection->FindSession(session->id()) != session) co_return;
  co_await connection->EndSession(session, nullptr, "the client has logged on again in its place");
}

// Resumes its coroutine on `loop` when the last owner lets go of it: also when that is because a
// loop ends and destroys what was posted to it.
class Waker {
 public:
  Waker(ring::Loop& loop, std::coroutine_handle<> waiting) : loop_(loop), waiting_(waiting) {}
  ~Waker() {
    loop_.Post([waiting = waiting_] { waiting.resume(); });
  }
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

 private:
  ring::Loop& loop_;
  const std::coroutine_handle<> waiting_;
};

ring::Task<void> EndThere(Worker& worker, session::SessionHandle handle,
                          std::shared_ptr<Waker> waker) {
  co_await EndHere(worker, std::move(handle));
  waker.reset();
}

struct OtherLoop {
  Worker& worker;
  ring::Loop& home;
  session::SessionHandle handle;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    auto waker = std::make_shared<Waker>(home, waiting);
    worker.loop().Post([&there = worker, where = handle, waker = std::move(waker)]() mutable {
      ring::Spawn(EndThere(there, std::move(where), std::move(waker)));
    });
  }
  void await_resume() const noexcept {}
};

}  // namespace

ring::Task<void> EndPreviousSession(Worker& worker, uint64_t id,
                                    std::shared_ptr<session::Session> current) {
  ServerState& server = worker.server();
  session::SessionHandle handle;
  if (!server.sessions.FindPrevious(id, current->id(), current->user().name, &handle)) co_return;
  if (handle.loop_index == worker.loop().index()) {
    co_await EndHere(worker, handle);
    co_return;
  }
  OtherLoop operation{*server.workers[handle.loop_index], worker.loop(), handle};
  co_await operation;
}

}  // namespace sluice::smb

// When large READs begin. Memory that has just been written by the read is in the processor's cache
// when it is signed and sent, if that happens before other reads have pushed it out: several
// megabytes read side by side cost every later pass a trip to memory, which makes GMAC four times
// and GCM three times as slow. So a turn begins only as much as the cache holds, and nothing is
// read for a connection whose peer does not take what is ready.
//
// Nothing waits for the storage this way: reads that do not end at once are joined by the next ones
// a turn later.
#ifndef SLUICE_SERVER_SMB_LARGE_READS_H_
#define SLUICE_SERVER_SMB_LARGE_READS_H_

#include <coroutine>
#include <cstddef>

#include "server/ring/loop.h"

namespace sluice::smb {

class SmbConnection;

// On its loop's thread only.
class LargeReads {
 public:
  // Smaller ones need not wait.
  static constexpr size_t kBytesMin = 256u << 10;

  // co_await: until it may begin.
  class [[nodiscard]] Turn {
   public:
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> awaiter);
    void await_resume() const {}

   private:
    friend class LargeReads;
    Turn(LargeReads& reads, const SmbConnection& connection, size_t bytes)
        : reads_(reads), connection_(connection), bytes_(bytes) {}

    LargeReads& reads_;
    const SmbConnection& connection_;
    const size_t bytes_;
    std::coroutine_handle<> awaiter_;
    Turn* next_ = nullptr;
  };

  explicit LargeReads(ring::Loop& loop) : loop_(loop) {}
  LargeReads(const LargeReads&) = delete;
  LargeReads& operator=(const LargeReads&) = delete;

  // `connection` lives until then. A connection that is dropped no longer waits.
  Turn Begin(const SmbConnection& connection, size_t bytes) { return {*this, connection, bytes}; }
  // At the end of each of the loop's turns, after what was ready has been sent.
  void OnTurn();

 private:
  bool MayBegin(const Turn& turn) const;
  void OnMore(const ring::Completion&) {}

  ring::Loop& loop_;
  Turn* first_ = nullptr;
  Turn* last_ = nullptr;
  size_t begun_bytes_ = 0;  // since the last turn's end
  ring::MemberOp<LargeReads, &LargeReads::OnMore> more_{this};
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_LARGE_READS_H_

// The seam to the kernel: what a loop asks of an io_uring, as an interface, so that tests can put a
// simulated kernel in its place. `Uring` is the real one, tests/fakes has the other.
#ifndef SLUICE_SERVER_RING_RING_H_
#define SLUICE_SERVER_RING_RING_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace sluice::ring {

// The operations that the gateway uses. Arguments are in Sqe; "flags" is what the system call of
// that name takes.
enum class OpCode : uint8_t {
  kNop,
  kRead,              // fd, address, length, offset
  kWrite,             // fd, address, length, offset
  kReadFixed,         // the same, memory inside the registered arena `buffer`
  kWriteFixed,        // the same
  kFsync,             // fd; flags: kFsyncDataOnly
  kFtruncate,         // fd, length (optional: ask Supports)
  kFallocate,         // fd, mode, offset, length
  kOpenat2,           // fd, address = path, address2 = struct open_how
  kStatx,             // fd, address = path, flags, mode = mask, address2 = struct statx
  kUnlinkat,          // fd, address = path, flags
  kRenameat2,         // fd, address = path, fd2, address2 = new path, flags
  kMkdirat,           // fd, address = path, mode
  kLinkat,            // fd, address = path, fd2, address2 = new path, flags
  kSymlinkat,         // fd, address = link path, address2 = target
  kFgetxattr,         // fd, address = name, address2 = value, length
  kFsetxattr,         // fd, address = name, address2 = value, length, flags
  kClose,             // fd
  kAcceptMultishot,   // fd; flags of accept4
  kReceive,           // fd, address, length, flags
  kReceiveMultishot,  // fd; memory from the provided buffers
  kSend,              // fd, address, length, flags
  kSendMessage,       // fd, address = struct msghdr, flags
  kSplice,            // fd = where to, fd2 = where from, offset = there, length; one is a pipe
  kPollWritable,      // fd
  kShutdown,          // fd, flags = how
  kCancelOp,          // address = the Op to cancel
  kCancelFd,          // fd: every operation on it
  kCancelAll,         // every operation of this ring
  kWakeRing,          // fd = the other ring's, address = the other ring's Op to complete
};

inline constexpr uint32_t kFsyncDataOnly = 1;
// The offset of what has no places, a pipe.
inline constexpr uint64_t kNoOffset = ~uint64_t{0};

// One operation, as plain data. Memory that it points at stays valid until the last completion.
struct Sqe {
  OpCode code = OpCode::kNop;
  uint16_t personality = 0;  // 0: the process's credentials
  uint16_t buffer = 0;
  int fd = -1;
  int fd2 = -1;
  uint32_t flags = 0;
  uint32_t mode = 0;
  const void* address = nullptr;
  const void* address2 = nullptr;
  uint64_t offset = 0;
  uint64_t length = 0;
};

class Op;

// What became of an operation.
struct Completion {
  Op* op = nullptr;
  int32_t result = 0;       // >= 0, or -errno
  bool more = false;        // multishot: the operation goes on
  bool has_buffer = false;  // `buffer` is one of the provided buffers, to be recycled
  uint16_t buffer = 0;
};

// Whoever waits for an operation. It owns itself: it must outlive the operation's last completion.
class Op {
 public:
  virtual void OnCompletion(const Completion& completion) = 0;

 protected:
  ~Op() = default;
};

// An Op as a member of a larger object: calls `method` of its owner.
template <typename Owner, void (Owner::*method)(const Completion&)>
class MemberOp final : public Op {
 public:
  explicit MemberOp(Owner* owner) : owner_(owner) {}
  void OnCompletion(const Completion& completion) override { (owner_->*method)(completion); }

 private:
  Owner* owner_;
};

// One thread uses a ring, from Start() on; only WakeFromAnyThread() is for all.
class Ring {
 public:
  virtual ~Ring() = default;

  // Called once on the thread that will use the ring. `wake` gets a completion for every
  // WakeFromAnyThread() (or several for one).
  virtual void Start(Op* wake) = 0;

  // Whether the kernel has this operation; only needed for those marked optional.
  virtual bool Supports(OpCode code) const = 0;

  // Queues an operation. Never fails and never loses one: a full submission queue is handed to the
  // kernel first. `op` null: nobody waits, and a success makes no completion.
  virtual void Queue(const Sqe& sqe, Op* op) = 0;

  // Hands over everything queued and, with `wait`, sleeps until there is a completion or
  // `timeout_nanos` have passed (~0: no limit). One system call.
  virtual void Submit(bool wait, uint64_t timeout_nanos) = 0;

  // Moves all completions there are to the end of `out`.
  virtual void Reap(std::vector<Completion>& out) = 0;

  // Interrupts a Submit() that waits, or the next one.
  virtual void WakeFromAnyThread() = 0;
  // The descriptor that another ring's kWakeRing names and the Op it completes; -1 where there is
  // none.
  virtual int wake_fd() const = 0;

  // The buffers that kReceiveMultishot fills. Valid from the completion until recycled.
  virtual uint8_t* ProvidedBuffer(uint16_t id) = 0;
  virtual void RecycleProvidedBuffer(uint16_t id) = 0;

  // Pins `memory` as registered arena `index` for the fixed operations. False where the kernel or
  // RLIMIT_MEMLOCK refuses. Arenas stay registered as long as the ring lives.
  virtual bool RegisterArena(uint16_t index, absl::Span<uint8_t> memory) = 0;

  // Registers the calling thread's present credentials: a personality, or -errno.
  virtual int RegisterPersonality() = 0;
  virtual void UnregisterPersonality(uint16_t personality) = 0;
};

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_RING_H_

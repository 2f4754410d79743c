#include "server/ring/uring.h"

#include <liburing.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/log.h"
#include "server/ring/process_limits.h"
#include "server/ring/uring_features.h"

namespace sluice::ring {
namespace {

constexpr uint16_t kBufferGroup = 0;
constexpr uint16_t kArenaSlots = 256;
// Threads that the kernel may start for what would block, such as fsync or an open on a cold disk.
constexpr unsigned kWorkersMax = 64;
constexpr int kLockedMemoryTries = 40;
constexpr std::chrono::milliseconds kLockedMemoryPause(50);
// Provided buffers lie this much further apart than their size, so that the first lines of all of
// them do not compete for the same few sets of the cache.
constexpr size_t kStaggerBytes = 320;

// user_data that is no Op.
constexpr uint64_t kNobody = 0;
constexpr uint64_t kEventfd = 1;

// SINGLE_ISSUER: one thread submits, for the life of the ring; the kernel may then leave out locks
// and refuses the others, which keeps us honest. DEFER_TASKRUN needs it.
//
// DEFER_TASKRUN: what completes an operation runs when the loop asks for completions and not at any
// return to user space; nothing interrupts a turn, and a turn's completions come in one piece.
//
// SUBMIT_ALL: an operation that is refused gets its completion like any other and those behind it
// are still submitted, so that one bad argument does not hold up a batch.
//
// CLAMP: a kernel that allows only smaller queues gives those; we work with any size.
//
// CQSIZE: multishot operations complete without a submission, so the completion queue must hold a
// whole turn of all connections, many times the submission queue. Overflow is kept by the kernel
// (NODROP), but costs an allocation for each entry.
//
// R_DISABLED: the ring is made where its errors can be reported, and switched on by the thread that
// will be its single issuer.
constexpr unsigned kSetupFlags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CLAMP |
                                 IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;

[[noreturn]] void Die(const char* what, int error) {
  std::fprintf(stderr, "sluice: %s: %s\n", what, std::strerror(error));
  std::abort();
}

uint64_t Address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

// Where each operation's arguments go in the kernel's layout.
void FillArguments(const Sqe& from, io_uring_sqe* to) {
  to->addr = Address(from.address);
  to->off = from.offset;
  to->len = static_cast<uint32_t>(from.length);
  to->rw_flags = static_cast<int>(from.flags);
  switch (from.code) {
    case OpCode::kReadFixed:
    case OpCode::kWriteFixed:
      to->buf_index = from.buffer;
      break;
    case OpCode::kFsync:
      to->fsync_flags = (from.flags & kFsyncDataOnly) != 0 ? IORING_FSYNC_DATASYNC : 0;
      break;
    case OpCode::kFtruncate:
      to->off = from.length;
      to->len = 0;
      break;
    case OpCode::kFallocate:
      to->addr = from.length;
      to->len = from.mode;
      break;
    case OpCode::kOpenat2:
      to->off = Address(from.address2);
      to->len = sizeof(open_how);
      break;
    case OpCode::kStatx:
      to->off = Address(from.address2);
      to->len = from.mode;
      break;
    case OpCode::kRenameat2:
    case OpCode::kLinkat:
      to->off = Address(from.address2);
      to->len = static_cast<uint32_t>(from.fd2);
      break;
    case OpCode::kMkdirat:
      to->len = from.mode;
      break;
    case OpCode::kSymlinkat:
      to->addr = Address(from.address2);
      to->off = Address(from.address);
      break;
    case OpCode::kFgetxattr:
    case OpCode::kFsetxattr:
      to->off = Address(from.address2);
      break;
    case OpCode::kAcceptMultishot:
      to->ioprio = IORING_ACCEPT_MULTISHOT;
      break;
    case OpCode::kReceiveMultishot:
      to->ioprio = IORING_RECV_MULTISHOT;
      to->flags |= IOSQE_BUFFER_SELECT;
      to->buf_group = kBufferGroup;
      break;
    case OpCode::kSendMessage:
      to->len = 1;
      break;
    case OpCode::kSplice:
      to->off = kNoOffset;
      to->splice_off_in = from.offset;
      to->splice_fd_in = from.fd2;
      break;
    case OpCode::kPollWritable:
      to->poll32_events = POLLOUT;
      break;
    case OpCode::kShutdown:
      to->len = from.flags;
      to->rw_flags = 0;
      break;
    case OpCode::kCancelOp:
      to->fd = -1;
      break;
    case OpCode::kCancelFd:
      to->cancel_flags = IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ALL;
      break;
    case OpCode::kCancelAll:
      to->cancel_flags = IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL;
      break;
    case OpCode::kWakeRing:
      // The other ring gets a completion with this user_data.
      to->off = Address(from.address);
      to->addr = IORING_MSG_DATA;
      to->len = 0;
      break;
    default:
      break;
  }
}

class Uring final : public Ring {
 public:
  explicit Uring(const UringOptions& options) : options_(options) {}

  ~Uring() override {
    // The registered descriptor is the other thread's, which gives it back when it ends; on this
    // thread the same index may belong to another ring.
    if (std::this_thread::get_id() != thread_)
      ring_.int_flags &= static_cast<uint8_t>(~kRegisteredRing);
    if (ring_made_) io_uring_queue_exit(&ring_);
    ReleaseLockedMemory(arenas_bytes_);
    if (eventfd_ >= 0) close(eventfd_);
    if (buffers_ != nullptr) munmap(buffers_, buffers_bytes_);
  }

  absl::Status Init() {
    io_uring_params params{};
    params.flags = kSetupFlags;
    params.cq_entries = options_.completions;
    RaiseLockedMemoryLimit();
    int error = io_uring_queue_init_params(options_.submissions, &ring_, &params);
    // The memory that a process's rings had locked counts until some time after its end. A restart
    // must not fail for that.
    for (int i = 0; error == -ENOMEM && i < kLockedMemoryTries; ++i) {
      std::this_thread::sleep_for(kLockedMemoryPause);
      error = io_uring_queue_init_params(options_.submissions, &ring_, &params);
    }
    if (error != 0) return ExplainSetupFailure(-error);
    ring_made_ = true;
    for (unsigned i = 0; i < ring_.sq.ring_entries; ++i) ring_.sq.array[i] = i;
    if (absl::Status status = Probe(); !status.ok()) return status;
    if (absl::Status status = MakeProvidedBuffers(); !status.ok()) return status;
    eventfd_ = eventfd(0, EFD_CLOEXEC);
    if (eventfd_ < 0) return ExplainSetupFailure(errno);
    return absl::OkStatus();
  }

  const UringCounters& counters() const { return counters_; }

  void Start(Op* wake) override {
    wake_ = wake;
    thread_ = std::this_thread::get_id();
    // The library of this version declares io_uring_enable_rings() and does not export it.
    const int error = static_cast<int>(
        syscall(SYS_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0));
    if (error != 0) Die("io_uring: switching the ring on", errno);
    // Saves the look-up of the descriptor in every system call; without it everything works.
    io_uring_register_ring_fd(&ring_);
    unsigned workers[2] = {kWorkersMax, kWorkersMax};
    io_uring_register_iowq_max_workers(&ring_, workers);
    ReadEventfd();
  }

  bool Supports(OpCode code) const override {
    return supported_[OpRows()[static_cast<size_t>(code)].opcode];
  }

  void Queue(const Sqe& sqe, Op* op) override { QueueRaw({sqe, Address(op)}); }

  void Submit(bool wait, uint64_t timeout_nanos) override {
    while (!waiting_.empty() && SpaceLeft() > 0) {
      const size_t n = std::min<size_t>(waiting_.size(), SpaceLeft());
      for (size_t i = 0; i < n; ++i) Fill(waiting_[i]);
      waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(n));
      if (!waiting_.empty()) Enter(false, 0);
    }
    Enter(wait && waiting_.empty(), timeout_nanos);
  }

  void Reap(std::vector<Completion>& out) override {
    io_uring_cqe* cqe;
    unsigned head;
    unsigned n = 0;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++n;
      if (cqe->user_data == kNobody) continue;
      if (cqe->user_data == kEventfd) {
        ReadEventfd();
        out.push_back({.op = wake_});
        continue;
      }
      Completion completion;
      completion.op = reinterpret_cast<Op*>(static_cast<uintptr_t>(cqe->user_data));
      completion.result = cqe->res;
      completion.more = (cqe->flags & IORING_CQE_F_MORE) != 0;
      completion.has_buffer = (cqe->flags & IORING_CQE_F_BUFFER) != 0;
      completion.buffer = static_cast<uint16_t>(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
      out.push_back(completion);
    }
    io_uring_cq_advance(&ring_, n);
    if ((__atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED) & IORING_SQ_CQ_OVERFLOW) != 0) {
      counters_.completion_overflow.Add();
    }
  }

  void WakeFromAnyThread() override {
    const uint64_t one = 1;
    // EAGAIN means that 2^64 - 2 wakes are pending: then it will wake.
    while (write(eventfd_, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
  }

  int wake_fd() const override { return ring_.ring_fd; }

  uint8_t* ProvidedBuffer(uint16_t id) override {
    return buffers_ + buffer_ring_bytes_ + id * (options_.provided_buffer_bytes + kStaggerBytes);
  }

  void RecycleProvidedBuffer(uint16_t id) override {
    auto* ring = reinterpret_cast<io_uring_buf_ring*>(buffers_);
    io_uring_buf_ring_add(ring, ProvidedBuffer(id), options_.provided_buffer_bytes, id,
                          options_.provided_buffers - 1, 0);
    io_uring_buf_ring_advance(ring, 1);
  }

  bool RegisterArena(uint16_t index, absl::Span<uint8_t> memory) override {
    if (!arenas_made_) {
      arenas_made_ = io_uring_register_buffers_sparse(&ring_, kArenaSlots) == 0;
    }
    const iovec where{memory.data(), memory.size()};
    int result = -ENOTSUP;
    if (arenas_made_ && ReserveLockedMemory(memory.size())) {
      result = io_uring_register_buffers_update_tag(&ring_, index, &where, nullptr, 1);
      if (result >= 0) {
        arenas_bytes_ += memory.size();
        return true;
      }
      ReleaseLockedMemory(memory.size());
    } else if (arenas_made_) {
      result = -ENOMEM;
    }
    counters_.arenas_refused.Add();
    base::Log(base::LogLevel::kWarning,
              "io_uring: buffers are not registered (%s); raise RLIMIT_MEMLOCK for a little more "
              "speed",
              std::strerror(-result));
    return false;
  }

  int RegisterPersonality() override { return io_uring_register_personality(&ring_); }

  void UnregisterPersonality(uint16_t personality) override {
    io_uring_unregister_personality(&ring_, personality);
  }

 private:
  struct Entry {
    Sqe sqe;
    uint64_t user_data;
  };

  absl::Status Probe() {
    io_uring_probe* probe = io_uring_get_probe_ring(&ring_);
    if (probe == nullptr) return ExplainSetupFailure(EINVAL);
    for (size_t i = 0; i < supported_.size(); ++i) {
      supported_[i] = io_uring_opcode_supported(probe, static_cast<int>(i)) != 0;
    }
    io_uring_free_probe(probe);
    return CheckFeatures(ring_.features, supported_);
  }

  absl::Status MakeProvidedBuffers() {
    const size_t page = 4096;
    buffer_ring_bytes_ = options_.provided_buffers * sizeof(io_uring_buf);
    buffer_ring_bytes_ = (buffer_ring_bytes_ + page - 1) & ~(page - 1);
    buffers_bytes_ = buffer_ring_bytes_ +
                     options_.provided_buffers * (options_.provided_buffer_bytes + kStaggerBytes);
    void* memory =
        mmap(nullptr, buffers_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return ExplainBufferRingFailure(errno);
    buffers_ = static_cast<uint8_t*>(memory);
    io_uring_buf_reg registration{};
    registration.ring_addr = Address(buffers_);
    registration.ring_entries = options_.provided_buffers;
    registration.bgid = kBufferGroup;
    const int error = io_uring_register_buf_ring(&ring_, &registration, 0);
    if (error != 0) return ExplainBufferRingFailure(-error);
    io_uring_buf_ring_init(reinterpret_cast<io_uring_buf_ring*>(buffers_));
    for (uint16_t i = 0; i < options_.provided_buffers; ++i) RecycleProvidedBuffer(i);
    return absl::OkStatus();
  }

  void ReadEventfd() {
    Sqe read;
    read.code = OpCode::kRead;
    read.fd = eventfd_;
    read.address = &eventfd_value_;
    read.length = sizeof(eventfd_value_);
    QueueRaw({read, kEventfd});
  }

  // Behind what waits already, so that operations keep their order.
  void QueueRaw(const Entry& entry) {
    if (waiting_.empty() && SpaceLeft() == 0) {
      counters_.submission_full.Add();
      Enter(false, 0);
    }
    if (waiting_.empty() && SpaceLeft() > 0) {
      Fill(entry);
    } else {
      // The kernel takes nothing more before completions are reaped. Each entry belongs to an Op
      // that somebody holds, so this list is bounded by what the layers above have in flight.
      waiting_.push_back(entry);
    }
  }

  unsigned SpaceLeft() const {
    const unsigned head = __atomic_load_n(ring_.sq.khead, __ATOMIC_ACQUIRE);
    return ring_.sq.ring_entries - (ring_.sq.sqe_tail - head);
  }

  void Fill(const Entry& entry) {
    io_uring_sqe* sqe = &ring_.sq.sqes[ring_.sq.sqe_tail & ring_.sq.ring_mask];
    ++ring_.sq.sqe_tail;
    std::memset(sqe, 0, sizeof(*sqe));
    sqe->opcode = OpRows()[static_cast<size_t>(entry.sqe.code)].opcode;
    sqe->fd = entry.sqe.fd;
    sqe->personality = entry.sqe.personality;
    sqe->user_data = entry.user_data;
    FillArguments(entry.sqe, sqe);
    if (entry.user_data == kNobody) sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  }

  // One system call: hands over what was filled in, runs the kernel's deferred work, and waits.
  void Enter(bool wait, uint64_t timeout_nanos) {
    __atomic_store_n(ring_.sq.ktail, ring_.sq.sqe_tail, __ATOMIC_RELEASE);
    const unsigned head = __atomic_load_n(ring_.sq.khead, __ATOMIC_ACQUIRE);
    const unsigned to_submit = ring_.sq.sqe_tail - head;
    unsigned flags = IORING_ENTER_GETEVENTS;
    if ((ring_.int_flags & kRegisteredRing) != 0) flags |= IORING_ENTER_REGISTERED_RING;
    __kernel_timespec timeout{};
    io_uring_getevents_arg argument{};
    void* extra = nullptr;
    size_t extra_bytes = _NSIG / 8;
    if (wait && timeout_nanos != ~uint64_t{0}) {
      timeout.tv_sec = static_cast<int64_t>(timeout_nanos / 1'000'000'000);
      timeout.tv_nsec = static_cast<int64_t>(timeout_nanos % 1'000'000'000);
      argument.ts = Address(&timeout);
      flags |= IORING_ENTER_EXT_ARG;
      extra = &argument;
      extra_bytes = sizeof(argument);
    }
    counters_.enters.Add();
    const int result =
        io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), to_submit, wait ? 1 : 0, flags,
                        static_cast<sigset_t*>(extra), extra_bytes);
    if (result >= 0) return;
    switch (-result) {
      case EINTR:
      case ETIME:
        return;
      case EAGAIN:
      case EBUSY:
        // No memory for a request, or completions must be reaped first. What was not taken stays
        // queued for the next turn.
        counters_.submit_refused.Add();
        return;
      default:
        Die("io_uring_enter", -result);
    }
  }

  // liburing's INT_FLAG_REG_RING: enter_ring_fd is an index.
  static constexpr uint8_t kRegisteredRing = 1;

  const UringOptions options_;
  io_uring ring_{};
  bool ring_made_ = false;
  std::thread::id thread_;
  Op* wake_ = nullptr;
  int eventfd_ = -1;
  uint64_t eventfd_value_ = 0;
  std::array<bool, 256> supported_{};
  uint8_t* buffers_ = nullptr;  // the ring of provided buffers, then the buffers
  size_t buffers_bytes_ = 0;
  size_t buffer_ring_bytes_ = 0;
  bool arenas_made_ = false;
  size_t arenas_bytes_ = 0;     // registered
  std::vector<Entry> waiting_;  // queued while the submission queue was full
  UringCounters counters_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Ring>> MakeUring(const UringOptions& options,
                                                const UringCounters** counters) {
  auto ring = std::make_unique<Uring>(options);
  if (absl::Status status = ring->Init(); !status.ok()) return status;
  if (counters != nullptr) *counters = &ring->counters();
  return std::unique_ptr<Ring>(std::move(ring));
}

}  // namespace sluice::ring

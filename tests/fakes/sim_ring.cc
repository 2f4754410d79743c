#include "tests/fakes/sim_ring.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::fakes {
namespace {

constexpr uint64_t kNever = ~uint64_t{0};
// A recycled buffer holds this, so that whoever still reads it gets nonsense.
constexpr uint8_t kDead = 0xDD;

bool IsSocketOperation(ring::OpCode code) {
  return code == ring::OpCode::kReceive || code == ring::OpCode::kReceiveMultishot ||
         code == ring::OpCode::kSend || code == ring::OpCode::kSendMessage ||
         code == ring::OpCode::kSplice || code == ring::OpCode::kPollWritable;
}

}  // namespace

SimRing::SimRing(SimOptions options, FakeClock& clock, SimNetwork& network)
    : options_(std::move(options)),
      clock_(clock),
      network_(network),
      engine_(options_.seed),
      buffers_(size_t{options_.provided_buffers} * options_.provided_buffer_bytes, kDead),
      submitted_(static_cast<size_t>(ring::OpCode::kWakeRing) + 1) {
  for (uint16_t i = 0; i < options_.provided_buffers; ++i) free_buffers_.push_back(i);
}

void SimRing::Queue(const ring::Sqe& sqe, ring::Op* op) {
  ++submitted_[static_cast<size_t>(sqe.code)];
  queued_.push_back({.sqe = sqe, .op = op});
}

void SimRing::Submit(bool wait, uint64_t timeout_nanos) {
  pending_.insert(pending_.end(), queued_.begin(), queued_.end());
  queued_.clear();
  Progress(false);
  if (!wait || !completions_.empty() || woken_.load()) return;
  // Nothing that could happen stays undone for ever.
  while (completions_.empty() && Progress(true)) {
  }
  if (completions_.empty() && timeout_nanos != kNever) clock_.Advance(timeout_nanos);
}

void SimRing::Reap(std::vector<ring::Completion>& out) {
  if (woken_.exchange(false)) out.push_back({.op = wake_});
  out.insert(out.end(), completions_.begin(), completions_.end());
  completions_.clear();
}

uint8_t* SimRing::ProvidedBuffer(uint16_t id) {
  return buffers_.data() + size_t{id} * options_.provided_buffer_bytes;
}

void SimRing::RecycleProvidedBuffer(uint16_t id) {
  if (id >= options_.provided_buffers ||
      std::find(free_buffers_.begin(), free_buffers_.end(), id) != free_buffers_.end()) {
    violations_.push_back(absl::StrCat("provided buffer ", id, " recycled twice"));
    return;
  }
  std::memset(ProvidedBuffer(id), kDead, options_.provided_buffer_bytes);
  free_buffers_.push_back(id);
}

size_t SimRing::SomeOf(size_t bytes) {
  if (!options_.chaos || bytes <= 1 || Draw(3) == 0) return bytes;
  return 1 + Draw(Draw(2) == 0 ? bytes : std::min<size_t>(bytes, 16));
}

// Lets operations go on; with `all` every one gets its chance. True if anything happened.
bool SimRing::Progress(bool all) {
  std::vector<size_t> order(pending_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  if (options_.chaos) std::shuffle(order.begin(), order.end(), engine_);
  bool moved = false;
  for (const size_t i : order) {
    Pending& pending = pending_[i];
    const bool at_once = all || pending.sqe.code == ring::OpCode::kClose;
    if (pending.ended || (!at_once && Chance(3))) continue;
    const uint64_t before = pending.done;
    Step(pending);
    moved = moved || pending.done != before;
  }
  moved = std::erase_if(pending_, [](const Pending& p) { return p.ended; }) > 0 || moved;
  return moved || !completions_.empty();
}

void SimRing::Step(Pending& pending) {
  const ring::OpCode code = pending.sqe.code;
  if (IsSocketOperation(code) && StepSocket(pending)) return;
  switch (code) {
    case ring::OpCode::kCancelOp:
    case ring::OpCode::kCancelFd:
    case ring::OpCode::kCancelAll:
      StepCancel(pending);
      End(pending, 0);
      return;
    case ring::OpCode::kShutdown:
      End(pending, 0);
      return;
    case ring::OpCode::kClose:
      CloseFd(pending.sqe.fd);
      End(pending, 0);
      return;
    default:
      break;
  }
  if (options_.inject) {
    if (const std::optional<int32_t> result = options_.inject(pending.sqe)) {
      End(pending, *result);
      return;
    }
  }
  End(pending, DoFileOperation(pending.sqe));
}

// True if it was one for a simulated socket.
bool SimRing::StepSocket(Pending& pending) {
  SimPeer* peer = network_.Find(pending.sqe.fd);
  if (peer == nullptr) return false;
  if (peer->reset_) {
    End(pending, pending.done > 0 ? static_cast<int64_t>(pending.done) : -ECONNRESET);
    return true;
  }
  if (options_.inject) {
    if (const std::optional<int32_t> result = options_.inject(pending.sqe)) {
      End(pending, pending.done > 0 ? static_cast<int64_t>(pending.done) : *result);
      return true;
    }
  }
  switch (pending.sqe.code) {
    case ring::OpCode::kReceive:
      StepReceive(pending, *peer);
      break;
    case ring::OpCode::kReceiveMultishot:
      StepMultishot(pending, *peer);
      break;
    case ring::OpCode::kSplice:
      StepSplice(pending, *peer);
      break;
    case ring::OpCode::kPollWritable:
      if (peer->closed_ || peer->to_peer_.size() < peer->send_room_) End(pending, POLLOUT);
      break;
    default:
      StepSend(pending, *peer);
      break;
  }
  return true;
}

void SimRing::StepReceive(Pending& pending, SimPeer& peer) {
  auto& bytes = peer.to_server_;
  const uint64_t left = pending.sqe.length - pending.done;
  const size_t n = bytes.empty() ? 0 : SomeOf(std::min<size_t>(bytes.size(), left));
  auto* to = static_cast<char*>(const_cast<void*>(pending.sqe.address)) + pending.done;
  std::copy_n(bytes.begin(), n, to);
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
  pending.done += n;
  const bool whole = (pending.sqe.flags & MSG_WAITALL) != 0;
  if (pending.done == pending.sqe.length || (pending.done > 0 && !whole) ||
      (bytes.empty() && peer.closed_)) {
    End(pending, static_cast<int64_t>(pending.done));
  }
}

void SimRing::StepMultishot(Pending& pending, SimPeer& peer) {
  auto& bytes = peer.to_server_;
  while (!bytes.empty()) {
    if (free_buffers_.empty()) return End(pending, -ENOBUFS);
    const size_t which = options_.chaos ? Draw(free_buffers_.size()) : 0;
    const uint16_t id = free_buffers_[which];
    free_buffers_.erase(free_buffers_.begin() + static_cast<ptrdiff_t>(which));
    const size_t n = SomeOf(std::min<size_t>(bytes.size(), options_.provided_buffer_bytes));
    std::copy_n(bytes.begin(), n, ProvidedBuffer(id));
    bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(n));
    // The kernel may end it at any time, with or without data.
    pending.ended = Chance(10);
    Complete({.op = pending.op,
              .result = static_cast<int32_t>(n),
              .more = !pending.ended,
              .has_buffer = true,
              .buffer = id});
    if (pending.ended || Chance(2)) return;
  }
  if (peer.closed_) End(pending, 0);
}

void SimRing::StepSend(Pending& pending, SimPeer& peer) {
  if (peer.closed_) {
    return End(pending, pending.done > 0 ? static_cast<int64_t>(pending.done) : -EPIPE);
  }
  iovec single{const_cast<void*>(pending.sqe.address), pending.sqe.length};
  absl::Span<const iovec> vectors(&single, 1);
  if (pending.sqe.code == ring::OpCode::kSendMessage) {
    const auto* message = static_cast<const msghdr*>(pending.sqe.address);
    vectors = {message->msg_iov, message->msg_iovlen};
  }
  size_t total = 0;
  for (const iovec& vector : vectors) total += vector.iov_len;
  const size_t held = peer.to_peer_.size();
  size_t room = peer.send_room_ > held ? peer.send_room_ - held : 0;
  room = SomeOf(std::min<size_t>(room, total - pending.done));
  size_t skip = pending.done;
  for (const iovec& vector : vectors) {
    const size_t before = std::min(skip, vector.iov_len);
    skip -= before;
    const size_t n = std::min(vector.iov_len - before, room);
    const char* from = static_cast<const char*>(vector.iov_base) + before;
    peer.to_peer_.insert(peer.to_peer_.end(), from, from + n);
    room -= n;
    pending.done += n;
  }
  // A short send now and then, even though it was told to send all.
  if (pending.done == total || (pending.done > 0 && Chance(8))) {
    End(pending, static_cast<int64_t>(pending.done));
  }
}

// From a real pipe; the socket does not wait.
void SimRing::StepSplice(Pending& pending, SimPeer& peer) {
  if (peer.closed_) return End(pending, -EPIPE);
  const size_t held = peer.to_peer_.size();
  const size_t room = peer.send_room_ > held ? peer.send_room_ - held : 0;
  if (room == 0) return End(pending, -EAGAIN);
  std::string bytes(SomeOf(std::min<size_t>(room, pending.sqe.length)), '\0');
  const ssize_t n = read(pending.sqe.fd2, bytes.data(), bytes.size());
  if (n < 0) return End(pending, -errno);
  peer.to_peer_.insert(peer.to_peer_.end(), bytes.begin(), bytes.begin() + n);
  End(pending, n);
}

void SimRing::StepCancel(const Pending& pending) {
  for (Pending& other : pending_) {
    if (other.ended || &other == &pending) continue;
    const bool hit =
        pending.sqe.code == ring::OpCode::kCancelAll ||
        (pending.sqe.code == ring::OpCode::kCancelOp && other.op != nullptr &&
         static_cast<const void*>(other.op) == pending.sqe.address) ||
        (pending.sqe.code == ring::OpCode::kCancelFd && other.sqe.fd == pending.sqe.fd);
    if (hit && IsSocketOperation(other.sqe.code)) {
      End(other, other.done > 0 ? static_cast<int64_t>(other.done) : -ECANCELED);
    }
  }
}

void SimRing::End(Pending& pending, int64_t result) {
  pending.ended = true;
  if (pending.op == nullptr) return;
  Complete({.op = pending.op, .result = static_cast<int32_t>(result)});
}

// Completions of one operation keep their order, all others do not.
void SimRing::Complete(const ring::Completion& completion) {
  size_t first = 0;
  for (size_t i = 0; i < completions_.size(); ++i) {
    if (completions_[i].op == completion.op) first = i + 1;
  }
  const size_t last = completions_.size();
  const size_t where = options_.chaos ? first + Draw(last - first + 1) : last;
  completions_.insert(completions_.begin() + static_cast<ptrdiff_t>(where), completion);
}

void SimRing::CloseFd(int fd) {
  SimPeer* peer = network_.Find(fd);
  if (peer == nullptr) {
    close(fd);
    return;
  }
  for (const Pending& other : pending_) {
    if (!other.ended && other.sqe.fd == fd && other.op != nullptr) {
      violations_.push_back(absl::StrCat("descriptor ", fd, " closed under an operation"));
    }
  }
  if (peer->closed_by_server_) {
    violations_.push_back(absl::StrCat("descriptor ", fd, " closed twice"));
  }
  peer->closed_by_server_ = true;
}

}  // namespace sluice::fakes

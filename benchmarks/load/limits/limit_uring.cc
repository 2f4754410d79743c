// limit-uring: what io_uring can do at most with the gateway's frames and without SMB: one ring,
// one registered arena, requests of a turn read together, and what is ready of a connection leaves
// in one send. On liburing itself, so that the gateway's own loop is measured against it, too.

#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "benchmarks/load/limits/frames.h"
#include "benchmarks/load/limits/listen.h"
#include "proto/wire/netbios.h"

namespace sluice::bench {
namespace {

constexpr size_t kSlots = 192;
constexpr size_t kSlotRoom = kLimitBlockBytesMax + 4096;
// An odd number of pages apart, or all slots' beginnings would share a few sets of the caches.
constexpr size_t kSlotStride = kSlotRoom + 20 * 4096;
static_assert(kSlotStride / 4096 % 2 == 1 && kSlotStride % 4096 == 0);
// Frames up to here are cut out of what one recv brings; longer ones are received into a slot.
constexpr size_t kSmallFrameBytes = 32768;
// Of reads that have begun and are not sent yet. More would only be more than the caches hold.
constexpr size_t kReadBytesMax = size_t{2} << 20;
constexpr size_t kInBytes = 2 * kSmallFrameBytes;

[[noreturn]] void Die(const char* what, int error) {
  std::fprintf(stderr, "limit server: %s: %s\n", what, std::strerror(error));
  std::exit(1);
}

struct Peer;

// A request from its parsing to the end of its answer's send; the bytes lie in the slot.
struct Slot {
  uint8_t* data = nullptr;
  Peer* peer = nullptr;
  LimitRequest request;
  size_t bytes = 0;  // of the answer
};

struct Peer {
  int fd = -1;
  size_t in_flight = 0;  // operations of the ring, and answers that wait
  bool lost = false;
  bool stalled = false;   // for want of slots, or of turns
  bool queued = false;    // to send
  Slot* large = nullptr;  // a frame that is received into it...
  size_t large_bytes = 0;
  size_t large_filled = 0;
  size_t filled = 0;  // of `in`
  std::vector<Slot*> ready;
  std::vector<Slot*> sending;
  std::vector<iovec> parts;
  msghdr message{};
  uint8_t in[kInBytes];
};

enum Kind : uint64_t { kRecv, kSend, kFile, kAccept };  // in the low bits of user_data

class Server {
 public:
  explicit Server(const LimitServer& server) : server_(server), slots_(kSlots) {
    io_uring_params parameters{};
    parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                       IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    parameters.cq_entries = 16384;
    Check("io_uring_queue_init", io_uring_queue_init_params(4096, &ring_, &parameters));
    const size_t bytes = kSlots * kSlotStride;
    void* const arena = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (arena == MAP_FAILED) Die("mmap", errno);
    const iovec region{arena, bytes};
    Check("registering buffers (raise ulimit -l)", io_uring_register_buffers(&ring_, &region, 1));
    Check("registering the file", io_uring_register_files(&ring_, &server_.file, 1));
    Check("registering the ring", io_uring_register_ring_fd(&ring_));
    for (Slot& slot : slots_) {
      slot.data = static_cast<uint8_t*>(arena) + free_.size() * kSlotStride;
      free_.push_back(&slot);
    }
  }

  [[noreturn]] void Run() {
    Accept();
    for (;;) {
      const int entered = io_uring_submit_and_wait(&ring_, 1);
      if (entered < 0 && entered != -EINTR) Die("io_uring_enter", -entered);
      do {
        Reap();
      } while (to_submit_files_ && Submit());
      for (Peer* peer : std::exchange(stalled_, {})) {
        peer->stalled = false;
        Parse(*peer);
        EndIfQuiet(*peer);
      }
      for (Peer* peer : std::exchange(ready_, {})) {
        peer->queued = false;
        Send(*peer);
        EndIfQuiet(*peer);
      }
    }
  }

 private:
  static void Check(const char* what, int result) {
    if (result < 0) Die(what, -result);
  }
  io_uring_sqe* Sqe(Kind kind, void* owner) {
    io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
    while (sqe == nullptr) {
      Check("io_uring_submit", io_uring_submit(&ring_));
      sqe = io_uring_get_sqe(&ring_);
    }
    io_uring_sqe_set_data64(sqe, reinterpret_cast<uint64_t>(owner) | kind);
    return sqe;
  }
  // Reads of what is in the page cache complete as they are submitted.
  bool Submit() {
    to_submit_files_ = false;
    Check("io_uring_submit", io_uring_submit(&ring_));
    return true;
  }

  void Accept() {
    io_uring_sqe* const sqe = io_uring_get_sqe(&ring_);
    io_uring_prep_multishot_accept(sqe, server_.listener, nullptr, nullptr, SOCK_CLOEXEC);
    io_uring_sqe_set_data64(sqe, kAccept);
  }

  void Reap() {
    io_uring_cqe* cqe = nullptr;
    unsigned head = 0;
    unsigned count = 0;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      ++count;
      void* const owner = reinterpret_cast<void*>(cqe->user_data & ~uint64_t{7});
      switch (cqe->user_data & 7) {
        case kAccept:
          OnAccept(*cqe);
          break;
        case kRecv:
          OnRecv(*static_cast<Peer*>(owner), cqe->res);
          break;
        case kSend:
          OnSend(*static_cast<Peer*>(owner), cqe->res);
          break;
        default:
          OnFile(*static_cast<Slot*>(owner), cqe->res);
      }
    }
    io_uring_cq_advance(&ring_, count);
  }

  void OnAccept(const io_uring_cqe& cqe) {
    Check("accept", cqe.res);
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) Accept();
    auto* const peer = new Peer;
    peer->fd = cqe.res;
    const int one = 1;
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    Receive(*peer);
  }

  void Receive(Peer& peer) {
    uint8_t* const to = peer.large ? peer.large->data + peer.large_filled : peer.in + peer.filled;
    const size_t room = peer.large ? peer.large_bytes - peer.large_filled : kInBytes - peer.filled;
    io_uring_prep_recv(Sqe(kRecv, &peer), peer.fd, to, room, 0);
    ++peer.in_flight;
  }

  void OnRecv(Peer& peer, int result) {
    --peer.in_flight;
    if (result > 0) {
      (peer.large ? peer.large_filled : peer.filled) += static_cast<size_t>(result);
      Parse(peer);
    } else {
      Lose(peer);
    }
    EndIfQuiet(peer);
  }

  // Begins what has been received, then receives on.
  void Parse(Peer& peer) {
    size_t at = 0;
    while (!peer.lost) {
      if (peer.large != nullptr) {
        if (peer.large_filled < peer.large_bytes) break;
        Begin(peer, *std::exchange(peer.large, nullptr), peer.large_bytes);
        continue;
      }
      proto::NetbiosHeader header;
      if (!proto::NetbiosHeader::Decode({peer.in + at, peer.filled - at}, &header)) break;
      const size_t bytes = proto::kNetbiosHeaderBytes + header.length;
      if (bytes > kSlotRoom) return Lose(peer);
      if (bytes <= kSmallFrameBytes && bytes > peer.filled - at) break;
      if (free_.empty() || reading_bytes_ >= kReadBytesMax) {
        if (!std::exchange(peer.stalled, true)) stalled_.push_back(&peer);
        break;
      }
      Slot& slot = *free_.back();
      free_.pop_back();
      const size_t here = std::min(bytes, peer.filled - at);
      std::memcpy(slot.data, peer.in + at, here);
      at += here;
      peer.large = &slot;
      peer.large_bytes = bytes;
      peer.large_filled = here;
    }
    std::memmove(peer.in, peer.in + at, peer.filled - at);
    peer.filled -= at;
    if (!peer.stalled && !peer.lost) Receive(peer);
  }

  void Begin(Peer& peer, Slot& slot, size_t bytes) {
    slot.peer = &peer;
    LimitRequest& request = slot.request;
    constexpr size_t kHead = proto::kNetbiosHeaderBytes;
    if (!LimitRequest::Decode({slot.data + kHead, bytes - kHead}, &request)) {
      free_.push_back(&slot);
      return Lose(peer);
    }
    ++peer.in_flight;
    if (request.command == LimitRequest::Command::kEcho) return Answer(slot, 0);
    const uint64_t at = WrapOffset(server_, request.offset, request.length);
    io_uring_sqe* const sqe = Sqe(kFile, &slot);
    if (request.command == LimitRequest::Command::kRead) {
      reading_bytes_ += request.length;
      io_uring_prep_read_fixed(sqe, 0, slot.data + kLimitReadHeadBytes, request.length, at, 0);
    } else {
      io_uring_prep_write_fixed(sqe, 0, request.data.data(), request.length, at, 0);
    }
    sqe->flags |= IOSQE_FIXED_FILE;
    to_submit_files_ = true;
  }

  void OnFile(Slot& slot, int result) {
    if (result >= 0) return Answer(slot, static_cast<uint32_t>(result));
    std::fprintf(stderr, "limit server: the file: %s\n", std::strerror(-result));
    Peer& peer = *slot.peer;
    Lose(peer);
    Free(slot);
    EndIfQuiet(peer);
  }

  void Answer(Slot& slot, uint32_t moved) {
    const bool read = slot.request.command == LimitRequest::Command::kRead;
    EncodeLimitHead(slot.request, moved, slot.data);
    slot.bytes = LimitHeadBytes(slot.request.command) + (read ? moved : 0);
    slot.peer->ready.push_back(&slot);
    Queue(*slot.peer);
  }

  void Queue(Peer& peer) {
    if (!std::exchange(peer.queued, true)) ready_.push_back(&peer);
  }

  void Send(Peer& peer) {
    if (!peer.sending.empty() || peer.lost || peer.ready.empty()) return;
    peer.sending.swap(peer.ready);
    peer.parts.clear();
    for (const Slot* slot : peer.sending) peer.parts.push_back({slot->data, slot->bytes});
    peer.message.msg_iov = peer.parts.data();
    peer.message.msg_iovlen = peer.parts.size();
    io_uring_prep_sendmsg(Sqe(kSend, &peer), peer.fd, &peer.message, MSG_NOSIGNAL | MSG_WAITALL);
    ++peer.in_flight;
  }

  void OnSend(Peer& peer, int result) {
    --peer.in_flight;
    size_t bytes = 0;
    for (Slot* slot : std::exchange(peer.sending, {})) {
      bytes += slot->bytes;
      Free(*slot);
    }
    if (result < 0 || static_cast<size_t>(result) != bytes) Lose(peer);
    if (!peer.ready.empty()) Queue(peer);
    EndIfQuiet(peer);
  }

  void Free(Slot& slot) {
    --slot.peer->in_flight;
    if (slot.request.command == LimitRequest::Command::kRead) {
      reading_bytes_ -= slot.request.length;
    }
    free_.push_back(&slot);
  }

  // What the kernel has of it comes back with an error.
  static void Lose(Peer& peer) {
    if (!std::exchange(peer.lost, true)) shutdown(peer.fd, SHUT_RDWR);
  }

  // A lost one ends when nothing refers to it any more. The last thing that is done with `peer`.
  void EndIfQuiet(Peer& peer) {
    if (!peer.lost || peer.stalled || peer.queued || !peer.sending.empty()) return;
    for (Slot* slot : std::exchange(peer.ready, {})) Free(*slot);
    if (peer.in_flight > 0) return;
    if (peer.large != nullptr) free_.push_back(peer.large);
    close(peer.fd);
    delete &peer;
  }

  const LimitServer& server_;
  io_uring ring_{};
  bool to_submit_files_ = false;
  size_t reading_bytes_ = 0;
  std::deque<Slot> slots_;
  std::vector<Slot*> free_;
  std::vector<Peer*> stalled_;
  std::vector<Peer*> ready_;
};

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  const sluice::bench::LimitServer server = sluice::bench::StartLimitServer(argc, argv);
  sluice::bench::Server(server).Run();
}

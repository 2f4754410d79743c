#include "server/ring/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

#include "server/base/limits.h"

namespace sluice::ring {
namespace {

constexpr size_t kPageBytes = 4096;
static_assert(limits::pipe_bytes % kPageBytes == 0);

}  // namespace

void Pipe::Reset() {
  if (PipePool* const pool = std::exchange(pool_, nullptr)) {
    pool->Return({in_, out_}, std::exchange(bytes_, 0) == 0);
  }
}

PipePool::~PipePool() { Trim(); }

bool PipePool::Holds(size_t offset_in_file, size_t bytes) {
  return bytes <= limits::pipe_bytes && offset_in_file % kPageBytes + bytes <= limits::pipe_bytes;
}

Pipe PipePool::Acquire() {
  if (in_use_ >= limits::pipes_per_loop_max) return Pipe();
  Ends ends;
  if (!free_.empty()) {
    ends = free_.back();
    free_.pop_back();
  } else {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) return Pipe();
    ends = {.in = fds[1], .out = fds[0]};
    // Refused to a user without privileges who has many of them.
    if (fcntl(ends.in, F_SETPIPE_SZ, limits::pipe_bytes) < static_cast<int>(limits::pipe_bytes)) {
      Close(ends);
      return Pipe();
    }
  }
  ++in_use_;
  return Pipe(this, ends.in, ends.out);
}

void PipePool::Return(Ends ends, bool empty) {
  --in_use_;
  if (empty) {
    free_.push_back(ends);
  } else {
    Close(ends);
  }
}

void PipePool::Trim() {
  for (const Ends ends : free_) Close(ends);
  free_.clear();
}

void PipePool::Close(Ends ends) {
  close(ends.in);
  close(ends.out);
}

}  // namespace sluice::ring

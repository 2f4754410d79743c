// Pipes that hold parts of files on their way to a socket: references to the page cache's own
// pages, so that nothing is copied. One pool per loop.
#ifndef SLUICE_SERVER_RING_PIPE_POOL_H_
#define SLUICE_SERVER_RING_PIPE_POOL_H_

#include <cstddef>
#include <utility>
#include <vector>

namespace sluice::ring {

class PipePool;

// A pipe and how many bytes are in it; given back on destruction, whatever is still in it.
// Move-only; used and destroyed on its loop's thread, before its pool, and not under an operation.
class Pipe {
 public:
  Pipe() = default;
  Pipe(Pipe&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        in_(other.in_),
        out_(other.out_),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Pipe& operator=(Pipe&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(in_, other.in_);
    std::swap(out_, other.out_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Pipe() { Reset(); }

  // Gives it back now.
  void Reset();

  explicit operator bool() const { return pool_ != nullptr; }
  int in() const { return in_; }    // the descriptor to write to
  int out() const { return out_; }  // the one to read from
  size_t bytes() const { return bytes_; }
  void Added(size_t bytes) { bytes_ += bytes; }
  void Taken(size_t bytes) { bytes_ -= bytes; }

 private:
  friend class PipePool;
  Pipe(PipePool* pool, int in, int out) : pool_(pool), in_(in), out_(out) {}

  PipePool* pool_ = nullptr;
  int in_ = -1;
  int out_ = -1;
  size_t bytes_ = 0;
};

// Everything on the loop's thread.
class PipePool {
 public:
  PipePool() = default;
  ~PipePool();  // every Pipe must have come back
  PipePool(const PipePool&) = delete;
  PipePool& operator=(const PipePool&) = delete;

  // Whether bytes [offset, offset + bytes) of a file fit into a pipe, which holds whole pages.
  static bool Holds(size_t offset_in_file, size_t bytes);
  // An empty pipe that holds limits::pipe_bytes. An empty handle where limits::pipes_per_loop_max
  // are in use, or the system gives none: then the data must be copied.
  Pipe Acquire();
  // Closes what is not in use.
  void Trim();

  size_t in_use() const { return in_use_; }

 private:
  friend class Pipe;
  struct Ends {
    int in;
    int out;
  };

  void Return(Ends ends, bool empty);
  static void Close(Ends ends);

  std::vector<Ends> free_;
  size_t in_use_ = 0;
};

}  // namespace sluice::ring

#endif  // SLUICE_SERVER_RING_PIPE_POOL_H_

// When operations are to begin. In an open loop (a rate is given) they have their times whatever
// the server does, and a latency counts from the intended time: a server that stalls is charged for
// all that should have happened meanwhile (no coordinated omission).
#ifndef SLUICE_BENCHMARKS_LOAD_MEASURE_PACER_H_
#define SLUICE_BENCHMARKS_LOAD_MEASURE_PACER_H_

#include <cstdint>

namespace sluice::bench {

// The arrivals of one thread, which its slots share: a free slot takes the next one. Thread
// `index` of `threads` has every `threads`th arrival of the whole run.
class Pacer {
 public:
  // `rate`: operations a second of all threads; 0: closed loop.
  Pacer(double rate, uint64_t start_nanos, unsigned index, unsigned threads)
      : interval_(rate > 0 ? 1e9 / rate : 0), start_(start_nanos), step_(threads), next_(index) {}

  bool open_loop() const { return interval_ > 0; }
  // The next arrival's intended time. REQUIRES: open_loop().
  uint64_t NextArrival() {
    const uint64_t at = start_ + static_cast<uint64_t>(static_cast<double>(next_) * interval_);
    next_ += step_;
    return at;
  }

 private:
  const double interval_;  // nanoseconds
  const uint64_t start_;
  const unsigned step_;
  uint64_t next_;
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_MEASURE_PACER_H_

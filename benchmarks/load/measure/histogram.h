// A histogram of durations in fixed memory, in the manner of HdrHistogram: exact below 256 ns, then
// 128 buckets for every doubling, so that a quantile is at most 1/256 (0.4 %) off.
#ifndef SLUICE_BENCHMARKS_LOAD_MEASURE_HISTOGRAM_H_
#define SLUICE_BENCHMARKS_LOAD_MEASURE_HISTOGRAM_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice::bench {

// Not thread-safe: one for each thread, merged at the end. 33 KiB.
class Histogram {
 public:
  static constexpr uint64_t kExactBelow = 256;
  // Longer ones (over 18 minutes) count as this; max() has the true one.
  static constexpr uint64_t kLargest = (uint64_t{1} << 40) - 1;

  void Record(uint64_t nanos) {
    ++counts_[BucketOf(nanos)];
    ++count_;
    sum_ += nanos;
    if (nanos > max_) max_ = nanos;
    if (nanos < min_) min_ = nanos;
  }
  void Merge(const Histogram& other);

  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }                    // exact; 0 if empty
  uint64_t min() const { return count_ == 0 ? 0 : min_; }  // exact
  double mean() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }
  // The least value that at least `quantile` (0 to 1) of all do not exceed, to a bucket's middle
  // and never outside [min, max]. 0 if empty.
  uint64_t Quantile(double quantile) const;

  // For plots: the buckets that hold something, as callback(value, count) in order.
  template <typename F>
  void ForEach(F callback) const {
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) callback(MiddleOf(i), counts_[i]);
    }
  }
  // Adds `count` values that lie in the bucket of `nanos`: undoes ForEach.
  void Add(uint64_t nanos, uint64_t count);

 private:
  static constexpr size_t kPerDoubling = kExactBelow / 2;
  static constexpr size_t kDoublings = 32;  // from 2^8 to 2^40
  static constexpr size_t kBuckets = kExactBelow + kDoublings * kPerDoubling;

  static size_t BucketOf(uint64_t nanos);
  static uint64_t MiddleOf(size_t bucket);

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t min_ = ~uint64_t{0};
  uint64_t max_ = 0;
};

}  // namespace sluice::bench

#endif  // SLUICE_BENCHMARKS_LOAD_MEASURE_HISTOGRAM_H_

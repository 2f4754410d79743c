// Histograms that one thread writes, without locked instructions, and any thread may read.
//
// Durations fall into four buckets for each power of two from 512 ns to 69 s, so a percentile read
// from one is at most a quarter too high. An Add costs two loads and two stores.
#ifndef SLUICE_SERVER_BASE_HISTOGRAM_H_
#define SLUICE_SERVER_BASE_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sluice::base {

namespace histogram {

inline constexpr int kFirstBits = 10;  // values of fewer bits share bucket 0
inline constexpr int kLastBits = 36;   // values of more bits share the last bucket
inline constexpr size_t kBuckets = 1 + 4 * (kLastBits - kFirstBits + 1) + 1;

constexpr size_t BucketOf(uint64_t nanos) {
  const int bits = static_cast<int>(std::bit_width(nanos));
  if (bits < kFirstBits) return 0;
  if (bits > kLastBits) return kBuckets - 1;
  return 1 + 4 * static_cast<size_t>(bits - kFirstBits) + ((nanos >> (bits - 3)) & 3);
}

// The least value above the bucket's; of the last one the greatest there is.
constexpr uint64_t UpperBound(size_t bucket) {
  if (bucket == 0) return uint64_t{1} << (kFirstBits - 1);
  if (bucket >= kBuckets - 1) return UINT64_MAX;
  return (5 + (bucket - 1) % 4) << (kFirstBits - 3 + (bucket - 1) / 4);
}

}  // namespace histogram

// What a histogram held, or several together. A value.
struct HistogramSnapshot {
  std::array<uint64_t, histogram::kBuckets> counts{};
  uint64_t count = 0;
  uint64_t sum_nanos = 0;

  // The duration that a share of `quantile` (0 to 1) stayed below, rounded up to a bucket's bound;
  // 0 for an empty histogram.
  uint64_t Quantile(double quantile) const {
    const double wanted = quantile * static_cast<double>(count);
    uint64_t seen = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      seen += counts[i];
      if (seen != 0 && static_cast<double>(seen) >= wanted) return histogram::UpperBound(i);
    }
    return 0;
  }
};

class Histogram {
 public:
  // On the writer's thread.
  void Add(uint64_t nanos) {
    Increase(counts_[histogram::BucketOf(nanos)], 1);
    Increase(sum_nanos_, nanos);
  }
  // Adds what is in it to `sum`; from any thread. What is added meanwhile may be half seen.
  void AddTo(HistogramSnapshot* sum) const {
    for (size_t i = 0; i < counts_.size(); ++i) {
      const uint64_t n = counts_[i].load(std::memory_order_relaxed);
      sum->counts[i] += n;
      sum->count += n;
    }
    sum->sum_nanos += sum_nanos_.load(std::memory_order_relaxed);
  }

 private:
  static void Increase(std::atomic<uint64_t>& value, uint64_t n) {
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }

  std::array<std::atomic<uint64_t>, histogram::kBuckets> counts_{};
  std::atomic<uint64_t> sum_nanos_{0};
};

}  // namespace sluice::base

#endif  // SLUICE_SERVER_BASE_HISTOGRAM_H_

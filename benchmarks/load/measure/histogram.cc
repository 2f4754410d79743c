#include "benchmarks/load/measure/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sluice::bench {

size_t Histogram::BucketOf(uint64_t nanos) {
  nanos = std::min(nanos, kLargest);
  if (nanos < kExactBelow) return static_cast<size_t>(nanos);
  const int shift = std::bit_width(nanos) - 8;  // leaves 128 to 255
  return kExactBelow + static_cast<size_t>(shift - 1) * kPerDoubling +
         static_cast<size_t>((nanos >> shift) - kPerDoubling);
}

uint64_t Histogram::MiddleOf(size_t bucket) {
  if (bucket < kExactBelow) return bucket;
  const size_t shift = (bucket - kExactBelow) / kPerDoubling + 1;
  const uint64_t low = (kPerDoubling + (bucket - kExactBelow) % kPerDoubling) << shift;
  return low + (uint64_t{1} << shift) / 2;
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

void Histogram::Add(uint64_t nanos, uint64_t count) {
  if (count == 0) return;
  counts_[BucketOf(nanos)] += count;
  count_ += count;
  sum_ += nanos * count;
  min_ = std::min(min_, nanos);
  max_ = std::max(max_, nanos);
}

uint64_t Histogram::Quantile(double quantile) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_));
  const uint64_t rank = std::max<uint64_t>(1, static_cast<uint64_t>(wanted));
  uint64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::clamp(MiddleOf(i), min_, max_);
  }
  return max_;
}

}  // namespace sluice::bench

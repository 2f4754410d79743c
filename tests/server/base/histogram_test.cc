#include "server/base/histogram.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

namespace sluice::base {
namespace {

using histogram::BucketOf;
using histogram::kBuckets;
using histogram::UpperBound;

TEST(HistogramTest, EveryBucketBeginsWhereTheOneBeforeEnds) {
  for (size_t bucket = 0; bucket + 1 < kBuckets; ++bucket) {
    const uint64_t bound = UpperBound(bucket);
    EXPECT_EQ(BucketOf(bound - 1), bucket);
    EXPECT_EQ(BucketOf(bound), bucket + 1);
  }
  EXPECT_EQ(BucketOf(0), 0u);
  EXPECT_EQ(BucketOf(UINT64_MAX), kBuckets - 1);
}

TEST(HistogramTest, ABucketIsAtMostAQuarterWide) {
  for (size_t bucket = 1; bucket + 1 < kBuckets; ++bucket) {
    const uint64_t low = UpperBound(bucket - 1);
    EXPECT_LE(UpperBound(bucket) - low, low / 4) << bucket;
  }
}

TEST(HistogramTest, QuantilesAreBoundsOfTheBucketTheyFallInto) {
  const auto histogram = std::make_unique<Histogram>();
  for (int i = 0; i < 99; ++i) histogram->Add(10'000);
  histogram->Add(5'000'000);
  HistogramSnapshot snapshot;
  histogram->AddTo(&snapshot);
  EXPECT_EQ(snapshot.count, 100u);
  EXPECT_EQ(snapshot.sum_nanos, 99u * 10'000 + 5'000'000);
  EXPECT_EQ(snapshot.Quantile(0.5), UpperBound(BucketOf(10'000)));
  EXPECT_EQ(snapshot.Quantile(0.99), UpperBound(BucketOf(10'000)));
  EXPECT_EQ(snapshot.Quantile(1), UpperBound(BucketOf(5'000'000)));
}

TEST(HistogramTest, AnEmptyOneHasNoQuantile) { EXPECT_EQ(HistogramSnapshot().Quantile(0.5), 0u); }

TEST(HistogramTest, SeveralAddUp) {
  const auto one = std::make_unique<Histogram>();
  const auto other = std::make_unique<Histogram>();
  one->Add(1000);
  other->Add(2000);
  HistogramSnapshot snapshot;
  one->AddTo(&snapshot);
  other->AddTo(&snapshot);
  EXPECT_EQ(snapshot.count, 2u);
  EXPECT_EQ(snapshot.sum_nanos, 3000u);
}

}  // namespace
}  // namespace sluice::base

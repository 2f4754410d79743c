#include "benchmarks/load/measure/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "benchmarks/load/measure/pacer.h"
#include "benchmarks/load/work/contents.h"

namespace sluice::bench {
namespace {

TEST(HistogramTest, EmptyOneHasZeros) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0u);
  EXPECT_EQ(histogram.max(), 0u);
  EXPECT_EQ(histogram.min(), 0u);
  EXPECT_EQ(histogram.Quantile(0.5), 0u);
}

TEST(HistogramTest, IsExactBelow256) {
  for (uint64_t value = 0; value < Histogram::kExactBelow; ++value) {
    Histogram histogram;
    histogram.Record(value);
    histogram.Record(100'000);
    EXPECT_EQ(histogram.Quantile(0.5), value);
  }
}

// Of any value, alone so that clamping to [min, max] cannot help.
TEST(HistogramTest, QuantileIsWithinOneIn256OfTheTruth) {
  Choices choices(1);
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t value = (choices.Next() >> choices.Below(64)) & Histogram::kLargest;
    Histogram histogram;
    histogram.Record(0);
    histogram.Record(value);
    histogram.Record(Histogram::kLargest);
    const double error =
        std::abs(static_cast<double>(histogram.Quantile(0.5)) - static_cast<double>(value));
    ASSERT_LE(error, static_cast<double>(value) / 256) << value;
    i += 99;  // a histogram costs more to clear than to use
  }
}

TEST(HistogramTest, QuantilesOfManyAreWithinTheBoundOfTheSortedOnes) {
  Choices choices(2);
  std::vector<uint64_t> values;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(1000 + (choices.Next() >> (34 + choices.Below(20))));
    histogram.Record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank =
        static_cast<size_t>(std::max(1.0, std::ceil(q * static_cast<double>(values.size()))));
    const auto right = static_cast<double>(values[rank - 1]);
    EXPECT_NEAR(static_cast<double>(histogram.Quantile(q)), right, right / 256) << q;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.min(), values.front());
}

TEST(HistogramTest, ValueBeyondTheLargestCountsAndKeepsTheTrueMaximum) {
  Histogram histogram;
  histogram.Record(~uint64_t{0} >> 1);
  EXPECT_EQ(histogram.count(), 1u);
  EXPECT_EQ(histogram.max(), ~uint64_t{0} >> 1);
}

TEST(HistogramTest, MergedOnesAreAsIfRecordedInOne) {
  Histogram whole;
  Histogram parts[2];
  Choices choices(3);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t value = choices.Below(10'000'000);
    whole.Record(value);
    parts[i % 2].Record(value);
  }
  parts[0].Merge(parts[1]);
  EXPECT_EQ(parts[0].count(), whole.count());
  EXPECT_EQ(parts[0].max(), whole.max());
  EXPECT_EQ(parts[0].min(), whole.min());
  EXPECT_DOUBLE_EQ(parts[0].mean(), whole.mean());
  for (const double q : {0.1, 0.5, 0.99}) EXPECT_EQ(parts[0].Quantile(q), whole.Quantile(q));
}

TEST(HistogramTest, AddUndoesForEach) {
  Histogram histogram;
  Choices choices(4);
  for (int i = 0; i < 1000; ++i) histogram.Record(choices.Below(1'000'000));
  Histogram copy;
  histogram.ForEach([&copy](uint64_t value, uint64_t count) { copy.Add(value, count); });
  EXPECT_EQ(copy.count(), histogram.count());
  EXPECT_EQ(copy.Quantile(0.5), histogram.Quantile(0.5));
}

TEST(PacerTest, ThreadsShareTheArrivalsOfOneRate) {
  Pacer first(1000, 5, 0, 2);
  Pacer second(1000, 5, 1, 2);
  EXPECT_EQ(first.NextArrival(), 5u);
  EXPECT_EQ(second.NextArrival(), 1'000'005u);
  EXPECT_EQ(first.NextArrival(), 2'000'005u);
}

// A slot that comes late gets a time in the past: that is what latency is counted from.
TEST(PacerTest, ArrivalsDoNotWaitForTheServer) {
  Pacer pacer(1e6, 0, 0, 1);
  uint64_t last = 0;
  for (int i = 0; i <= 1000; ++i) last = pacer.NextArrival();
  EXPECT_EQ(last, 1'000'000u);
}

TEST(PacerTest, WithoutARateTheLoopIsClosed) { EXPECT_FALSE(Pacer(0, 0, 0, 1).open_loop()); }

TEST(ContentsTest, AnyPieceIsThatOfTheWhole) {
  Contents contents(7);
  std::vector<uint8_t> whole(20'000);
  contents.Fill(3, 0, absl::MakeSpan(whole));
  Choices choices(5);
  for (int i = 0; i < 200; ++i) {
    const size_t offset = choices.Below(whole.size());
    const size_t bytes = choices.Below(whole.size() - offset) + 1;
    std::vector<uint8_t> piece(bytes);
    contents.Fill(3, offset, absl::MakeSpan(piece));
    ASSERT_TRUE(std::equal(piece.begin(), piece.end(), whole.begin() + static_cast<long>(offset)));
    ASSERT_TRUE(contents.RightContents(3, offset, piece));
  }
}

TEST(ContentsTest, FindsTheOneWrongByte) {
  Contents contents(7);
  std::vector<uint8_t> data(10'000);
  contents.Fill(1, 77, absl::MakeSpan(data));
  for (const size_t wrong : {0u, 1u, 4018u, 4019u, 4020u, 9999u}) {
    data[wrong] ^= 1;
    EXPECT_EQ(contents.FirstWrong(1, 77, data), wrong);
    EXPECT_FALSE(contents.RightContents(1, 77, data));
    data[wrong] ^= 1;
  }
  EXPECT_TRUE(contents.RightContents(1, 77, data));
}

TEST(ContentsTest, AnotherFileSeedOrOffsetHasOtherContents) {
  Contents contents(7);
  Contents other(8);
  std::vector<uint8_t> data(64);
  contents.Fill(1, 4096, absl::MakeSpan(data));
  EXPECT_FALSE(contents.RightContents(2, 4096, data));
  EXPECT_FALSE(contents.RightContents(1, 0, data));
  EXPECT_FALSE(contents.RightContents(1, 8192, data));
  EXPECT_FALSE(contents.RightContents(1, 4104, data));
  EXPECT_FALSE(other.RightContents(1, 4096, data));
}

}  // namespace
}  // namespace sluice::bench

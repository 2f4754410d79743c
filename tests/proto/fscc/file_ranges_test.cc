#include "proto/fscc/file_ranges.h"

#include <gtest/gtest.h>

#include <vector>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {
namespace {

template <typename T>
std::vector<uint8_t> Encoded(const T& value) {
  std::vector<uint8_t> bytes(T::kBytes);
  Writer writer(absl::MakeSpan(bytes));
  value.Encode(writer);
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(writer.size(), T::kBytes);
  return bytes;
}

bool TakesZeroData(uint64_t offset, uint64_t beyond) {
  FileZeroData decoded;
  const bool taken = FileZeroData::Decode(Encoded(FileZeroData{offset, beyond}), &decoded);
  if (taken) {
    EXPECT_EQ(decoded.offset, offset);
    EXPECT_EQ(decoded.beyond_final_zero, beyond);
  }
  return taken;
}

bool TakesRange(uint64_t offset, uint64_t length) {
  FileAllocatedRange decoded;
  return FileAllocatedRange::Decode(Encoded(FileAllocatedRange{offset, length}), &decoded);
}

TEST(FileRangesTest, ZeroDataMustNotEndBeforeItBegins) {
  EXPECT_TRUE(TakesZeroData(0, 0));
  EXPECT_TRUE(TakesZeroData(7, 7));
  EXPECT_TRUE(TakesZeroData(0, INT64_MAX));
  EXPECT_FALSE(TakesZeroData(8, 7));
}

TEST(FileRangesTest, RejectsNegativeNumbers) {
  EXPECT_FALSE(TakesZeroData(0, uint64_t{1} << 63));
  EXPECT_FALSE(TakesZeroData(UINT64_MAX, UINT64_MAX));
  EXPECT_FALSE(TakesRange(uint64_t{1} << 63, 0));
  EXPECT_FALSE(TakesRange(0, uint64_t{1} << 63));
}

TEST(FileRangesTest, RejectsRangesThatEndBeyondTheLargestOffset) {
  EXPECT_TRUE(TakesRange(INT64_MAX, 0));
  EXPECT_TRUE(TakesRange(1, INT64_MAX - 1));
  EXPECT_FALSE(TakesRange(2, INT64_MAX - 1));
}

TEST(FileRangesTest, RejectsInputThatIsTooShort) {
  FileZeroData zero;
  FileAllocatedRange range;
  for (size_t bytes = 0; bytes < 16; ++bytes) {
    EXPECT_FALSE(FileZeroData::Decode(std::vector<uint8_t>(bytes), &zero));
    EXPECT_FALSE(FileAllocatedRange::Decode(std::vector<uint8_t>(bytes), &range));
  }
  EXPECT_TRUE(FileZeroData::Decode(std::vector<uint8_t>(17), &zero));
}

}  // namespace
}  // namespace sluice::proto

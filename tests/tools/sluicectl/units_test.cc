#include "tools/sluicectl/units.h"

#include <gtest/gtest.h>

namespace sluice::sluicectl {
namespace {

TEST(UnitsTest, CountsHaveThreeDigitsAtMost) {
  EXPECT_EQ(Count(0), "0");
  EXPECT_EQ(Count(999), "999");
  EXPECT_EQ(Count(1000), "1.0K");
  EXPECT_EQ(Count(15'400), "15K");
  EXPECT_EQ(Count(999'900), "1.0M");
  EXPECT_EQ(Count(2.5e9), "2.5G");
}

TEST(UnitsTest, BytesAreInPowersOf1024) {
  EXPECT_EQ(Bytes(0), "0 B");
  EXPECT_EQ(Bytes(1023), "1023 B");
  EXPECT_EQ(Bytes(1536), "1.5 KiB");
  EXPECT_EQ(Bytes(64.0 * 1024 * 1024), "64 MiB");
}

TEST(UnitsTest, DurationsChooseTheirUnit) {
  EXPECT_EQ(Duration(512), "512 ns");
  EXPECT_EQ(Duration(20'480), "20 us");
  EXPECT_EQ(Duration(3'400'000), "3.4 ms");
  EXPECT_EQ(Duration(61e9), "61 s");
}

TEST(UnitsTest, AgesAreReadAtAGlance) {
  EXPECT_EQ(Age(5), "5 s");
  EXPECT_EQ(Age(200), "3:20");
  EXPECT_EQ(Age(7805), "2:10:05");
  EXPECT_EQ(Age(3 * 86400 + 4 * 3600), "3 d 04:00");
}

}  // namespace
}  // namespace sluice::sluicectl

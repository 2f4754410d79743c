#include "proto/wire/reader.h"

#include <array>
#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace sluice::proto {
namespace {

constexpr std::array<uint8_t, 16> kBytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

TEST(Reader, IntegersAreLittleEndian) {
  Reader r(kBytes);
  EXPECT_EQ(r.U8(), 0x00u);
  EXPECT_EQ(r.U16(), 0x0201u);
  EXPECT_EQ(r.U32(), 0x06050403u);
  EXPECT_EQ(r.U64(), 0x0E0D0C0B0A090807u);
  EXPECT_EQ(r.remaining(), 1u);
  EXPECT_TRUE(r.ok());
}

TEST(Reader, ErrorSticksAndGivesZeros) {
  Reader r(kBytes);
  r.Skip(13);
  EXPECT_EQ(r.U32(), 0u);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.U8(), 0u);
  EXPECT_EQ(r.remaining(), 0u);
  EXPECT_TRUE(r.Bytes(1).empty());
  EXPECT_TRUE(r.Rest().empty());
  EXPECT_TRUE(r.Sub(0, 1).empty());
  r.Seek(0);
  EXPECT_FALSE(r.ok());
  EXPECT_EQ(r.Array<2>(), (std::array<uint8_t, 2>{}));
}

TEST(Reader, BytesAreAViewIntoTheBuffer) {
  Reader r(kBytes);
  r.Skip(2);
  const absl::Span<const uint8_t> bytes = r.Bytes(3);
  EXPECT_EQ(bytes.data(), kBytes.data() + 2);
  EXPECT_EQ(bytes.size(), 3u);
  EXPECT_EQ(r.offset(), 5u);
}

TEST(Reader, ReadsUpToTheVeryEnd) {
  Reader r(kBytes);
  r.Seek(16);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.remaining(), 0u);
  r.U8();
  EXPECT_FALSE(r.ok());
}

TEST(Reader, SeekBeyondTheEndFails) {
  Reader r(kBytes);
  r.Seek(17);
  EXPECT_FALSE(r.ok());
}

TEST(Reader, AlignCountsFromTheStart) {
  Reader r(kBytes);
  r.AlignTo(8);
  EXPECT_EQ(r.offset(), 0u);
  r.U8();
  r.AlignTo(8);
  EXPECT_EQ(r.offset(), 8u);
  r.Seek(15);
  r.AlignTo(32);
  EXPECT_FALSE(r.ok());
}

TEST(Reader, SubDoesNotMove) {
  Reader r(kBytes);
  EXPECT_EQ(r.Sub(4, 12).size(), 12u);
  EXPECT_EQ(r.offset(), 0u);
  EXPECT_TRUE(r.Sub(16, 0).empty());
  EXPECT_TRUE(r.ok());
  EXPECT_TRUE(r.Sub(4, 13).empty());
  EXPECT_FALSE(r.ok());
}

TEST(Reader, SubSurvivesSumsThatOverflow) {
  Reader r(kBytes);
  EXPECT_TRUE(r.Sub(8, std::numeric_limits<size_t>::max()).empty());
  EXPECT_FALSE(r.ok());
  Reader skipping(kBytes);
  skipping.U8();
  skipping.Skip(std::numeric_limits<size_t>::max());
  EXPECT_FALSE(skipping.ok());
}

TEST(Reader, VariablePartMayNotOverlapTheFixedPart) {
  Reader r(kBytes);
  r.Skip(8);
  EXPECT_EQ(r.Variable(8, 8).size(), 8u);
  EXPECT_TRUE(r.ok());
  EXPECT_TRUE(r.Variable(7, 2).empty());
  EXPECT_FALSE(r.ok());
}

TEST(Reader, VariablePartMayNotPassTheEnd) {
  Reader r(kBytes);
  EXPECT_TRUE(r.Variable(8, 9).empty());
  EXPECT_FALSE(r.ok());
}

TEST(Reader, EmptyVariablePartMayBeAnywhere) {
  Reader r(kBytes);
  r.Skip(8);
  EXPECT_TRUE(r.Variable(0, 0).empty());
  EXPECT_TRUE(r.Variable(0xFFFFFFFF, 0).empty());
  EXPECT_TRUE(r.ok());
}

TEST(Reader, EmptyBufferIsReadable) {
  Reader r({});
  EXPECT_TRUE(r.Rest().empty());
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.U8(), 0u);
  EXPECT_FALSE(r.ok());
}

}  // namespace
}  // namespace sluice::proto

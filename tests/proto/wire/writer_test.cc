#include "proto/wire/writer.h"

#include <array>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::proto {
namespace {

std::vector<uint8_t> Written(const Writer& w) { return {w.written().begin(), w.written().end()}; }

TEST(Writer, IntegersAreLittleEndian) {
  std::array<uint8_t, 15> buffer{};
  Writer w(absl::MakeSpan(buffer));
  w.U8(0x00);
  w.U16(0x0201);
  w.U32(0x06050403);
  w.U64(0x0E0D0C0B0A090807);
  EXPECT_TRUE(w.ok());
  EXPECT_EQ(w.room(), 0u);
  EXPECT_EQ(Written(w), (std::vector<uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14}));
}

TEST(Writer, WhatDoesNotFitIsNotWrittenAndTheOverflowSticks) {
  std::array<uint8_t, 4> buffer{9, 9, 9, 9};
  Writer w(absl::MakeSpan(buffer).subspan(0, 3));
  w.U16(0);
  w.U16(0xFFFF);
  EXPECT_FALSE(w.ok());
  EXPECT_EQ(w.size(), 2u);
  w.U8(1);
  EXPECT_EQ(w.size(), 2u);
  EXPECT_EQ(buffer, (std::array<uint8_t, 4>{0, 0, 9, 9}));
  EXPECT_TRUE(w.Reserve(1).empty());
}

TEST(Writer, SkippedSpaceIsZeroed) {
  std::array<uint8_t, 8> buffer;
  buffer.fill(0xEE);
  Writer w(absl::MakeSpan(buffer));
  w.U8(1);
  w.AlignTo(4);
  EXPECT_EQ(w.size(), 4u);
  EXPECT_EQ(w.Reserve(2).size(), 2u);
  w.Zeros(1);
  EXPECT_EQ(buffer, (std::array<uint8_t, 8>{1, 0, 0, 0, 0, 0, 0, 0xEE}));
}

TEST(Writer, AdvanceLeavesWhatIsThere) {
  std::array<uint8_t, 4> buffer{1, 2, 3, 4};
  Writer w(absl::MakeSpan(buffer));
  w.Advance(3);
  EXPECT_EQ(Written(w), (std::vector<uint8_t>{1, 2, 3}));
  w.Advance(2);
  EXPECT_FALSE(w.ok());
}

TEST(Writer, FixedGivesAWriterOfItsOwnForTheNextBytes) {
  std::array<uint8_t, 8> buffer{9, 9, 9, 9, 9, 9, 9, 9};
  Writer w(absl::MakeSpan(buffer));
  w.U8(1);
  Writer fixed = w.Fixed(4);
  EXPECT_EQ(w.size(), 5u);
  fixed.U32(0x05040302);
  EXPECT_TRUE(fixed.ok());
  fixed.U8(6);
  EXPECT_FALSE(fixed.ok());
  EXPECT_TRUE(w.ok());
  EXPECT_EQ(buffer, (std::array<uint8_t, 8>{1, 2, 3, 4, 5, 9, 9, 9}));
}

TEST(Writer, WhatFixedHasNoRoomForIsNotWritten) {
  std::array<uint8_t, 4> buffer{9, 9, 9, 9};
  Writer w(absl::MakeSpan(buffer));
  w.U8(0);
  Writer fixed = w.Fixed(4);
  fixed.U8(1);
  EXPECT_FALSE(fixed.ok());
  EXPECT_FALSE(w.ok());
  EXPECT_EQ(w.size(), 1u);
  EXPECT_EQ(w.Fixed(0).room(), 0u);
  EXPECT_EQ(buffer, (std::array<uint8_t, 4>{0, 9, 9, 9}));
}

TEST(Writer, BytesMayLieInTheBufferItself) {
  std::array<uint8_t, 6> buffer{0, 0, 1, 2, 3, 4};
  Writer w(absl::MakeSpan(buffer));
  w.U8(9);
  w.Bytes(absl::MakeConstSpan(buffer).subspan(2, 4));
  EXPECT_EQ(Written(w), (std::vector<uint8_t>{9, 1, 2, 3, 4}));
}

TEST(Writer, PatchesOnlyWhatWasWritten) {
  std::array<uint8_t, 8> buffer{};
  Writer w(absl::MakeSpan(buffer));
  w.U32(0);
  w.PatchU16(2, 0x1234);
  EXPECT_EQ(Written(w), (std::vector<uint8_t>{0, 0, 0x34, 0x12}));
  w.PatchU32(0, 0x01020304);
  EXPECT_EQ(Written(w), (std::vector<uint8_t>{4, 3, 2, 1}));
  w.PatchU16(3, 1);
  EXPECT_FALSE(w.ok());
}

TEST(Writer, ValuesTooLargeForTheirFieldAreAnOverflow) {
  std::array<uint8_t, 8> buffer{};
  Writer w(absl::MakeSpan(buffer));
  w.Checked16(0xFFFF);
  EXPECT_TRUE(w.ok());
  w.Checked16(0x10000);
  EXPECT_FALSE(w.ok());
  Writer wide(absl::MakeSpan(buffer));
  wide.Checked32(0xFFFFFFFF);
  EXPECT_TRUE(wide.ok());
  wide.Checked32(0x100000000);
  EXPECT_FALSE(wide.ok());
}

TEST(Writer, RewindDropsTheLastElementOfAListAndItsOverflow) {
  std::array<uint8_t, 4> buffer{};
  Writer w(absl::MakeSpan(buffer));
  w.U16(1);
  const size_t mark = w.size();
  w.U8(2);
  w.U32(3);
  EXPECT_FALSE(w.ok());
  w.Rewind(mark);
  EXPECT_TRUE(w.ok());
  EXPECT_EQ(w.size(), 2u);
  w.U16(4);
  EXPECT_TRUE(w.ok());
}

}  // namespace
}  // namespace sluice::proto

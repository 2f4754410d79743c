#include "proto/wire/utf16.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace sluice::proto {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes ToUtf16(absl::string_view utf8) {
  Bytes utf16;
  EXPECT_TRUE(Utf8ToUtf16(utf8, &utf16)) << utf8;
  return utf16;
}

std::string ToUtf8(const Bytes& utf16) {
  std::string utf8;
  EXPECT_TRUE(Utf16ToUtf8(utf16, &utf8));
  return utf8;
}

bool Refused(absl::string_view utf8) {
  Bytes utf16;
  return !Utf8ToUtf16(utf8, &utf16);
}

TEST(Utf16, OneTwoThreeAndFourBytes) {
  const absl::string_view text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  const Bytes expected{0x61, 0x00, 0xE9, 0x00, 0xAC, 0x20, 0x3D, 0xD8, 0x00, 0xDE};
  EXPECT_EQ(ToUtf16(text), expected);
  EXPECT_EQ(ToUtf8(expected), text);
  EXPECT_EQ(Utf16Bytes(text), expected.size());
}

TEST(Utf16, EdgesOfEachLengthComeBack) {
  for (const char32_t c :
       {0x00u, 0x7Fu, 0x80u, 0x7FFu, 0x800u, 0xD7FFu, 0xE000u, 0xFFFFu, 0x10000u, 0x10FFFFu}) {
    std::string utf8;
    AppendCodePoint(c, &utf8);
    EXPECT_EQ(ToUtf8(ToUtf16(utf8)), utf8) << static_cast<uint32_t>(c);
    absl::string_view rest = utf8;
    char32_t taken = 0;
    ASSERT_TRUE(TakeCodePoint(&rest, &taken));
    EXPECT_EQ(taken, c);
    EXPECT_TRUE(rest.empty());
    EXPECT_FALSE(TakeCodePoint(&rest, &taken));
  }
}

TEST(Utf16, EverySingleUnitComesBackEvenAnUnpairedSurrogate) {
  for (uint32_t unit = 0; unit <= 0xFFFF; ++unit) {
    const Bytes utf16{static_cast<uint8_t>(unit), static_cast<uint8_t>(unit >> 8)};
    ASSERT_EQ(ToUtf16(ToUtf8(utf16)), utf16) << unit;
  }
}

TEST(Utf16, UnpairedSurrogatesInARowComeBack) {
  const Bytes low_high{0x00, 0xDC, 0x00, 0xD8};
  EXPECT_EQ(ToUtf16(ToUtf8(low_high)), low_high);
  const Bytes high_high_low{0x00, 0xD8, 0x00, 0xD8, 0x00, 0xDC};
  EXPECT_EQ(ToUtf16(ToUtf8(high_high_low)), high_high_low);
}

TEST(Utf16, RejectsAPairOfSurrogatesWrittenAsTwo) {
  EXPECT_TRUE(Refused("\xED\xA0\x80\xED\xB0\x80"));
}

TEST(Utf16, RejectsOddNumberOfBytes) {
  std::string utf8 = "left over";
  EXPECT_FALSE(Utf16ToUtf8(Bytes{0x61}, &utf8));
  EXPECT_TRUE(utf8.empty());
}

TEST(Utf16, RejectsOverlongForms) {
  EXPECT_TRUE(Refused("\xC0\x80"));
  EXPECT_TRUE(Refused("\xC1\xBF"));
  EXPECT_TRUE(Refused("\xE0\x9F\xBF"));
  EXPECT_TRUE(Refused("\xF0\x8F\xBF\xBF"));
}

TEST(Utf16, RejectsTruncatedAndStrayBytes) {
  EXPECT_TRUE(Refused("\xC3"));
  EXPECT_TRUE(Refused("\xE2\x82"));
  EXPECT_TRUE(Refused("\xF0\x9F\x98"));
  EXPECT_TRUE(Refused("\x80"));
  EXPECT_TRUE(Refused("\xC3("));
  EXPECT_TRUE(Refused("a\xFF"));
}

TEST(Utf16, RejectsAboveTheLastCodePoint) {
  EXPECT_TRUE(Refused("\xF4\x90\x80\x80"));
  EXPECT_TRUE(Refused("\xF8\x88\x80\x80\x80"));
}

TEST(Utf16, NulIsACharacter) {
  EXPECT_EQ(ToUtf8({0x61, 0x00, 0x00, 0x00, 0x62, 0x00}), std::string("a\0b", 3));
}

TEST(Utf16, WritesIntoAWriter) {
  std::array<uint8_t, 4> buffer{};
  Writer w(absl::MakeSpan(buffer));
  EXPECT_TRUE(WriteUtf16("ab", w));
  EXPECT_EQ(buffer, (std::array<uint8_t, 4>{0x61, 0, 0x62, 0}));
  EXPECT_FALSE(WriteUtf16("c", w));
  Writer invalid(absl::MakeSpan(buffer));
  EXPECT_FALSE(WriteUtf16("\xFF", invalid));
}

}  // namespace
}  // namespace sluice::proto

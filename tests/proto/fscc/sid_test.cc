#include "proto/fscc/sid.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

bool Takes(absl::Span<const uint8_t> bytes) {
  Reader r(bytes);
  Sid sid;
  return Sid::Decode(r, &sid);
}

TEST(Sid, WellKnownOnesAreWrittenAsUsual) {
  EXPECT_EQ(well_known_sid::kEveryone.ToString(), "S-1-1-0");
  EXPECT_EQ(well_known_sid::kCreatorOwner.ToString(), "S-1-3-0");
  EXPECT_EQ(well_known_sid::kSystem.ToString(), "S-1-5-18");
  EXPECT_EQ(well_known_sid::kBuiltinAdministrators.ToString(), "S-1-5-32-544");
  EXPECT_EQ(UnixUserSid(1000).ToString(), "S-1-22-1-1000");
  EXPECT_EQ(UnixGroupSid(4294967295).ToString(), "S-1-22-2-4294967295");
}

TEST(Sid, ParsesWhatItWrites) {
  for (const char* text :
       {"S-1-1-0", "S-1-5-32-544", "S-1-5-21-1896347003-3466424241-1680217775-1000", "S-1-16-0",
        "S-1-0xFFFFFFFFFFFF-1", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15"}) {
    const auto sid = Sid::Parse(text);
    ASSERT_TRUE(sid.has_value()) << text;
    EXPECT_EQ(sid->ToString(), text);
  }
}

TEST(Sid, ParsesLowerCaseAndHexadecimal) {
  EXPECT_EQ(Sid::Parse("s-1-5-18"), well_known_sid::kSystem);
  EXPECT_EQ(Sid::Parse("S-1-0x5-18"), well_known_sid::kSystem);
}

TEST(Sid, RejectsWhatIsNoSid) {
  for (const char* text : {"", "S", "S-1-", "S-2-5-18", "S-1-5-", "S-1-5--18", "S-1-5-18 ",
                           "S-1-5-4294967296", "S-1-0x1000000000000-1", "S-1-x-1", "T-1-5-18",
                           "S-1-5-18-", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"}) {
    EXPECT_FALSE(Sid::Parse(text).has_value()) << text;
  }
}

TEST(Sid, AuthorityIsBigEndianAndTheRestLittle) {
  EXPECT_EQ(ToHex(Encoded(well_known_sid::kBuiltinAdministrators)),
            "01020000000000052000000020020000");
}

TEST(Sid, RoundTrips) {
  const Bytes bytes = FromHex("010500000000000515000000 7bf50771 b16f9dce af162664 e8030000");
  Reader r(bytes);
  Sid sid;
  ASSERT_TRUE(Sid::Decode(r, &sid));
  EXPECT_EQ(sid.ToString(), "S-1-5-21-1896347003-3466424241-1680217775-1000");
  EXPECT_EQ(sid.rid(), 1000u);
  EXPECT_EQ(sid.bytes(), bytes.size());
  EXPECT_EQ(ToHex(Encoded(sid)), ToHex(bytes));
  EXPECT_TRUE(AcceptedTruncations(bytes, Takes).empty());
}

TEST(Sid, RejectsOtherRevisions) { EXPECT_FALSE(Takes(FromHex("020100000000000100000000"))); }

TEST(Sid, RejectsMoreThanFifteenSubAuthorities) {
  Bytes bytes(8 + 4 * 16);
  bytes[0] = 1;
  bytes[1] = 16;
  EXPECT_FALSE(Takes(bytes));
  bytes[1] = 15;
  EXPECT_TRUE(Takes(bytes));
}

TEST(Sid, UnixIdsComeBack) {
  EXPECT_EQ(UidFromSid(UnixUserSid(0)), 0u);
  EXPECT_EQ(UidFromSid(UnixUserSid(65534)), 65534u);
  EXPECT_EQ(GidFromSid(UnixGroupSid(100)), 100u);
  EXPECT_FALSE(UidFromSid(UnixGroupSid(100)).has_value());
  EXPECT_FALSE(GidFromSid(UnixUserSid(100)).has_value());
  EXPECT_FALSE(UidFromSid(well_known_sid::kEveryone).has_value());
  EXPECT_FALSE(UidFromSid(UnixUserSid(1).Child(2)).has_value());
}

TEST(Sid, ChildStopsAtTheLimit) {
  Sid sid{5, {}};
  for (uint32_t i = 0; i < 20; ++i) sid = sid.Child(i);
  EXPECT_EQ(sid.count, Sid::kSubAuthoritiesMax);
  EXPECT_EQ(sid.rid(), 14u);
}

}  // namespace
}  // namespace sluice::proto

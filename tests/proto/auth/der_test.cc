#include "proto/auth/der.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

size_t LengthTaken(absl::string_view hex) {
  const Bytes bytes = FromHex(hex);
  DerReader r(bytes);
  const absl::Span<const uint8_t> contents = r.Take(der::kOctetString);
  return r.ok() ? contents.size() : SIZE_MAX;
}

TEST(Der, LengthsRoundTrip) {
  for (const size_t length : {0, 1, 127, 128, 255, 256, 65535, 65536, 100000}) {
    const Bytes whole = WrapDer(der::kOctetString, Bytes(length, 7));
    DerReader r(whole);
    EXPECT_EQ(r.Take(der::kOctetString).size(), length);
    EXPECT_TRUE(r.ok());
    EXPECT_TRUE(r.AtEnd());
  }
}

TEST(Der, LengthsAreAsShortAsCanBe) {
  EXPECT_EQ(ToHex(WrapDer(der::kOctetString, Bytes(127, 0))).substr(0, 4), "047f");
  EXPECT_EQ(ToHex(WrapDer(der::kOctetString, Bytes(128, 0))).substr(0, 6), "048180");
  EXPECT_EQ(ToHex(WrapDer(der::kOctetString, Bytes(256, 0))).substr(0, 8), "04820100");
}

TEST(Der, TakesLengthsInMoreBytesThanNeeded) {
  EXPECT_EQ(LengthTaken("048101aa"), 1u);
  EXPECT_EQ(LengthTaken("0484 00000002 aabb"), 2u);
}

TEST(Der, RejectsIndefiniteLength) { EXPECT_EQ(LengthTaken("0480 aa 0000"), SIZE_MAX); }
TEST(Der, RejectsLengthOfFiveBytes) { EXPECT_EQ(LengthTaken("0485 0000000001 aa"), SIZE_MAX); }
TEST(Der, RejectsLengthBeyondTheEnd) { EXPECT_EQ(LengthTaken("0402aa"), SIZE_MAX); }
TEST(Der, RejectsLengthThatOverflows) { EXPECT_EQ(LengthTaken("0484ffffffffaa"), SIZE_MAX); }
TEST(Der, RejectsLengthThatIsCutOff) { EXPECT_EQ(LengthTaken("048201"), SIZE_MAX); }
TEST(Der, RejectsOtherTag) { EXPECT_EQ(LengthTaken("0300"), SIZE_MAX); }
TEST(Der, RejectsNothing) { EXPECT_EQ(LengthTaken(""), SIZE_MAX); }

TEST(Der, RejectsTagsOfSeveralBytes) {
  const Bytes bytes = FromHex("1f8101 00");
  DerReader r(bytes);
  r.SkipAny();
  EXPECT_FALSE(r.ok());
}

TEST(Der, OptionalElements) {
  const Bytes bytes = FromHex("0401aa 0a0101");
  DerReader r(bytes);
  absl::Span<const uint8_t> contents;
  EXPECT_FALSE(r.TakeIf(der::kEnumerated, &contents));
  EXPECT_TRUE(r.TakeIf(der::kOctetString, &contents));
  EXPECT_EQ(contents.size(), 1u);
  EXPECT_EQ(r.TakeWhole(der::kEnumerated).size(), 3u);
  EXPECT_FALSE(r.TakeIf(der::kEnumerated, &contents));
  EXPECT_TRUE(r.ok());
}

TEST(Der, ErrorSticks) {
  const Bytes bytes = FromHex("0401aa 0a0101");
  DerReader r(bytes);
  r.Take(der::kSequence);
  EXPECT_FALSE(r.ok());
  EXPECT_TRUE(r.Take(der::kOctetString).empty());
  EXPECT_FALSE(r.ok());
}

}  // namespace
}  // namespace sluice::proto

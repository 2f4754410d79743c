#include "proto/rpc/ndr.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto::rpc {
namespace {

std::string ReadString(absl::string_view hex, bool* ok) {
  const Bytes stub = FromHex(hex);
  NdrReader r(stub);
  const std::string text = r.String();
  *ok = r.ok();
  return text;
}

TEST(Ndr, IntegersAreAligned) {
  NdrWriter w;
  w.U16(1);
  w.U32(2);
  w.U16(3);
  const Bytes stub = w.Take();
  EXPECT_EQ(ToHex(stub),
            "010000000200000003"
            "00");
  NdrReader r(stub);
  EXPECT_EQ(r.U16(), 1);
  EXPECT_EQ(r.U32(), 2u);
  EXPECT_EQ(r.U16(), 3);
  EXPECT_TRUE(r.ok());
}

TEST(Ndr, StringsRoundTrip) {
  NdrWriter w;
  w.UniqueString(absl::string_view("Grüße"));
  w.UniqueString(std::nullopt);
  w.UniqueString(absl::string_view(""));
  const Bytes stub = w.Take();
  NdrReader r(stub);
  EXPECT_EQ(r.UniqueString(), "Grüße");
  EXPECT_FALSE(r.UniqueString().has_value());
  EXPECT_EQ(r.UniqueString(), "");
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.remaining(), 0u);
}

TEST(Ndr, StringIsLaidOutAsSpecified) {
  NdrWriter w;
  w.String("a");
  w.U32(7);
  EXPECT_EQ(ToHex(w.Take()),
            "020000000000000002000000"
            "61000000"
            "07000000");
}

TEST(Ndr, PointersHaveDifferentReferents) {
  NdrWriter w;
  w.Pointer(true);
  w.Pointer(false);
  w.Pointer(true);
  EXPECT_EQ(ToHex(w.Take()),
            "00000200"
            "00000000"
            "04000200");
}

TEST(Ndr, StringMayLackItsNul) {
  bool ok;
  EXPECT_EQ(ReadString("02000000 00000000 02000000 61006200", &ok), "ab");
  EXPECT_TRUE(ok);
}

TEST(Ndr, RejectsStringBeyondTheEnd) {
  bool ok;
  ReadString("03000000 00000000 03000000 61006200", &ok);
  EXPECT_FALSE(ok);
}

TEST(Ndr, RejectsStringLengthThatOverflows) {
  bool ok;
  ReadString("ffffffff 00000000 ffffffff 61006200", &ok);
  EXPECT_FALSE(ok);
  ReadString("01000080 00000000 01000080 61006200", &ok);
  EXPECT_FALSE(ok);
}

TEST(Ndr, RejectsStringLongerThanItsMaximum) {
  bool ok;
  ReadString("01000000 00000000 02000000 61006200", &ok);
  EXPECT_FALSE(ok);
}

TEST(Ndr, RejectsStringWithOffset) {
  bool ok;
  ReadString("02000000 01000000 02000000 61006200", &ok);
  EXPECT_FALSE(ok);
}

}  // namespace
}  // namespace sluice::proto::rpc

#include "proto/fscc/reparse.h"

#include "gtest/gtest.h"
#include "proto/fscc/attributes.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

Bytes SymlinkBuffer() {
  SymlinkReparse link;
  link.substitute_name = "..\\target";
  link.print_name = "target";
  link.flags = SymlinkReparse::kRelative;
  return Written([&](Writer& w) { link.EncodeBuffer(w); });
}

bool TakesLink(absl::Span<const uint8_t> bytes) {
  ReparseBuffer buffer;
  SymlinkReparse link;
  return ReparseBuffer::Decode(bytes, &buffer) && SymlinkReparse::DecodeData(buffer.data, &link);
}

TEST(Reparse, SymlinkIsLaidOutAsSpecified) {
  SymlinkReparse link;
  link.substitute_name = "ab";
  link.print_name = "c";
  link.flags = SymlinkReparse::kRelative;
  EXPECT_EQ(ToHex(Written([&](Writer& w) { link.EncodeBuffer(w); })),
            "0c0000a0"
            "12000000"
            "0000"
            "0400"
            "0400"
            "0200"
            "01000000"
            "61006200"
            "6300");
}

TEST(Reparse, SymlinkRoundTrips) {
  ReparseBuffer buffer;
  const Bytes bytes = SymlinkBuffer();
  ASSERT_TRUE(ReparseBuffer::Decode(bytes, &buffer));
  EXPECT_EQ(buffer.tag, reparse_tag::kSymlink);
  SymlinkReparse link;
  ASSERT_TRUE(SymlinkReparse::DecodeData(buffer.data, &link));
  EXPECT_EQ(link.substitute_name, "..\\target");
  EXPECT_EQ(link.print_name, "target");
  EXPECT_EQ(link.flags, SymlinkReparse::kRelative);
  EXPECT_EQ(ToHex(Encoded(buffer)), ToHex(bytes));
}

TEST(Reparse, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncations(SymlinkBuffer(), TakesLink).empty());
  DecodeDamaged(SymlinkBuffer(), TakesLink);
}

TEST(Reparse, RejectsDataLongerThanItsLength) {
  Bytes bytes = SymlinkBuffer();
  bytes.push_back(0);
  EXPECT_FALSE(Decodes<ReparseBuffer>(bytes));
}

TEST(Reparse, RejectsNameBeyondTheBuffer) {
  Bytes bytes = SymlinkBuffer();
  bytes[8] = 0xF0;  // SubstituteNameOffset
  EXPECT_FALSE(TakesLink(bytes));
}

TEST(Reparse, RejectsBufferAboveTheLimit) {
  ReparseBuffer buffer;
  const Bytes data(kReparseBytesMax - ReparseBuffer::kHeaderBytes);
  buffer.tag = reparse_tag::kNfs;
  buffer.data = data;
  Bytes bytes = Encoded(buffer);
  EXPECT_TRUE(Decodes<ReparseBuffer>(bytes));
  bytes.push_back(0);
  ++bytes[4];
  EXPECT_FALSE(Decodes<ReparseBuffer>(bytes));
}

TEST(Reparse, TagOfOthersComesWithAGuid) {
  ReparseBuffer buffer;
  const Bytes data = {1, 2, 3};
  buffer.tag = 0x00000123;
  buffer.guid[0] = 0xAB;
  buffer.data = data;
  const Bytes bytes = Encoded(buffer);
  EXPECT_EQ(bytes.size(), ReparseBuffer::kGuidHeaderBytes + 3);
  ReparseBuffer out;
  ASSERT_TRUE(ReparseBuffer::Decode(bytes, &out));
  EXPECT_EQ(out.guid, buffer.guid);
  EXPECT_EQ(out.data.size(), 3u);
}

}  // namespace
}  // namespace sluice::proto

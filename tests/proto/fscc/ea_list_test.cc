#include "proto/fscc/ea_list.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

const std::vector<EaEntry> kEntries = {
    {0, "one", "1"}, {EaEntry::kNeedEa, "TWO", std::string("\0\xFF", 2)}, {0, "empty", ""}};

Bytes EncodedList(const std::vector<EaEntry>& entries) {
  return Written([&](Writer& w) { EXPECT_EQ(EncodeEaList(entries, w), entries.size()); });
}

bool Takes(absl::Span<const uint8_t> bytes) {
  std::vector<EaEntry> out;
  return DecodeEaList(bytes, &out);
}

bool TakesGet(absl::Span<const uint8_t> bytes) {
  std::vector<std::string> out;
  return DecodeGetEaList(bytes, &out);
}

TEST(EaList, IsLaidOutAsSpecified) {
  EXPECT_EQ(ToHex(EncodedList({{0, "AB", "xyz"}, {0, "C", "d"}})),
            "1000000000020300"
            "414200"
            "78797a"
            "0000"
            "0000000000010100"
            "4300"
            "64");
}

TEST(EaList, RoundTrips) {
  std::vector<EaEntry> out;
  ASSERT_TRUE(DecodeEaList(EncodedList(kEntries), &out));
  ASSERT_EQ(out.size(), kEntries.size());
  for (size_t i = 0; i < out.size(); ++i) {
    EXPECT_EQ(out[i].flags, kEntries[i].flags);
    EXPECT_EQ(out[i].name, kEntries[i].name);
    EXPECT_EQ(out[i].value, kEntries[i].value);
  }
}

TEST(EaList, EveryTruncationIsRefused) {
  EXPECT_EQ(AcceptedTruncations(EncodedList(kEntries), Takes), std::vector<size_t>{0});
  DecodeDamaged(EncodedList(kEntries), Takes);
}

TEST(EaList, WritesAsManyAsFit) {
  const Bytes whole = EncodedList(kEntries);
  for (size_t room = 0; room < whole.size(); ++room) {
    Bytes buffer(room);
    Writer w(absl::MakeSpan(buffer));
    const size_t count = EncodeEaList(kEntries, w);
    EXPECT_LT(count, kEntries.size());
    std::vector<EaEntry> out;
    EXPECT_TRUE(DecodeEaList(w.written(), &out));
    EXPECT_EQ(out.size(), count);
  }
}

TEST(EaList, TellsWhereTheRefusedEntryIs) {
  Bytes bytes = EncodedList({{0, "AB", "xyz"}, {0, "C", "d"}});
  bytes[16 + 5] = 0;  // the second entry's name length
  std::vector<EaEntry> out;
  size_t offset = 0;
  EXPECT_FALSE(DecodeEaList(bytes, &out, &offset));
  EXPECT_EQ(offset, 16u);
}

TEST(EaList, RejectsNameWithoutNul) {
  Bytes bytes = EncodedList({{0, "AB", "xyz"}});
  bytes[10] = 'C';
  EXPECT_FALSE(Takes(bytes));
}

TEST(EaList, RejectsNulInName) {
  Bytes bytes = EncodedList({{0, "AB", "xyz"}});
  bytes[9] = 0;
  EXPECT_FALSE(Takes(bytes));
}

TEST(EaList, RejectsEntryThatReachesIntoTheNext) {
  Bytes bytes = EncodedList({{0, "AB", "xyz"}, {0, "C", "d"}});
  bytes[6] = 6;
  EXPECT_FALSE(Takes(bytes));
}

TEST(EaList, RejectsChainThatIsNotAligned) {
  Bytes bytes = EncodedList({{0, "AB", "xyz"}, {0, "C", "d"}});
  bytes[0] = 17;
  EXPECT_FALSE(Takes(bytes));
}

TEST(EaList, RejectsMoreEntriesThanTheLimit) {
  std::vector<EaEntry> many(kEaEntriesMax + 1, EaEntry{0, "n", ""});
  EXPECT_FALSE(Takes(EncodedList(many)));
  many.pop_back();
  EXPECT_TRUE(Takes(EncodedList(many)));
}

TEST(EaList, NamesThatCannotBeSentAreNotWritten) {
  Bytes buffer(1024);
  Writer w(absl::MakeSpan(buffer));
  EXPECT_EQ(EncodeEaList(std::vector<EaEntry>{{0, "", "x"}}, w), 0u);
  EXPECT_EQ(EncodeEaList(std::vector<EaEntry>{{0, std::string(256, 'a'), "x"}}, w), 0u);
  EXPECT_EQ(w.size(), 0u);
}

TEST(GetEaList, RoundTrips) {
  const std::vector<std::string> names = {"user.a", "b", "longer name"};
  const Bytes bytes = Written([&](Writer& w) { EncodeGetEaList(names, w); });
  std::vector<std::string> out;
  ASSERT_TRUE(DecodeGetEaList(bytes, &out));
  EXPECT_EQ(out, names);
  EXPECT_EQ(AcceptedTruncations(bytes, TakesGet), std::vector<size_t>{0});
  DecodeDamaged(bytes, TakesGet);
}

TEST(EaList, ReportedSizeIsThatOfAnOs2List) {
  EXPECT_EQ(EaListReportedBytes({}), 0u);
  EXPECT_EQ(EaListReportedBytes(std::vector<EaEntry>{{0, "one", "1"}}), 4u + 4 + 3 + 1 + 1);
}

}  // namespace
}  // namespace sluice::proto

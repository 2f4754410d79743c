#include "proto/fscc/directory_info.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proto/fscc/attributes.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

constexpr FileInfoClass kClasses[] = {
    FileInfoClass::kDirectory,       FileInfoClass::kFullDirectory,
    FileInfoClass::kBothDirectory,   FileInfoClass::kNames,
    FileInfoClass::kIdBothDirectory, FileInfoClass::kIdFullDirectory,
    FileInfoClass::kIdExtdDirectory, FileInfoClass::kIdExtdBothDirectory,
};

// Two of the entries with which smbd answered a QUERY_DIRECTORY of class 37.
constexpr char kIdBothListing[] =
    "8000000000000000 bd25a128797add01 bd25a128797add01 bd25a128797add01 bd25a128797add01"
    "0200000000000000 0000100000000000 80000000 12000000 00000000 00 00"
    "000000000000000000000000000000000000000000000000 0000 7e63a70000000000"
    "67007200fc00df0065002e00640061007400 000000000000"
    "0000000000000000 bd25a128797add01 bd25a128797add01 bd25a128797add01 bd25a128797add01"
    "0600000000000000 0000100000000000 80000000 12000000 00000000 00 00"
    "000000000000000000000000000000000000000000000000 0000 7d63a70000000000"
    "680065006c006c006f002e00740078007400";

DirectoryEntryInfo Entry(const std::string& name) {
  DirectoryEntryInfo entry;
  entry.file_index = 7;
  entry.created = 11;
  entry.accessed = 12;
  entry.written = 13;
  entry.changed = 14;
  entry.end_of_file = 15;
  entry.allocation = 4096;
  entry.attributes = file_attribute::kArchive;
  entry.ea_size = 21;
  entry.file_id = 0x1122334455667788;
  entry.file_id_high = 0x99;
  entry.short_name = "SHORT~1.TXT";
  entry.name = name;
  return entry;
}

Bytes List(FileInfoClass info_class, const std::vector<DirectoryEntryInfo>& entries) {
  return Written([&](Writer& w) {
    DirectoryListWriter list(info_class, w);
    for (const DirectoryEntryInfo& entry : entries) {
      EXPECT_EQ(list.Add(entry), AddResult::kAdded);
    }
  });
}

bool ReadAll(FileInfoClass info_class, absl::Span<const uint8_t> bytes,
             std::vector<DirectoryEntryInfo>* out) {
  DirectoryListReader reader(info_class, bytes);
  DirectoryEntryInfo entry;
  while (reader.Next(&entry)) out->push_back(entry);
  return reader.ok();
}

TEST(DirectoryInfo, DecodesWhatSmbdSends) {
  std::vector<DirectoryEntryInfo> entries;
  ASSERT_TRUE(ReadAll(FileInfoClass::kIdBothDirectory, FromHex(kIdBothListing), &entries));
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "grüße.dat");
  EXPECT_EQ(entries[0].end_of_file, 2u);
  EXPECT_EQ(entries[0].file_id, 0xA7637Eu);
  EXPECT_EQ(entries[1].name, "hello.txt");
  EXPECT_EQ(entries[1].allocation, 0x100000u);
  EXPECT_EQ(entries[1].created, 0x01DD7A7928A125BDu);
  EXPECT_EQ(ToHex(List(FileInfoClass::kIdBothDirectory, entries)), ToHex(FromHex(kIdBothListing)));
}

class EveryClass : public testing::TestWithParam<FileInfoClass> {};

TEST_P(EveryClass, RoundTrips) {
  const bool names_only = GetParam() == FileInfoClass::kNames;
  std::vector<DirectoryEntryInfo> out;
  ASSERT_TRUE(
      ReadAll(GetParam(), List(GetParam(), {Entry("a"), Entry("日本語 😀"), Entry("ccc")}), &out));
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[0].name, "a");
  EXPECT_EQ(out[1].name, "日本語 😀");
  EXPECT_EQ(out[2].name, "ccc");
  EXPECT_EQ(out[2].file_index, 7u);
  if (names_only) return;
  EXPECT_EQ(out[2].created, 11u);
  EXPECT_EQ(out[2].accessed, 12u);
  EXPECT_EQ(out[2].written, 13u);
  EXPECT_EQ(out[2].changed, 14u);
  EXPECT_EQ(out[2].end_of_file, 15u);
  EXPECT_EQ(out[2].allocation, 4096u);
  EXPECT_EQ(out[2].attributes, file_attribute::kArchive);
}

TEST_P(EveryClass, NameBeginsWhereTheTableSays) {
  const Bytes bytes = List(GetParam(), {Entry("N")});
  ASSERT_EQ(bytes.size(), DirectoryEntryFixedBytes(GetParam()) + 2);
  EXPECT_EQ(bytes[bytes.size() - 2], 'N');
}

TEST_P(EveryClass, EveryTruncationIsRefused) {
  const Bytes bytes = List(GetParam(), {Entry("first"), Entry("second")});
  const auto accepted = AcceptedTruncations(bytes, [](absl::Span<const uint8_t> cut) {
    std::vector<DirectoryEntryInfo> out;
    return ReadAll(GetParam(), cut, &out);
  });
  // Nothing at all is an empty list.
  EXPECT_EQ(accepted, std::vector<size_t>{0});
}

TEST_P(EveryClass, SurvivesDamage) {
  DecodeDamaged(List(GetParam(), {Entry("first"), Entry("second")}),
                [](absl::Span<const uint8_t> bytes) {
                  std::vector<DirectoryEntryInfo> out;
                  return ReadAll(GetParam(), bytes, &out);
                });
}

TEST_P(EveryClass, EntryThatDoesNotFitLeavesTheListAsItWas) {
  const Bytes whole = List(GetParam(), {Entry("first"), Entry("second")});
  const Bytes first = List(GetParam(), {Entry("first")});
  for (size_t room = 0; room < whole.size(); ++room) {
    Bytes buffer(room);
    Writer w(absl::MakeSpan(buffer));
    DirectoryListWriter list(GetParam(), w);
    const AddResult result = list.Add(Entry("first"));
    EXPECT_EQ(result, room < first.size() ? AddResult::kNoRoom : AddResult::kAdded);
    EXPECT_EQ(list.Add(Entry("second")), AddResult::kNoRoom);
    EXPECT_TRUE(w.ok());
    EXPECT_EQ(ToHex(w.written()), result == AddResult::kAdded ? ToHex(first) : "");
  }
}

INSTANTIATE_TEST_SUITE_P(DirectoryInfo, EveryClass, testing::ValuesIn(kClasses));

TEST(DirectoryInfo, EntriesAreAlignedToWhereTheListBegan) {
  Bytes buffer(1024);
  Writer w(absl::MakeSpan(buffer));
  w.Zeros(4);
  DirectoryListWriter list(FileInfoClass::kNames, w);
  ASSERT_EQ(list.Add(Entry("abc")), AddResult::kAdded);
  EXPECT_EQ(list.bytes(), 18u);
  ASSERT_EQ(list.Add(Entry("d")), AddResult::kAdded);
  EXPECT_EQ(list.bytes(), 24u + 14u);
  EXPECT_EQ(list.count(), 2u);
  EXPECT_EQ(buffer[4], 24);
  EXPECT_EQ(buffer[4 + 24], 0);
}

TEST(DirectoryInfo, ListStaysWithinItsOwnLimit) {
  Bytes buffer(1024);
  Writer w(absl::MakeSpan(buffer));
  DirectoryListWriter list(FileInfoClass::kNames, w, 40);
  EXPECT_EQ(list.Add(Entry("abc")), AddResult::kAdded);
  EXPECT_EQ(list.Add(Entry("too long")), AddResult::kNoRoom);
  EXPECT_EQ(list.Add(Entry("de")), AddResult::kAdded);
  EXPECT_EQ(list.bytes(), 40u);
}

TEST(DirectoryInfo, BadNamesAreToldApartFromNoRoom) {
  Bytes buffer(1024);
  Writer w(absl::MakeSpan(buffer));
  DirectoryListWriter list(FileInfoClass::kIdBothDirectory, w);
  EXPECT_EQ(list.Add(Entry("bad \xFF name")), AddResult::kBadName);
  DirectoryEntryInfo long_short_name = Entry("good");
  long_short_name.short_name = "THIRTEENCHARS";
  EXPECT_EQ(list.Add(long_short_name), AddResult::kBadName);
  EXPECT_EQ(w.size(), 0u);
  EXPECT_EQ(list.Add(Entry("good")), AddResult::kAdded);
}

TEST(DirectoryInfo, ReparseTagTakesThePlaceOfTheEaSize) {
  DirectoryEntryInfo entry = Entry("link");
  entry.attributes |= file_attribute::kReparsePoint;
  entry.reparse_tag = reparse_tag::kSymlink;
  for (const FileInfoClass info_class :
       {FileInfoClass::kBothDirectory, FileInfoClass::kIdBothDirectory}) {
    std::vector<DirectoryEntryInfo> out;
    ASSERT_TRUE(ReadAll(info_class, List(info_class, {entry}), &out));
    EXPECT_EQ(out[0].reparse_tag, reparse_tag::kSymlink);
    EXPECT_EQ(out[0].ea_size, 0u);
  }
  std::vector<DirectoryEntryInfo> out;
  ASSERT_TRUE(ReadAll(FileInfoClass::kIdExtdDirectory,
                      List(FileInfoClass::kIdExtdDirectory, {entry}), &out));
  EXPECT_EQ(out[0].reparse_tag, reparse_tag::kSymlink);
  EXPECT_EQ(out[0].ea_size, 21u);
  EXPECT_EQ(out[0].file_id_high, 0x99u);
}

// A listing of two, with one field changed.
bool TakesWith(size_t offset, uint32_t value) {
  Bytes bytes = List(FileInfoClass::kNames, {Entry("abc"), Entry("def")});
  Writer w(absl::MakeSpan(bytes));
  w.Advance(bytes.size());
  w.PatchU32(offset, value);
  std::vector<DirectoryEntryInfo> out;
  return ReadAll(FileInfoClass::kNames, bytes, &out);
}

TEST(DirectoryInfo, RejectsNextEntryThatIsNotAligned) { EXPECT_FALSE(TakesWith(0, 20)); }
TEST(DirectoryInfo, RejectsNextEntryInsideTheEntry) { EXPECT_FALSE(TakesWith(0, 8)); }
TEST(DirectoryInfo, RejectsNextEntryBeyondTheList) { EXPECT_FALSE(TakesWith(0, 48)); }
TEST(DirectoryInfo, RejectsNextEntryThatOverflows) { EXPECT_FALSE(TakesWith(0, 0xFFFFFFF8)); }
TEST(DirectoryInfo, RejectsNameThatReachesIntoTheNextEntry) { EXPECT_FALSE(TakesWith(8, 14)); }
TEST(DirectoryInfo, RejectsNameOfOddLength) { EXPECT_FALSE(TakesWith(8, 5)); }
TEST(DirectoryInfo, RejectsNameLengthThatOverflows) { EXPECT_FALSE(TakesWith(8, 0xFFFFFFFE)); }
TEST(DirectoryInfo, TakesTheListUnchanged) { EXPECT_TRUE(TakesWith(8, 6)); }

TEST(DirectoryInfo, RejectsShortNameLongerThanItsField) {
  Bytes bytes = List(FileInfoClass::kBothDirectory, {Entry("abc")});
  bytes[68] = 26;
  std::vector<DirectoryEntryInfo> out;
  EXPECT_FALSE(ReadAll(FileInfoClass::kBothDirectory, bytes, &out));
}

TEST(DirectoryInfo, OtherClassesAreNoListings) {
  std::vector<DirectoryEntryInfo> out;
  EXPECT_FALSE(ReadAll(FileInfoClass::kBasic, Bytes(100), &out));
  EXPECT_EQ(DirectoryEntryFixedBytes(FileInfoClass::kBasic), 0u);
}

}  // namespace
}  // namespace sluice::proto

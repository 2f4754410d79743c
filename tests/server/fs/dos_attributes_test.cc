#include "server/fs/dos_attributes.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"

namespace sluice::fs {
namespace {

struct Row {
  const char* what;
  const char* hex;
  bool valid;
  uint32_t attributes;
  uint64_t created;  // 0: none
};

constexpr uint64_t kCreated = 132'000'000'000'000'000;

// smbd 4.17 wrote the first five, and shows for all the attributes and the time expected here.
constexpr Row kRows[] = {
    {"version 5, hidden", "00000500050000001100000002000000309cf528787add01", true, 0x2,
     0x01dd7a7828f59c30},
    {"version 5, read-only hidden system", "00000500050000001100000007000000309cf528787add01", true,
     0x7, 0x01dd7a7828f59c30},
    {"version 5, a new file", "0000050005000000110000002000000077b89357787add01", true, 0x20,
     0x01dd7a785793b877},
    {"version 5, a new directory", "000005000500000011000000100000000ec19357787add01", true, 0x10,
     0x01dd7a785793c10e},
    {"version 5, all cleared", "00000500050000001100000000000000309cf528787add01", true, 0x0,
     0x01dd7a7828f59c30},
    {"version 4", "0000040004000000510000000600000000005af64cf5d4010080209bcb82d801", true, 0x6,
     kCreated + 1'000'000'000'000'000},
    {"version 3",
     "3078323200000300030000001100000022000000000000000100000000000000020000000000000000005af64cf5"
     "d40100005af64cf5d401",
     true, 0x22, kCreated},
    {"version 3, shorter text",
     "30783200030003001100000002000000000000000100000000000000020000000000000000005af64cf5d4010000"
     "5af64cf5d401",
     true, 0x2, kCreated},
    {"version 3 without a time",
     "30783200030003000100000002000000000000000100000000000000020000000000000000005af64cf5d4010000"
     "5af64cf5d401",
     true, 0x2, 0},
    {"version 2",
     "3078323200000200020000000000000022000000000000000100000000000000020000000000000000005af64cf5"
     "d40100005af64cf5d40100005af64cf5d40100",
     true, 0x22, 0},
    {"version 1",
     "30783232000001000100000022000000000000000100000000000000020000000000000000005af64cf5d4010000"
     "5af64cf5d401",
     true, 0x22, kCreated},
    {"text of Samba 3.0", "3078323600", true, 0x26, 0},
    {"text without its end", "30783236", true, 0x26, 0},
    {"an unknown version", "0000060006000000110000002600000000005af64cf5d401", false, 0, 0},
    {"a version that is not the union's", "0000050004000000110000002600000000005af64cf5d401", false,
     0, 0},
    {"cut off", "0000050005000000110000002600000000005af6", false, 0, 0},
    {"cut off before the version", "0000", false, 0, 0},
    {"no text", "7878", false, 0, 0},
    {"nothing", "", false, 0, 0},
};

TEST(DosInfoTest, ReadsWhatSambaWrote) {
  for (const Row& row : kRows) {
    DosInfo info;
    EXPECT_EQ(DecodeDosInfo(absl::HexStringToBytes(row.hex), &info), row.valid) << row.what;
    EXPECT_EQ(info.attributes, row.attributes) << row.what;
    EXPECT_EQ(info.has_created, row.created != 0) << row.what;
    EXPECT_EQ(info.created, row.created) << row.what;
  }
}

TEST(DosInfoTest, WritesWhatSambaWrites) {
  for (const Row& row : kRows) {
    if (absl::string_view(row.what).substr(0, 9) != "version 5") continue;
    DosInfo info;
    const std::string bytes = absl::HexStringToBytes(row.hex);
    ASSERT_TRUE(DecodeDosInfo(bytes, &info));
    EXPECT_EQ(absl::BytesToHexString(EncodeDosInfo(info)), row.hex) << row.what;
  }
}

TEST(DosInfoTest, SurvivesEveryCut) {
  for (const Row& row : kRows) {
    const std::string whole = absl::HexStringToBytes(row.hex);
    for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
      DosInfo info;
      if (!DecodeDosInfo(whole.substr(0, bytes), &info)) {
        EXPECT_EQ(info, DosInfo()) << row.what;
      }
    }
  }
}

storage::Stat StatOf(storage::FileType type) {
  storage::Stat stat;
  stat.type = type;
  stat.size = 5;
  stat.allocated = 4096;
  stat.accessed = 3000;
  stat.modified = 2000;
  stat.changed = 4000;
  stat.born = 1000;
  return stat;
}

std::string Xattr(uint32_t attributes, uint64_t created) {
  DosInfo info;
  info.attributes = attributes;
  info.has_created = created != 0;
  info.created = created;
  return EncodeDosInfo(info);
}

TEST(MakeMetadataTest, WithoutAnXattrAFileIsNormal) {
  const FileMetadata file = MakeMetadata(StatOf(storage::FileType::kRegular), "", "file");
  EXPECT_EQ(file.attributes, kAttributeNormal);
  EXPECT_EQ(file.created, 1000);
  EXPECT_EQ(file.end_of_file, 5u);
  EXPECT_EQ(file.allocation, 4096u);
}

TEST(MakeMetadataTest, ADirectoryHasNoSize) {
  const FileMetadata directory = MakeMetadata(StatOf(storage::FileType::kDirectory), "", "dir");
  EXPECT_EQ(directory.attributes, kAttributeDirectory);
  EXPECT_EQ(directory.end_of_file, 0u);
  EXPECT_EQ(directory.allocation, 0u);
}

TEST(MakeMetadataTest, TheTypeIsTheFilesAndNotTheXattrs) {
  const std::string lies = Xattr(kAttributeDirectory | kAttributeReparsePoint, 0);
  EXPECT_EQ(MakeMetadata(StatOf(storage::FileType::kRegular), lies, "x").attributes,
            kAttributeNormal);
  EXPECT_EQ(MakeMetadata(StatOf(storage::FileType::kDirectory), Xattr(0, 0), "x").attributes,
            kAttributeDirectory);
  EXPECT_EQ(MakeMetadata(StatOf(storage::FileType::kSymlink), "", "x").attributes,
            kAttributeReparsePoint);
}

TEST(MakeMetadataTest, TheXattrDecidesAttributesAndCreation) {
  const FileMetadata file =
      MakeMetadata(StatOf(storage::FileType::kRegular), Xattr(0x27, kCreated), "file");
  EXPECT_EQ(file.attributes, 0x27u);
  EXPECT_EQ(file.created, 15'555'264'000'000'000);
}

TEST(MakeMetadataTest, ALeadingDotHides) {
  EXPECT_EQ(MakeMetadata(StatOf(storage::FileType::kRegular), "", ".x").attributes,
            kAttributeHidden);
  EXPECT_EQ(MakeMetadata(StatOf(storage::FileType::kRegular), Xattr(0, kCreated), ".x").attributes,
            kAttributeHidden);
}

TEST(MakeMetadataTest, WithoutABirthTimeTheEarliestTimeServes) {
  storage::Stat stat = StatOf(storage::FileType::kRegular);
  stat.born = 0;
  EXPECT_EQ(MakeMetadata(stat, "", "x").created, 2000);
}

TEST(MakeMetadataTest, BadXattrsAreNone) {
  EXPECT_EQ(MakeMetadata(StatOf(storage::FileType::kRegular), "garbage", "x").attributes,
            kAttributeNormal);
}

}  // namespace
}  // namespace sluice::fs

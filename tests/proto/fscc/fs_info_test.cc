#include "proto/fscc/fs_info.h"

#include <algorithm>
#include <type_traits>

#include "gtest/gtest.h"
#include "proto/fscc/attributes.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

// As smbd answers.
constexpr char kVolume[] = "bd25a128797add01 ed6603b2 0a000000 00 00 660069006c0065007300";
constexpr char kSize[] = "748ebf0f00000000 38c6d80400000000 02000000 00020000";

TEST(FsVolumeInfo, DecodesAndEncodesWhatSmbdSends) {
  FsVolumeInfo info;
  ASSERT_TRUE(FsVolumeInfo::Decode(FromHex(kVolume), &info));
  EXPECT_EQ(info.serial, 0xB20366EDu);
  EXPECT_EQ(info.label, "files");
  EXPECT_FALSE(info.supports_objects);
  EXPECT_EQ(ToHex(Encoded(info)), ToHex(FromHex(kVolume)));
  EXPECT_EQ(Encoded(FsVolumeInfo()).size(), FsVolumeInfo::kFixedBytes);
}

TEST(FsSizeInfo, DecodesAndEncodesWhatSmbdSends) {
  FsSizeInfo info;
  ASSERT_TRUE(FsSizeInfo::Decode(FromHex(kSize), &info));
  EXPECT_EQ(info.units_total, 0x0FBF8E74u);
  EXPECT_EQ(info.units_available, 0x04D8C638u);
  EXPECT_EQ(info.sectors_per_unit, 2u);
  EXPECT_EQ(info.bytes_per_sector, 512u);
  EXPECT_EQ(ToHex(Encoded(info)), ToHex(FromHex(kSize)));
}

TEST(FsAttributeInfo, RoundTrips) {
  FsAttributeInfo info;
  info.attributes = fs_attribute::kCasePreservedNames | fs_attribute::kUnicodeOnDisk;
  info.component_utf16_units_max = 255;
  info.file_system_name = "NTFS";
  EXPECT_EQ(ToHex(Encoded(info)), "06000000ff000000080000004e00540046005300");
  FsAttributeInfo out;
  ASSERT_TRUE(FsAttributeInfo::Decode(Encoded(info), &out));
  EXPECT_EQ(out.file_system_name, "NTFS");
  EXPECT_EQ(out.component_utf16_units_max, 255u);
}

TEST(FsLabelInfo, RoundTrips) {
  FsLabelInfo out;
  ASSERT_TRUE(FsLabelInfo::Decode(Encoded(FsLabelInfo{"Bücher"}), &out));
  EXPECT_EQ(out.label, "Bücher");
}

template <typename T>
class FixedFsInfo : public testing::Test {};
using FixedFsInfos = testing::Types<FsSizeInfo, FsDeviceInfo, FsControlInfo, FsFullSizeInfo,
                                    FsObjectIdInfo, FsSectorSizeInfo>;
TYPED_TEST_SUITE(FixedFsInfo, FixedFsInfos);

TYPED_TEST(FixedFsInfo, FieldsAreInTheSamePlaceBothWays) {
  Bytes bytes(TypeParam::kBytes);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i + 1);
  TypeParam info;
  ASSERT_TRUE(TypeParam::Decode(bytes, &info));
  // The last four bytes of FileFsControlInformation are padding.
  if (std::is_same_v<TypeParam, FsControlInfo>) std::fill(bytes.end() - 4, bytes.end(), 0);
  EXPECT_EQ(ToHex(Encoded(info)), ToHex(bytes));
}

TYPED_TEST(FixedFsInfo, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<TypeParam>(Bytes(TypeParam::kBytes)).empty());
}

TEST(FsInfo, EveryTruncationOfNamesIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<FsVolumeInfo>(FromHex(kVolume)).empty());
  EXPECT_TRUE(AcceptedTruncationsOf<FsLabelInfo>(Encoded(FsLabelInfo{"label"})).empty());
  FsAttributeInfo attributes;
  attributes.file_system_name = "NTFS";
  EXPECT_TRUE(AcceptedTruncationsOf<FsAttributeInfo>(Encoded(attributes)).empty());
  DecodeDamagedOf<FsVolumeInfo>(FromHex(kVolume));
  DecodeDamagedOf<FsAttributeInfo>(Encoded(attributes));
}

TEST(FsInfo, RejectsLabelBeyondTheEnd) {
  Bytes bytes = FromHex(kVolume);
  bytes[12] = 12;
  EXPECT_FALSE(Decodes<FsVolumeInfo>(bytes));
}

TEST(FsInfo, RejectsLabelOfOddLength) {
  Bytes bytes = FromHex(kVolume);
  bytes[12] = 9;
  EXPECT_FALSE(Decodes<FsVolumeInfo>(bytes));
}

}  // namespace
}  // namespace sluice::proto

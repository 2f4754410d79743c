#include "proto/fscc/file_info.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/proto/testing/codec.h"

namespace sluice::proto {
namespace {

// Decodes bytes that are all different, and encodes what came out: fields that are in the same
// place both ways give the same bytes, reserved ones zeros.
template <typename T>
std::string Reencoded(Bytes bytes) {
  T value;
  EXPECT_TRUE(T::Decode(bytes, &value));
  return ToHex(Encoded(value));
}

Bytes Counting(size_t n) {
  Bytes bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>(i + 1);
  return bytes;
}

Bytes CountingWithReserved(size_t n, size_t reserved, size_t reserved_bytes) {
  Bytes bytes = Counting(n);
  std::fill_n(bytes.begin() + static_cast<ptrdiff_t>(reserved), reserved_bytes, 0);
  return bytes;
}

template <typename T>
class FixedInfo : public testing::Test {};

using FixedInfos =
    testing::Types<FileBasicInfo, FileStandardInfo, FileInternalInfo, FileEaInfo, FileAccessInfo,
                   FilePositionInfo, FileModeInfo, FileAlignmentInfo, FileAllocationInfo,
                   FileEndOfFileInfo, FileValidDataLengthInfo, FileDispositionInfo,
                   FileDispositionExInfo, FileCompressionInfo, FileNetworkOpenInfo,
                   FileAttributeTagInfo, FileIdInfo, FileStatInfo, FilePipeInfo, FilePipeLocalInfo>;
TYPED_TEST_SUITE(FixedInfo, FixedInfos);

TYPED_TEST(FixedInfo, EncodesItsOwnSize) {
  EXPECT_EQ(Encoded(TypeParam()).size(), TypeParam::kBytes);
}

TYPED_TEST(FixedInfo, EveryTruncationIsRefused) {
  EXPECT_TRUE(AcceptedTruncationsOf<TypeParam>(Counting(TypeParam::kBytes)).empty());
}

TYPED_TEST(FixedInfo, BytesBehindItAreIgnored) {
  EXPECT_EQ(Reencoded<TypeParam>(Counting(TypeParam::kBytes + 5)).size(), 2 * TypeParam::kBytes);
  EXPECT_TRUE(Decodes<TypeParam>(Counting(TypeParam::kBytes + 5)));
}

TEST(FileInfo, FieldsAreInTheSamePlaceBothWays) {
  const auto same = [](const Bytes& bytes) { return ToHex(bytes); };
  EXPECT_EQ(Reencoded<FileBasicInfo>(Counting(40)), same(CountingWithReserved(40, 36, 4)));
  EXPECT_EQ(Reencoded<FileInternalInfo>(Counting(8)), same(Counting(8)));
  EXPECT_EQ(Reencoded<FileEaInfo>(Counting(4)), same(Counting(4)));
  EXPECT_EQ(Reencoded<FileAccessInfo>(Counting(4)), same(Counting(4)));
  EXPECT_EQ(Reencoded<FilePositionInfo>(Counting(8)), same(Counting(8)));
  EXPECT_EQ(Reencoded<FileModeInfo>(Counting(4)), same(Counting(4)));
  EXPECT_EQ(Reencoded<FileAlignmentInfo>(Counting(4)), same(Counting(4)));
  EXPECT_EQ(Reencoded<FileAllocationInfo>(Counting(8)), same(Counting(8)));
  EXPECT_EQ(Reencoded<FileEndOfFileInfo>(Counting(8)), same(Counting(8)));
  EXPECT_EQ(Reencoded<FileValidDataLengthInfo>(Counting(8)), same(Counting(8)));
  EXPECT_EQ(Reencoded<FileDispositionExInfo>(Counting(4)), same(Counting(4)));
  EXPECT_EQ(Reencoded<FileCompressionInfo>(Counting(16)), same(CountingWithReserved(16, 13, 3)));
  EXPECT_EQ(Reencoded<FileNetworkOpenInfo>(Counting(56)), same(CountingWithReserved(56, 52, 4)));
  EXPECT_EQ(Reencoded<FileAttributeTagInfo>(Counting(8)), same(Counting(8)));
  EXPECT_EQ(Reencoded<FileIdInfo>(Counting(24)), same(Counting(24)));
  EXPECT_EQ(Reencoded<FileStatInfo>(Counting(72)), same(Counting(72)));
  EXPECT_EQ(Reencoded<FilePipeInfo>(Counting(8)), same(Counting(8)));
  EXPECT_EQ(Reencoded<FilePipeLocalInfo>(Counting(40)), same(Counting(40)));
}

TEST(FileInfo, BasicIsLaidOutAsSpecified) {
  FileBasicInfo info;
  info.created = 0x0101010101010101;
  info.accessed = 0x0202020202020202;
  info.written = 0x0303030303030303;
  info.changed = 0x0404040404040404;
  info.attributes = 0x20;
  EXPECT_EQ(ToHex(Encoded(info)),
            "0101010101010101020202020202020203030303030303030404040404040404"
            "2000000000000000");
}

TEST(FileInfo, StandardIsLaidOutAsSpecified) {
  FileStandardInfo info;
  info.allocation = 0x1000;
  info.end_of_file = 6;
  info.links = 1;
  info.delete_pending = true;
  info.directory = false;
  EXPECT_EQ(ToHex(Encoded(info)),
            "00100000000000000600000000000000010000000100"
            "0000");
  FileStandardInfo out;
  ASSERT_TRUE(FileStandardInfo::Decode(Encoded(info), &out));
  EXPECT_TRUE(out.delete_pending);
  EXPECT_FALSE(out.directory);
}

TEST(FileInfo, AnyByteButZeroIsTrue) {
  FileDispositionInfo info;
  ASSERT_TRUE(FileDispositionInfo::Decode(Bytes{0x80}, &info));
  EXPECT_TRUE(info.delete_pending);
  EXPECT_EQ(ToHex(Encoded(info)), "01");
  ASSERT_TRUE(FileDispositionInfo::Decode(Bytes{0}, &info));
  EXPECT_FALSE(info.delete_pending);
}

}  // namespace
}  // namespace sluice::proto

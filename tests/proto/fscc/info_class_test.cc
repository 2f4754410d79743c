#include "proto/fscc/info_class.h"

#include "gtest/gtest.h"
#include "proto/fscc/directory_info.h"
#include "proto/fscc/file_info.h"
#include "proto/fscc/fs_info.h"

namespace sluice::proto {
namespace {

TEST(InfoClass, UnknownClassesHaveNoRow) {
  EXPECT_EQ(FindRow(static_cast<FileInfoClass>(0)), nullptr);
  EXPECT_EQ(FindRow(static_cast<FileInfoClass>(0xFF)), nullptr);
  EXPECT_EQ(FindRow(static_cast<FsInfoClass>(0)), nullptr);
  EXPECT_EQ(FindRow(static_cast<FsInfoClass>(200)), nullptr);
  EXPECT_FALSE(IsDirectoryClass(static_cast<FileInfoClass>(99)));
}

TEST(InfoClass, EightClassesListDirectories) {
  int count = 0;
  for (const InfoClassRow& row : FileInfoClasses()) {
    const auto info_class = static_cast<FileInfoClass>(row.number);
    EXPECT_EQ(IsDirectoryClass(info_class), DirectoryEntryFixedBytes(info_class) != 0) << row.name;
    if (!IsDirectoryClass(info_class)) continue;
    EXPECT_EQ(row.fixed_bytes, DirectoryEntryFixedBytes(info_class)) << row.name;
    ++count;
  }
  EXPECT_EQ(count, 8);
}

TEST(InfoClass, FixedBytesAreWhatTheStructuresEncode) {
  EXPECT_EQ(FindRow(FileInfoClass::kBasic)->fixed_bytes, FileBasicInfo::kBytes);
  EXPECT_EQ(FindRow(FileInfoClass::kStandard)->fixed_bytes, FileStandardInfo::kBytes);
  EXPECT_EQ(FindRow(FileInfoClass::kNetworkOpen)->fixed_bytes, FileNetworkOpenInfo::kBytes);
  EXPECT_EQ(FindRow(FileInfoClass::kId)->fixed_bytes, FileIdInfo::kBytes);
  EXPECT_EQ(FindRow(FileInfoClass::kStat)->fixed_bytes, FileStatInfo::kBytes);
  EXPECT_EQ(FindRow(FileInfoClass::kPipeLocal)->fixed_bytes, FilePipeLocalInfo::kBytes);
  EXPECT_EQ(FindRow(FsInfoClass::kSize)->fixed_bytes, FsSizeInfo::kBytes);
  EXPECT_EQ(FindRow(FsInfoClass::kControl)->fixed_bytes, FsControlInfo::kBytes);
  EXPECT_EQ(FindRow(FsInfoClass::kFullSize)->fixed_bytes, FsFullSizeInfo::kBytes);
  EXPECT_EQ(FindRow(FsInfoClass::kObjectId)->fixed_bytes, FsObjectIdInfo::kBytes);
  EXPECT_EQ(FindRow(FsInfoClass::kSectorSize)->fixed_bytes, FsSectorSizeInfo::kBytes);
}

}  // namespace
}  // namespace sluice::proto

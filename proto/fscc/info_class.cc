#include "proto/fscc/info_class.h"

#include <iterator>

namespace sluice::proto {
namespace {

constexpr uint8_t kQuerySet = kInfoQuery | kInfoSet;

// fixed_bytes of classes that end in a name are those of Windows' structures, which count one
// character of the name and the padding behind it.
constexpr InfoClassRow kFileRows[] = {
    {1, "FileDirectoryInformation", 64, kInfoListing},
    {2, "FileFullDirectoryInformation", 68, kInfoListing},
    {3, "FileBothDirectoryInformation", 94, kInfoListing},
    {4, "FileBasicInformation", 40, kQuerySet},
    {5, "FileStandardInformation", 24, kInfoQuery},
    {6, "FileInternalInformation", 8, kInfoQuery},
    {7, "FileEaInformation", 4, kInfoQuery},
    {8, "FileAccessInformation", 4, kInfoQuery},
    {9, "FileNameInformation", 8, kInfoQuery},
    {10, "FileRenameInformation", 20, kInfoSet},
    {11, "FileLinkInformation", 20, kInfoSet},
    {12, "FileNamesInformation", 12, kInfoListing},
    {13, "FileDispositionInformation", 1, kInfoSet},
    {14, "FilePositionInformation", 8, kQuerySet},
    {15, "FileFullEaInformation", 8, kQuerySet},
    {16, "FileModeInformation", 4, kQuerySet},
    {17, "FileAlignmentInformation", 4, kInfoQuery},
    {18, "FileAllInformation", 104, kInfoQuery},
    {19, "FileAllocationInformation", 8, kInfoSet},
    {20, "FileEndOfFileInformation", 8, kInfoSet},
    {21, "FileAlternateNameInformation", 8, kInfoQuery},
    {22, "FileStreamInformation", 32, kInfoQuery},
    {23, "FilePipeInformation", 8, kQuerySet},
    {24, "FilePipeLocalInformation", 40, kInfoQuery},
    {28, "FileCompressionInformation", 16, kInfoQuery},
    {34, "FileNetworkOpenInformation", 56, kInfoQuery},
    {35, "FileAttributeTagInformation", 8, kInfoQuery},
    {37, "FileIdBothDirectoryInformation", 104, kInfoListing},
    {38, "FileIdFullDirectoryInformation", 80, kInfoListing},
    {39, "FileValidDataLengthInformation", 8, kInfoSet},
    {48, "FileNormalizedNameInformation", 8, kInfoQuery},
    {59, "FileIdInformation", 24, kInfoQuery},
    {60, "FileIdExtdDirectoryInformation", 88, kInfoListing},
    {63, "FileIdExtdBothDirectoryInformation", 114, kInfoListing},
    {64, "FileDispositionInformationEx", 4, kInfoSet},
    {65, "FileRenameInformationEx", 20, kInfoSet},
    {68, "FileStatInformation", 72, kInfoQuery},
};

constexpr InfoClassRow kFsRows[] = {
    {1, "FileFsVolumeInformation", 24, kInfoQuery},
    {2, "FileFsLabelInformation", 4, kInfoSet},
    {3, "FileFsSizeInformation", 24, kInfoQuery},
    {4, "FileFsDeviceInformation", 8, kInfoQuery},
    {5, "FileFsAttributeInformation", 16, kInfoQuery},
    {6, "FileFsControlInformation", 48, kQuerySet},
    {7, "FileFsFullSizeInformation", 32, kInfoQuery},
    {8, "FileFsObjectIdInformation", 64, kQuerySet},
    {11, "FileFsSectorSizeInformation", 28, kInfoQuery},
};

template <size_t N>
constexpr bool StrictlyAscending(const InfoClassRow (&rows)[N]) {
  for (size_t i = 1; i < N; ++i) {
    if (rows[i - 1].number >= rows[i].number) return false;
  }
  return true;
}
static_assert(StrictlyAscending(kFileRows));
static_assert(StrictlyAscending(kFsRows));

const InfoClassRow* Find(absl::Span<const InfoClassRow> rows, uint8_t number) {
  for (const InfoClassRow& row : rows) {
    if (row.number == number) return &row;
  }
  return nullptr;
}

}  // namespace

absl::Span<const InfoClassRow> FileInfoClasses() { return kFileRows; }
absl::Span<const InfoClassRow> FsInfoClasses() { return kFsRows; }

const InfoClassRow* FindRow(FileInfoClass info_class) {
  return Find(kFileRows, static_cast<uint8_t>(info_class));
}

const InfoClassRow* FindRow(FsInfoClass info_class) {
  return Find(kFsRows, static_cast<uint8_t>(info_class));
}

bool IsDirectoryClass(FileInfoClass info_class) {
  const InfoClassRow* row = FindRow(info_class);
  return row != nullptr && (row->uses & kInfoListing) != 0;
}

}  // namespace sluice::proto

// Information class numbers and what is true of each class, as tables. [MS-FSCC] 2.4 and 2.5.
#ifndef SLUICE_PROTO_FSCC_INFO_CLASS_H_
#define SLUICE_PROTO_FSCC_INFO_CLASS_H_

#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"

namespace sluice::proto {

// A peer may send any byte: a value without an enumerator has no row in FileInfoClasses().
enum class FileInfoClass : uint8_t {
  kDirectory = 1,
  kFullDirectory = 2,
  kBothDirectory = 3,
  kBasic = 4,
  kStandard = 5,
  kInternal = 6,
  kEa = 7,
  kAccess = 8,
  kName = 9,
  kRename = 10,
  kLink = 11,
  kNames = 12,
  kDisposition = 13,
  kPosition = 14,
  kFullEa = 15,
  kMode = 16,
  kAlignment = 17,
  kAll = 18,
  kAllocation = 19,
  kEndOfFile = 20,
  kAlternateName = 21,
  kStream = 22,
  kPipe = 23,
  kPipeLocal = 24,
  kPipeRemote = 25,
  kMailslotQuery = 26,
  kMailslotSet = 27,
  kCompression = 28,
  kObjectId = 29,
  kQuota = 32,
  kReparsePoint = 33,
  kNetworkOpen = 34,
  kAttributeTag = 35,
  kIdBothDirectory = 37,
  kIdFullDirectory = 38,
  kValidDataLength = 39,
  kShortName = 40,
  kNormalizedName = 48,
  kStandardLink = 54,
  kId = 59,
  kIdExtdDirectory = 60,
  kHardLinkFullId = 62,
  kIdExtdBothDirectory = 63,
  kDispositionEx = 64,
  kRenameEx = 65,
  kStat = 68,
};

enum class FsInfoClass : uint8_t {
  kVolume = 1,
  kLabel = 2,
  kSize = 3,
  kDevice = 4,
  kAttribute = 5,
  kControl = 6,
  kFullSize = 7,
  kObjectId = 8,
  kDriverPath = 9,
  kVolumeFlags = 10,
  kSectorSize = 11,
};

// Where a class may be used.
inline constexpr uint8_t kInfoQuery = 1;    // QUERY_INFO
inline constexpr uint8_t kInfoSet = 2;      // SET_INFO
inline constexpr uint8_t kInfoListing = 4;  // QUERY_DIRECTORY

struct InfoClassRow {
  uint8_t number;
  const char* name;      // as in the specification: "FileBasicInformation"
  uint16_t fixed_bytes;  // a query whose buffer is smaller gets kInfoLengthMismatch
  uint8_t uses;          // kInfoQuery | kInfoSet | kInfoListing
};

// The classes that this library encodes and decodes, by number.
absl::Span<const InfoClassRow> FileInfoClasses();
absl::Span<const InfoClassRow> FsInfoClasses();

// nullptr if the class has no row.
const InfoClassRow* FindRow(FileInfoClass info_class);
const InfoClassRow* FindRow(FsInfoClass info_class);

// True for the eight classes of QUERY_DIRECTORY.
bool IsDirectoryClass(FileInfoClass info_class);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_INFO_CLASS_H_

// File attributes, file system attributes, device types and reparse tags. [MS-FSCC] 2.1.2.1, 2.5.1,
// 2.5.10, 2.6.
#ifndef SLUICE_PROTO_FSCC_ATTRIBUTES_H_
#define SLUICE_PROTO_FSCC_ATTRIBUTES_H_

#include <cstdint>

namespace sluice::proto {

namespace file_attribute {
inline constexpr uint32_t kReadOnly = 0x00000001;
inline constexpr uint32_t kHidden = 0x00000002;
inline constexpr uint32_t kSystem = 0x00000004;
inline constexpr uint32_t kDirectory = 0x00000010;
inline constexpr uint32_t kArchive = 0x00000020;
inline constexpr uint32_t kNormal = 0x00000080;
inline constexpr uint32_t kTemporary = 0x00000100;
inline constexpr uint32_t kSparse = 0x00000200;
inline constexpr uint32_t kReparsePoint = 0x00000400;
inline constexpr uint32_t kCompressed = 0x00000800;
inline constexpr uint32_t kOffline = 0x00001000;
inline constexpr uint32_t kNotContentIndexed = 0x00002000;
inline constexpr uint32_t kEncrypted = 0x00004000;
inline constexpr uint32_t kIntegrityStream = 0x00008000;
inline constexpr uint32_t kNoScrubData = 0x00020000;
inline constexpr uint32_t kRecallOnOpen = 0x00040000;
inline constexpr uint32_t kPinned = 0x00080000;
inline constexpr uint32_t kUnpinned = 0x00100000;
inline constexpr uint32_t kRecallOnDataAccess = 0x00400000;
// What a client may name in CREATE and in FileBasicInformation.
inline constexpr uint32_t kValid = 0x00007FB7 | kIntegrityStream | kNoScrubData | kRecallOnOpen |
                                   kPinned | kUnpinned | kRecallOnDataAccess;
// What a client may change by FileBasicInformation; the others follow from the file.
inline constexpr uint32_t kSettable =
    kReadOnly | kHidden | kSystem | kArchive | kNormal | kTemporary | kOffline | kNotContentIndexed;
}  // namespace file_attribute

namespace fs_attribute {
inline constexpr uint32_t kCaseSensitiveSearch = 0x00000001;
inline constexpr uint32_t kCasePreservedNames = 0x00000002;
inline constexpr uint32_t kUnicodeOnDisk = 0x00000004;
inline constexpr uint32_t kPersistentAcls = 0x00000008;
inline constexpr uint32_t kFileCompression = 0x00000010;
inline constexpr uint32_t kVolumeQuotas = 0x00000020;
inline constexpr uint32_t kSupportsSparseFiles = 0x00000040;
inline constexpr uint32_t kSupportsReparsePoints = 0x00000080;
inline constexpr uint32_t kSupportsRemoteStorage = 0x00000100;
inline constexpr uint32_t kVolumeIsCompressed = 0x00008000;
inline constexpr uint32_t kSupportsObjectIds = 0x00010000;
inline constexpr uint32_t kSupportsEncryption = 0x00020000;
inline constexpr uint32_t kNamedStreams = 0x00040000;
inline constexpr uint32_t kReadOnlyVolume = 0x00080000;
inline constexpr uint32_t kSequentialWriteOnce = 0x00100000;
inline constexpr uint32_t kSupportsTransactions = 0x00200000;
inline constexpr uint32_t kSupportsHardLinks = 0x00400000;
inline constexpr uint32_t kSupportsExtendedAttributes = 0x00800000;
inline constexpr uint32_t kSupportsOpenByFileId = 0x01000000;
inline constexpr uint32_t kSupportsUsnJournal = 0x02000000;
inline constexpr uint32_t kSupportsBlockRefcounting = 0x08000000;
inline constexpr uint32_t kSupportsPosixUnlinkRename = 0x10000000;
}  // namespace fs_attribute

namespace fs_device {
inline constexpr uint32_t kTypeCdRom = 0x00000002;
inline constexpr uint32_t kTypeDisk = 0x00000007;
inline constexpr uint32_t kTypeNamedPipe = 0x00000011;
inline constexpr uint32_t kReadOnly = 0x00000002;
inline constexpr uint32_t kIsMounted = 0x00000020;
inline constexpr uint32_t kRemote = 0x00000010;
}  // namespace fs_device

namespace reparse_tag {
inline constexpr uint32_t kMountPoint = 0xA0000003;
inline constexpr uint32_t kSymlink = 0xA000000C;
inline constexpr uint32_t kDfs = 0x8000000A;
inline constexpr uint32_t kNfs = 0x80000014;
inline constexpr uint32_t kLxSymlink = 0xA000001D;
inline constexpr uint32_t kAfUnix = 0x80000023;
inline constexpr uint32_t kLxFifo = 0x80000024;
inline constexpr uint32_t kLxChr = 0x80000025;
inline constexpr uint32_t kLxBlk = 0x80000026;
// Set in a tag that Microsoft owns; a tag without it comes with a GUID.
inline constexpr uint32_t kMicrosoftBit = 0x80000000;
}  // namespace reparse_tag

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_ATTRIBUTES_H_

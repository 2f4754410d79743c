// Access masks of files, pipes and directories [MS-SMB2] 2.2.13.1.
#ifndef SLUICE_PROTO_SMB2_ACCESS_MASK_H_
#define SLUICE_PROTO_SMB2_ACCESS_MASK_H_

#include <cstdint>

namespace sluice::proto {

// Files and pipes; the same bits have other names on directories.
inline constexpr uint32_t kFileReadData = 0x00000001;
inline constexpr uint32_t kFileWriteData = 0x00000002;
inline constexpr uint32_t kFileAppendData = 0x00000004;
inline constexpr uint32_t kFileReadEa = 0x00000008;
inline constexpr uint32_t kFileWriteEa = 0x00000010;
inline constexpr uint32_t kFileExecute = 0x00000020;
inline constexpr uint32_t kFileDeleteChild = 0x00000040;
inline constexpr uint32_t kFileReadAttributes = 0x00000080;
inline constexpr uint32_t kFileWriteAttributes = 0x00000100;
inline constexpr uint32_t kFileListDirectory = kFileReadData;
inline constexpr uint32_t kFileAddFile = kFileWriteData;
inline constexpr uint32_t kFileAddSubdirectory = kFileAppendData;
inline constexpr uint32_t kFileTraverse = kFileExecute;

inline constexpr uint32_t kDelete = 0x00010000;
inline constexpr uint32_t kReadControl = 0x00020000;
inline constexpr uint32_t kWriteDac = 0x00040000;
inline constexpr uint32_t kWriteOwner = 0x00080000;
inline constexpr uint32_t kSynchronize = 0x00100000;
inline constexpr uint32_t kAccessSystemSecurity = 0x01000000;
inline constexpr uint32_t kMaximumAllowed = 0x02000000;
inline constexpr uint32_t kGenericAll = 0x10000000;
inline constexpr uint32_t kGenericExecute = 0x20000000;
inline constexpr uint32_t kGenericWrite = 0x40000000;
inline constexpr uint32_t kGenericRead = 0x80000000;

// Everything that a file can grant, and what the generic rights stand for [MS-DTYP] 2.4.3.
inline constexpr uint32_t kFileAllAccess = 0x001F01FF;
inline constexpr uint32_t kFileGenericRead =
    kReadControl | kSynchronize | kFileReadData | kFileReadAttributes | kFileReadEa;
inline constexpr uint32_t kFileGenericWrite = kReadControl | kSynchronize | kFileWriteData |
                                              kFileAppendData | kFileWriteAttributes | kFileWriteEa;
inline constexpr uint32_t kFileGenericExecute =
    kReadControl | kSynchronize | kFileExecute | kFileReadAttributes;

// Bits that mean nothing: a request with one of them gets ACCESS_DENIED.
inline constexpr uint32_t kAccessMaskReserved = 0x0CE0FE00;

// `access` with its generic bits replaced by what they stand for.
constexpr uint32_t MapGenericAccess(uint32_t access) {
  uint32_t mapped = access & ~(kGenericAll | kGenericExecute | kGenericWrite | kGenericRead);
  if ((access & kGenericAll) != 0) mapped |= kFileAllAccess;
  if ((access & kGenericExecute) != 0) mapped |= kFileGenericExecute;
  if ((access & kGenericWrite) != 0) mapped |= kFileGenericWrite;
  if ((access & kGenericRead) != 0) mapped |= kFileGenericRead;
  return mapped;
}

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_SMB2_ACCESS_MASK_H_

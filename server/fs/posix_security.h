// Owner, group and mode of a file as Windows sees them: a security descriptor, and the access that
// an identity has. [MS-DTYP] 2.4, [MS-SMB2] 2.2.13.1.
#ifndef SLUICE_SERVER_FS_POSIX_SECURITY_H_
#define SLUICE_SERVER_FS_POSIX_SECURITY_H_

#include <cstdint>
#include <string>

#include "proto/status/nt_status.h"
#include "server/base/identity.h"
#include "server/storage/backend.h"

namespace sluice::fs {

// Access masks [MS-SMB2] 2.2.13.1.1 (files) and 2.2.13.1.2 (directories).
inline constexpr uint32_t kFileReadData = 0x1;    // list a directory
inline constexpr uint32_t kFileWriteData = 0x2;   // add a file
inline constexpr uint32_t kFileAppendData = 0x4;  // add a directory
inline constexpr uint32_t kFileReadEa = 0x8;
inline constexpr uint32_t kFileWriteEa = 0x10;
inline constexpr uint32_t kFileExecute = 0x20;  // traverse
inline constexpr uint32_t kFileDeleteChild = 0x40;
inline constexpr uint32_t kFileReadAttributes = 0x80;
inline constexpr uint32_t kFileWriteAttributes = 0x100;
inline constexpr uint32_t kDelete = 0x10000;
inline constexpr uint32_t kReadControl = 0x20000;
inline constexpr uint32_t kWriteDac = 0x40000;
inline constexpr uint32_t kWriteOwner = 0x80000;
inline constexpr uint32_t kSynchronize = 0x100000;
inline constexpr uint32_t kAccessSystemSecurity = 0x1000000;
inline constexpr uint32_t kMaximumAllowed = 0x2000000;
inline constexpr uint32_t kGenericAll = 0x10000000;
inline constexpr uint32_t kGenericExecute = 0x20000000;
inline constexpr uint32_t kGenericWrite = 0x40000000;
inline constexpr uint32_t kGenericRead = 0x80000000;
// What the generic rights stand for on files and directories [MS-FSA] 2.1.5.1... GENERIC_MAPPING.
inline constexpr uint32_t kFileGenericRead = 0x00120089;
inline constexpr uint32_t kFileGenericWrite = 0x00120116;
inline constexpr uint32_t kFileGenericExecute = 0x001200A0;
inline constexpr uint32_t kFileAllAccess = 0x001F01FF;

// Replaces the generic rights by what they stand for. kMaximumAllowed and
// kAccessSystemSecurity are left in.
uint32_t MapGenericAccess(uint32_t access);

// Everything `who` may do to the file by its mode bits. `parent` is the directory it lies in and
// decides over deletion; null for the root of a share, which nobody deletes.
uint32_t MaximalAccess(const base::Identity& who, const storage::Stat& stat,
                       const storage::Stat* parent);

// Parts of a security descriptor to give [MS-DTYP] 2.4.7 SECURITY_INFORMATION.
inline constexpr uint32_t kOwnerSecurityInformation = 0x1;
inline constexpr uint32_t kGroupSecurityInformation = 0x2;
inline constexpr uint32_t kDaclSecurityInformation = 0x4;
inline constexpr uint32_t kSaclSecurityInformation = 0x8;

// A self-relative security descriptor from owner (S-1-22-1-uid), group (S-1-22-2-gid) and mode,
// with the parts that `information` asks for.
std::string SecurityDescriptorFromMode(const storage::Stat& stat, uint32_t information);

// The changes that a descriptor a client set asks for, as far as POSIX can express them.
struct PosixOwnership {
  bool has_uid = false;
  uint32_t uid = 0;
  bool has_gid = false;
  uint32_t gid = 0;
  bool has_mode = false;
  uint32_t mode = 0;  // permission bits
};
// Refuses what owner, group and mode cannot say, rather than lose it and lock somebody in or out:
//   INVALID_SECURITY_DESCR  a malformed descriptor
//   INVALID_OWNER, INVALID_PRIMARY_GROUP  a SID that stands for no user, or no group
//   NOT_SUPPORTED  a list with an entry that denies or is no plain ALLOW, or whose SID is neither
//                  the file's owner or group (CREATOR OWNER and CREATOR GROUP mean them too), nor
//                  Everyone or Authenticated Users, nor SYSTEM or Administrators, whom the mode
//                  never stops and whose entries change nothing
// What entries say of new files below a directory is not kept, since new files get their mode from
// their creator: inheritance flags are passed over, and entries that are for new files only change
// nothing. The list that SecurityDescriptorFromMode() gives for `current` changes nothing either.
// `current` gives the owner and group that the entries are compared with.
proto::NtStatus OwnershipFromDescriptor(const std::string& descriptor, uint32_t information,
                                        const storage::Stat& current, PosixOwnership* out);

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_POSIX_SECURITY_H_

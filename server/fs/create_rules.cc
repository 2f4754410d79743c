#include "server/fs/create_rules.h"

#include "proto/fscc/attributes.h"
#include "proto/smb2/create.h"
#include "server/fs/dos_attributes.h"
#include "server/fs/posix_security.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;

constexpr uint32_t kInvalidOptions = 0xFF000000;
// CREATE_TREE_CONNECTION, OPEN_BY_FILE_ID, RESERVE_OPFILTER.
constexpr uint32_t kUnsupportedOptions =
    0x00000080 | proto::kOptionOpenByFileId | proto::kOptionReserveOpfilter;
// Bits of an access mask that mean nothing.
constexpr uint32_t kReservedAccess = 0x0CE0FE00;
constexpr uint32_t kShareAccessAll =
    proto::kShareAccessRead | proto::kShareAccessWrite | proto::kShareAccessDelete;
constexpr uint32_t kModifyingAccess = kFileWriteData | kFileAppendData | kFileWriteEa |
                                      kFileDeleteChild | kFileWriteAttributes | kDelete |
                                      kWriteDac | kWriteOwner;

NtStatus CheckDirectoryTerms(const CreateTerms& terms) {
  if ((terms.options & proto::kOptionNonDirectoryFile) != 0) return NtStatus::kInvalidParameter;
  if (Overwrites(terms.disposition)) return NtStatus::kInvalidParameter;
  const bool temporary = (terms.file_attributes & kAttributeTemporary) != 0;
  if (temporary && MayCreate(terms.disposition)) return NtStatus::kInvalidParameter;
  return NtStatus::kOk;
}

}  // namespace

bool MayCreate(uint32_t disposition) {
  return disposition != proto::kDispositionOpen && disposition != proto::kDispositionOverwrite;
}

bool Overwrites(uint32_t disposition) {
  return disposition == proto::kDispositionOverwrite ||
         disposition == proto::kDispositionOverwriteIf ||
         disposition == proto::kDispositionSupersede;
}

NtStatus CheckTerms(const CreateTerms& terms) {
  if (terms.disposition > proto::kDispositionOverwriteIf) return NtStatus::kInvalidParameter;
  if ((terms.options & kInvalidOptions) != 0) return NtStatus::kInvalidParameter;
  if ((terms.options & kUnsupportedOptions) != 0) return NtStatus::kNotSupported;
  if ((terms.file_attributes & ~proto::file_attribute::kValid) != 0) {
    return NtStatus::kInvalidParameter;
  }
  if ((terms.share_access & ~kShareAccessAll) != 0) return NtStatus::kInvalidParameter;
  if ((terms.options & proto::kOptionDirectoryFile) != 0) {
    const NtStatus status = CheckDirectoryTerms(terms);
    if (status != NtStatus::kOk) return status;
  }
  if (terms.desired_access == 0 || (terms.desired_access & kReservedAccess) != 0) {
    return NtStatus::kAccessDenied;
  }
  if ((terms.desired_access & kAccessSystemSecurity) != 0) return NtStatus::kPrivilegeNotHeld;
  const uint32_t desired = MapGenericAccess(terms.desired_access);
  if ((terms.options & proto::kOptionDeleteOnClose) != 0 &&
      (desired & (kDelete | kMaximumAllowed)) == 0) {
    return NtStatus::kInvalidParameter;
  }
  return NtStatus::kOk;
}

NtStatus CheckReadOnlyShare(const CreateTerms& terms) {
  const bool refused = (MapGenericAccess(terms.desired_access) & kModifyingAccess) != 0 ||
                       Overwrites(terms.disposition) ||
                       terms.disposition == proto::kDispositionCreate ||
                       (terms.options & proto::kOptionDeleteOnClose) != 0;
  return refused ? NtStatus::kAccessDenied : NtStatus::kOk;
}

Grant GrantAccess(uint32_t desired, uint32_t maximal) {
  maximal |= kSynchronize;
  const uint32_t explicitly = desired & ~kMaximumAllowed;
  if ((explicitly & ~maximal) != 0) return {NtStatus::kAccessDenied, 0};
  if ((desired & kMaximumAllowed) != 0) return {NtStatus::kOk, maximal};
  return {NtStatus::kOk, explicitly};
}

uint32_t WithoutModifying(uint32_t maximal) { return maximal & ~kModifyingAccess; }

uint32_t NewAttributes(uint32_t asked, bool directory) {
  const uint32_t kept = asked & kSettableAttributes;
  return directory ? kept & ~kAttributeTemporary : kept | kAttributeArchive;
}

bool MayOverwrite(uint32_t present, uint32_t asked) {
  return (present & (kAttributeHidden | kAttributeSystem) & ~asked) == 0;
}

}  // namespace sluice::fs

// What of CREATE is decided by the request and the file's attributes alone [MS-SMB2] 3.3.5.9,
// [MS-FSA] 2.1.5.1.
#ifndef SLUICE_SERVER_FS_CREATE_RULES_H_
#define SLUICE_SERVER_FS_CREATE_RULES_H_

#include <cstdint>

#include "proto/status/nt_status.h"

namespace sluice::fs {

// What the rules look at.
struct CreateTerms {
  uint32_t desired_access = 0;  // as sent
  uint32_t file_attributes = 0;
  uint32_t share_access = 0;
  uint32_t disposition = 0;
  uint32_t options = 0;
};

// Whether the request makes sense at all.
proto::NtStatus CheckTerms(const CreateTerms& terms);

// Whether a share that nobody may change allows to ask for this. What would need a new file is
// refused later, when there is none.
proto::NtStatus CheckReadOnlyShare(const CreateTerms& terms);

// OPEN_IF, CREATE, OVERWRITE_IF, SUPERSEDE: makes a file where there is none.
bool MayCreate(uint32_t disposition);
// OVERWRITE, OVERWRITE_IF, SUPERSEDE: empties a file that is there.
bool Overwrites(uint32_t disposition);

// What opening a file needs or yields.
struct Grant {
  proto::NtStatus status = proto::NtStatus::kOk;
  uint32_t access = 0;
};
// `desired` has its generic bits mapped; `maximal` is what the user may at most. MAXIMUM_ALLOWED
// yields all of that.
Grant GrantAccess(uint32_t desired, uint32_t maximal);

// What remains of `maximal` for a share or file that is read-only.
uint32_t WithoutModifying(uint32_t maximal);

// Attributes of a new or overwritten file: those asked for, and archive.
uint32_t NewAttributes(uint32_t asked, bool directory);
// [MS-FSA] 2.1.5.1.2: an overwrite that would drop hidden or system is refused. `present`: as
// stored; a name with a leading dot stays hidden whatever is overwritten.
bool MayOverwrite(uint32_t present, uint32_t asked);

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_CREATE_RULES_H_

#include "server/fs/posix_security.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "proto/fscc/security_descriptor.h"
#include "proto/fscc/sid.h"

namespace sluice::fs {
namespace {

using proto::Ace;
using proto::AceType;
using proto::NtStatus;
using proto::SecurityDescriptor;
using proto::Sid;

constexpr uint32_t kRead = 4;
constexpr uint32_t kWrite = 2;
constexpr uint32_t kExecute = 1;
constexpr uint32_t kSticky = 01000;

// What Samba shows for the three bits of a class. Only the mask of all three lacks DELETE for a
// file, since the directory decides over that.
uint32_t MaskFromBits(uint32_t bits, bool directory) {
  if (bits == (kRead | kWrite | kExecute)) {
    return directory ? kFileAllAccess : kFileAllAccess & ~kDelete;
  }
  uint32_t mask = 0;
  if ((bits & kRead) != 0) mask |= kFileGenericRead;
  if ((bits & kWrite) != 0) mask |= kFileGenericWrite | (directory ? kFileDeleteChild : 0);
  if ((bits & kExecute) != 0) mask |= kFileGenericExecute;
  return mask;
}

uint32_t BitsFromMask(uint32_t mask) {
  mask = MapGenericAccess(mask);
  return ((mask & kFileReadData) != 0 ? kRead : 0) |
         ((mask & (kFileWriteData | kFileAppendData)) != 0 ? kWrite : 0) |
         ((mask & kFileExecute) != 0 ? kExecute : 0);
}

bool InGroup(const base::Identity& who, uint32_t gid) {
  return who.gid == gid || std::find(who.groups.begin(), who.groups.end(), gid) != who.groups.end();
}

// The three bits that hold for `who`.
uint32_t BitsFor(const base::Identity& who, const storage::Stat& stat) {
  if (who.uid == stat.uid) return stat.mode >> 6 & 7;
  if (InGroup(who, stat.gid)) return stat.mode >> 3 & 7;
  return stat.mode & 7;
}

bool MayDelete(const base::Identity& who, const storage::Stat& stat, const storage::Stat& parent) {
  const uint32_t bits = BitsFor(who, parent);
  if ((bits & kWrite) == 0 || (bits & kExecute) == 0) return false;
  return (parent.mode & kSticky) == 0 || who.uid == stat.uid || who.uid == parent.uid;
}

Ace Allow(const Sid& sid, uint32_t mask) {
  Ace ace;
  ace.sid = sid;
  ace.mask = mask;
  return ace;
}

// The uid or gid of a SID as Samba or a Linux client writes it.
std::optional<uint32_t> UidOf(const Sid& sid) {
  if (sid.IsChildOf(proto::well_known_sid::kNfsUsers)) return sid.rid();
  return proto::UidFromSid(sid);
}
std::optional<uint32_t> GidOf(const Sid& sid) {
  if (sid.IsChildOf(proto::well_known_sid::kNfsGroups)) return sid.rid();
  return proto::GidFromSid(sid);
}

std::vector<Ace> AcesFromMode(const storage::Stat& stat) {
  const bool directory = stat.type == storage::FileType::kDirectory;
  return {Allow(proto::UnixUserSid(stat.uid), MaskFromBits(stat.mode >> 6 & 7, directory)),
          Allow(proto::UnixGroupSid(stat.gid), MaskFromBits(stat.mode >> 3 & 7, directory)),
          Allow(proto::well_known_sid::kEveryone, MaskFromBits(stat.mode & 7, directory))};
}

// The mode's classes that an entry's SID stands for, each as a mask of three bits. False for
// somebody else.
bool ClassesOf(const Sid& sid, uint32_t uid, uint32_t gid, uint32_t* classes) {
  namespace sids = proto::well_known_sid;
  *classes = 0;
  if (sid == sids::kSystem || sid == sids::kBuiltinAdministrators) return true;
  if (sid == sids::kEveryone || sid == sids::kAuthenticatedUsers) *classes = 0777;
  if (sid == sids::kCreatorOwner || UidOf(sid) == uid) *classes = 0700;
  if (sid == sids::kCreatorGroup || GidOf(sid) == gid) *classes = 0070;
  return *classes != 0;
}

// False where the mode cannot say it.
bool ModeFromAces(const std::vector<Ace>& aces, uint32_t uid, uint32_t gid, uint32_t* mode) {
  for (const Ace& ace : aces) {
    // The mode itself, as Linux clients send it.
    if ((ace.flags & proto::ace_flag::kInheritOnly) == 0 &&
        ace.sid.IsChildOf(proto::well_known_sid::kNfsMode)) {
      *mode = ace.sid.rid() & 0777;
      return true;
    }
  }
  *mode = 0;
  for (const Ace& ace : aces) {
    uint32_t classes;
    if (ace.type != AceType::kAccessAllowed || !ClassesOf(ace.sid, uid, gid, &classes)) {
      return false;
    }
    if ((ace.flags & proto::ace_flag::kInheritOnly) != 0) continue;
    *mode |= classes & BitsFromMask(ace.mask) * 0111;
  }
  return true;
}

}  // namespace

uint32_t MapGenericAccess(uint32_t access) {
  uint32_t mapped = access & ~(kGenericAll | kGenericExecute | kGenericWrite | kGenericRead);
  if ((access & kGenericAll) != 0) mapped |= kFileAllAccess;
  if ((access & kGenericExecute) != 0) mapped |= kFileGenericExecute;
  if ((access & kGenericWrite) != 0) mapped |= kFileGenericWrite;
  if ((access & kGenericRead) != 0) mapped |= kFileGenericRead;
  return mapped;
}

uint32_t MaximalAccess(const base::Identity& who, const storage::Stat& stat,
                       const storage::Stat* parent) {
  if (who.uid == 0) return parent != nullptr ? kFileAllAccess : kFileAllAccess & ~kDelete;
  const bool directory = stat.type == storage::FileType::kDirectory;
  // POSIX lets everybody who gets there look at a file's attributes, owner and mode.
  uint32_t access = kFileReadAttributes | kReadControl | kSynchronize;
  access |= MaskFromBits(BitsFor(who, stat), directory) & ~(kDelete | kWriteDac | kWriteOwner);
  if (who.uid == stat.uid) access |= kFileWriteAttributes | kWriteDac | kWriteOwner;
  if (parent != nullptr && MayDelete(who, stat, *parent)) access |= kDelete;
  return access;
}

std::string SecurityDescriptorFromMode(const storage::Stat& stat, uint32_t information) {
  SecurityDescriptor descriptor;
  descriptor.owner = proto::UnixUserSid(stat.uid);
  descriptor.group = proto::UnixGroupSid(stat.gid);
  // Protected: nothing is inherited from the directory above.
  descriptor.control |= SecurityDescriptor::kDaclProtected;
  descriptor.dacl.emplace().aces = AcesFromMode(stat);
  const std::vector<uint8_t> bytes = descriptor.Select(information).ToBytes();
  return std::string(bytes.begin(), bytes.end());
}

NtStatus OwnershipFromDescriptor(const std::string& descriptor, uint32_t information,
                                 const storage::Stat& current, PosixOwnership* out) {
  *out = PosixOwnership();
  SecurityDescriptor decoded;
  if (!SecurityDescriptor::Decode(
          absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(descriptor.data()),
                              descriptor.size()),
          &decoded)) {
    return NtStatus::kInvalidSecurityDescr;
  }
  if ((information & kOwnerSecurityInformation) != 0 && decoded.owner.has_value()) {
    const std::optional<uint32_t> uid = UidOf(*decoded.owner);
    if (!uid.has_value()) return NtStatus::kInvalidOwner;
    out->has_uid = true;
    out->uid = *uid;
  }
  if ((information & kGroupSecurityInformation) != 0 && decoded.group.has_value()) {
    const std::optional<uint32_t> gid = GidOf(*decoded.group);
    if (!gid.has_value()) return NtStatus::kInvalidPrimaryGroup;
    out->has_gid = true;
    out->gid = *gid;
  }
  if ((information & kDaclSecurityInformation) == 0) return NtStatus::kOk;
  if ((decoded.control & SecurityDescriptor::kDaclPresent) == 0 && !decoded.dacl) {
    return NtStatus::kOk;
  }
  storage::Stat wanted = current;
  if (out->has_uid) wanted.uid = out->uid;
  if (out->has_gid) wanted.gid = out->gid;
  uint32_t bits = 0777;  // no list: everybody may do everything
  if (decoded.dacl) {
    const std::vector<Ace>& aces = decoded.dacl->aces;
    if (aces == AcesFromMode(wanted)) {
      bits = current.mode & 0777;
    } else if (!ModeFromAces(aces, wanted.uid, wanted.gid, &bits)) {
      return NtStatus::kNotSupported;
    }
  }
  out->has_mode = true;
  out->mode = (current.mode & 07000) | bits;
  return NtStatus::kOk;
}

}  // namespace sluice::fs

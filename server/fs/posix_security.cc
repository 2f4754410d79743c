#include "server/fs/posix_security.h"

#include <algorithm>
#include <vector>

#include "absl/types/span.h"
#include "proto/fscc/security_descriptor.h"
#include "proto/fscc/sid.h"

namespace sluice::fs {
namespace {

using proto::Ace;
using proto::AceType;
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

// The permission bits one class of users gets from a list, entry by entry: what an earlier entry
// decided stays.
struct ClassBits {
  uint32_t allowed = 0;
  uint32_t denied = 0;

  void Apply(AceType type, uint32_t bits) {
    if (type == AceType::kAccessAllowed) allowed |= bits & ~denied;
    if (type == AceType::kAccessDenied) denied |= bits & ~allowed;
  }
};

uint32_t ModeFromDacl(const std::vector<Ace>& aces, uint32_t uid, uint32_t gid) {
  namespace sids = proto::well_known_sid;
  ClassBits user;
  ClassBits group;
  ClassBits other;
  for (const Ace& ace : aces) {
    if ((ace.flags & proto::ace_flag::kInheritOnly) != 0) continue;
    // The mode itself, as Linux clients send it.
    if (ace.sid.IsChildOf(sids::kNfsMode)) return ace.sid.rid() & 0777;
    const uint32_t bits = BitsFromMask(ace.mask);
    const bool everyone = ace.sid == sids::kEveryone || ace.sid == sids::kAuthenticatedUsers;
    if (everyone || ace.sid == proto::UnixUserSid(uid) || ace.sid == sids::kCreatorOwner) {
      user.Apply(ace.type, bits);
    }
    if (everyone || ace.sid == proto::UnixGroupSid(gid) || ace.sid == sids::kCreatorGroup) {
      group.Apply(ace.type, bits);
    }
    if (everyone) other.Apply(ace.type, bits);
  }
  return user.allowed << 6 | group.allowed << 3 | other.allowed;
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
  const bool directory = stat.type == storage::FileType::kDirectory;
  SecurityDescriptor descriptor;
  descriptor.owner = proto::UnixUserSid(stat.uid);
  descriptor.group = proto::UnixGroupSid(stat.gid);
  // Protected: nothing is inherited from the directory above.
  descriptor.control |= SecurityDescriptor::kDaclProtected;
  proto::Acl& dacl = descriptor.dacl.emplace();
  dacl.aces.push_back(Allow(*descriptor.owner, MaskFromBits(stat.mode >> 6 & 7, directory)));
  dacl.aces.push_back(Allow(*descriptor.group, MaskFromBits(stat.mode >> 3 & 7, directory)));
  dacl.aces.push_back(
      Allow(proto::well_known_sid::kEveryone, MaskFromBits(stat.mode & 7, directory)));
  const std::vector<uint8_t> bytes = descriptor.Select(information).ToBytes();
  return std::string(bytes.begin(), bytes.end());
}

bool OwnershipFromDescriptor(const std::string& descriptor, uint32_t information,
                             const storage::Stat& current, PosixOwnership* out) {
  *out = PosixOwnership();
  SecurityDescriptor decoded;
  if (!SecurityDescriptor::Decode(
          absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(descriptor.data()),
                              descriptor.size()),
          &decoded)) {
    return false;
  }
  if ((information & kOwnerSecurityInformation) != 0 && decoded.owner.has_value()) {
    if (const auto uid = proto::UidFromSid(*decoded.owner)) {
      out->has_uid = true;
      out->uid = *uid;
    }
  }
  if ((information & kGroupSecurityInformation) != 0 && decoded.group.has_value()) {
    if (const auto gid = proto::GidFromSid(*decoded.group)) {
      out->has_gid = true;
      out->gid = *gid;
    }
  }
  if ((information & kDaclSecurityInformation) == 0) return true;
  if ((decoded.control & SecurityDescriptor::kDaclPresent) == 0 && !decoded.dacl) return true;
  out->has_mode = true;
  const uint32_t special = current.mode & 07000;
  if (!decoded.dacl) {
    out->mode = special | 0777;  // no list: everybody may do everything
    return true;
  }
  out->mode = special | ModeFromDacl(decoded.dacl->aces, out->has_uid ? out->uid : current.uid,
                                     out->has_gid ? out->gid : current.gid);
  return true;
}

}  // namespace sluice::fs

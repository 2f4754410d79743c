// Self-relative security descriptors. [MS-DTYP] 2.4.4 (ACE), 2.4.5 (ACL), 2.4.6
// (SECURITY_DESCRIPTOR). Deciding access by them belongs to the file semantics.
#ifndef SLUICE_PROTO_FSCC_SECURITY_DESCRIPTOR_H_
#define SLUICE_PROTO_FSCC_SECURITY_DESCRIPTOR_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "proto/fscc/sid.h"
#include "proto/wire/reader.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

// Bits of AdditionalInformation in QUERY_INFO and SET_INFO. [MS-SMB2] 2.2.37.
namespace security_information {
inline constexpr uint32_t kOwner = 0x00000001;
inline constexpr uint32_t kGroup = 0x00000002;
inline constexpr uint32_t kDacl = 0x00000004;
inline constexpr uint32_t kSacl = 0x00000008;
inline constexpr uint32_t kLabel = 0x00000010;
inline constexpr uint32_t kAttribute = 0x00000020;
inline constexpr uint32_t kScope = 0x00000040;
inline constexpr uint32_t kBackup = 0x00010000;
}  // namespace security_information

enum class AceType : uint8_t {
  kAccessAllowed = 0,
  kAccessDenied = 1,
  kSystemAudit = 2,
  kSystemAlarm = 3,
  kAccessAllowedObject = 5,
  kAccessDeniedObject = 6,
  kSystemAuditObject = 7,
  kAccessAllowedCallback = 9,
  kAccessDeniedCallback = 10,
  kSystemAuditCallback = 13,
  kSystemMandatoryLabel = 17,
  kSystemResourceAttribute = 18,
  kSystemScopedPolicyId = 19,
};

namespace ace_flag {
inline constexpr uint8_t kObjectInherit = 0x01;
inline constexpr uint8_t kContainerInherit = 0x02;
inline constexpr uint8_t kNoPropagateInherit = 0x04;
inline constexpr uint8_t kInheritOnly = 0x08;
inline constexpr uint8_t kInherited = 0x10;
inline constexpr uint8_t kSuccessfulAccess = 0x40;
inline constexpr uint8_t kFailedAccess = 0x80;
}  // namespace ace_flag

struct Ace {
  AceType type = AceType::kAccessAllowed;
  uint8_t flags = 0;
  uint32_t mask = 0;
  Sid sid;
  // What follows the mask in object ACEs (flags and GUIDs), before the SID: kept as it is.
  std::vector<uint8_t> object;
  // What follows the SID in callback and resource ACEs; for unknown types everything after the
  // header, with mask and sid unset.
  std::vector<uint8_t> trailing;

  static bool Decode(Reader& r, Ace* out);
  void Encode(Writer& w) const;
  size_t bytes() const;

  friend bool operator==(const Ace& a, const Ace& b) {
    return a.type == b.type && a.flags == b.flags && a.mask == b.mask && a.sid == b.sid &&
           a.object == b.object && a.trailing == b.trailing;
  }
};

struct Acl {
  // Windows takes those between too; smbcacls sends 3.
  static constexpr uint8_t kRevision = 2;
  static constexpr uint8_t kRevisionObject = 4;  // needed for object ACEs
  static constexpr size_t kBytesMax = 65535;
  uint8_t revision = kRevision;
  std::vector<Ace> aces;

  // Reads the ACL from r's position; ACEs stay within its AclSize.
  static bool Decode(Reader& r, Acl* out);
  void Encode(Writer& w) const;
  size_t bytes() const;

  friend bool operator==(const Acl& a, const Acl& b) {
    return a.revision == b.revision && a.aces == b.aces;
  }
};

struct SecurityDescriptor {
  static constexpr size_t kHeaderBytes = 20;
  // Control bits.
  static constexpr uint16_t kOwnerDefaulted = 0x0001;
  static constexpr uint16_t kGroupDefaulted = 0x0002;
  static constexpr uint16_t kDaclPresent = 0x0004;
  static constexpr uint16_t kDaclDefaulted = 0x0008;
  static constexpr uint16_t kSaclPresent = 0x0010;
  static constexpr uint16_t kSaclDefaulted = 0x0020;
  static constexpr uint16_t kDaclAutoInheritRequired = 0x0100;
  static constexpr uint16_t kSaclAutoInheritRequired = 0x0200;
  static constexpr uint16_t kDaclAutoInherited = 0x0400;
  static constexpr uint16_t kSaclAutoInherited = 0x0800;
  static constexpr uint16_t kDaclProtected = 0x1000;
  static constexpr uint16_t kSaclProtected = 0x2000;
  static constexpr uint16_t kSelfRelative = 0x8000;

  // kDaclPresent without a dacl is the NULL DACL: everybody may do everything. Encode() adds
  // kSelfRelative, and kDaclPresent and kSaclPresent for lists that are there.
  uint16_t control = kSelfRelative;
  std::optional<Sid> owner;
  std::optional<Sid> group;
  std::optional<Acl> sacl;
  std::optional<Acl> dacl;

  // Refuses revisions other than 1, descriptors that are not self-relative, and parts beyond the
  // end. Parts may lie in any order.
  static bool Decode(absl::Span<const uint8_t> bytes, SecurityDescriptor* out);
  // Owner, group, SACL, DACL in this order, as Samba lays them out. An ACL longer than
  // Acl::kBytesMax fails the writer.
  void Encode(Writer& w) const;
  size_t bytes() const;
  // Empty if it cannot be encoded.
  std::vector<uint8_t> ToBytes() const;

  // Only the parts that `information` (security_information bits) names.
  SecurityDescriptor Select(uint32_t information) const;
};

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_SECURITY_DESCRIPTOR_H_

#include "proto/fscc/security_descriptor.h"

namespace sluice::proto {
namespace {

constexpr size_t kAceHeaderBytes = 4;
constexpr size_t kAclHeaderBytes = 8;
constexpr size_t kAlignment = 4;
constexpr uint8_t kDescriptorRevision = 1;
constexpr uint32_t kObjectTypePresent = 1;
constexpr uint32_t kInheritedObjectTypePresent = 2;

// How an ACE goes on after its header.
enum class AceForm { kBasic, kObject, kOpaque };

AceForm FormOf(AceType type) {
  switch (type) {
    case AceType::kAccessAllowed:
    case AceType::kAccessDenied:
    case AceType::kSystemAudit:
    case AceType::kSystemAlarm:
    case AceType::kAccessAllowedCallback:
    case AceType::kAccessDeniedCallback:
    case AceType::kSystemAuditCallback:
    case AceType::kSystemMandatoryLabel:
    case AceType::kSystemResourceAttribute:
    case AceType::kSystemScopedPolicyId:
      return AceForm::kBasic;
    case AceType::kAccessAllowedObject:
    case AceType::kAccessDeniedObject:
    case AceType::kSystemAuditObject:
      return AceForm::kObject;
  }
  return AceForm::kOpaque;
}

size_t PaddedTo4(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

void Assign(absl::Span<const uint8_t> bytes, std::vector<uint8_t>* out) {
  out->assign(bytes.begin(), bytes.end());
}

// The flags and GUIDs of an object ACE.
absl::Span<const uint8_t> TakeObject(Reader& r) {
  const size_t begin = r.offset();
  const uint32_t present = r.U32();
  if ((present & kObjectTypePresent) != 0) r.Skip(16);
  if ((present & kInheritedObjectTypePresent) != 0) r.Skip(16);
  return r.Sub(begin, r.offset() - begin);
}

// Decodes what lies at `offset`; offset 0 is a part that is not there.
template <typename Part>
bool DecodePart(absl::Span<const uint8_t> bytes, uint32_t offset, std::optional<Part>* out) {
  out->reset();
  if (offset == 0) return true;
  if (offset < SecurityDescriptor::kHeaderBytes) return false;
  Reader r(bytes);
  r.Seek(offset);
  return r.ok() && Part::Decode(r, &out->emplace());
}

}  // namespace

bool Ace::Decode(Reader& r, Ace* out) {
  *out = Ace();
  out->type = static_cast<AceType>(r.U8());
  out->flags = r.U8();
  const uint16_t size = r.U16();
  if (!r.ok() || size < kAceHeaderBytes) {
    r.Fail();
    return false;
  }
  const absl::Span<const uint8_t> body = r.Bytes(size - kAceHeaderBytes);
  if (!r.ok()) return false;
  Reader b(body);
  const AceForm form = FormOf(out->type);
  if (form != AceForm::kOpaque) {
    out->mask = b.U32();
    if (form == AceForm::kObject) Assign(TakeObject(b), &out->object);
    if (!Sid::Decode(b, &out->sid)) {
      r.Fail();
      return false;
    }
  }
  Assign(b.Rest(), &out->trailing);
  return true;
}

size_t Ace::bytes() const {
  size_t bytes = kAceHeaderBytes + trailing.size();
  if (FormOf(type) != AceForm::kOpaque) bytes += 4 + object.size() + sid.bytes();
  return PaddedTo4(bytes);
}

void Ace::Encode(Writer& w) const {
  const size_t end = w.size() + bytes();
  w.U8(static_cast<uint8_t>(type));
  w.U8(flags);
  w.Checked16(bytes());
  const AceForm form = FormOf(type);
  if (form != AceForm::kOpaque) {
    w.U32(mask);
    if (form == AceForm::kObject) w.Bytes(object);
    sid.Encode(w);
  }
  w.Bytes(trailing);
  if (w.ok()) w.Zeros(end - w.size());
}

bool Acl::Decode(Reader& r, Acl* out) {
  *out = Acl();
  out->revision = r.U8();
  r.Skip(1);
  const uint16_t size = r.U16();
  const uint16_t count = r.U16();
  r.Skip(2);
  if (!r.ok() || out->revision < kRevision || out->revision > kRevisionObject ||
      size < kAclHeaderBytes) {
    r.Fail();
    return false;
  }
  Reader body(r.Bytes(size - kAclHeaderBytes));
  // Before memory is taken for as many as the count says.
  if (!r.ok() || body.remaining() < count * kAceHeaderBytes) {
    r.Fail();
    return false;
  }
  out->aces.resize(count);
  for (Ace& ace : out->aces) {
    if (Ace::Decode(body, &ace)) continue;
    r.Fail();
    return false;
  }
  return true;
}

size_t Acl::bytes() const {
  size_t bytes = kAclHeaderBytes;
  for (const Ace& ace : aces) bytes += ace.bytes();
  return bytes;
}

void Acl::Encode(Writer& w) const {
  w.U8(revision);
  w.U8(0);
  w.Checked16(bytes());
  w.Checked16(aces.size());
  w.U16(0);
  for (const Ace& ace : aces) ace.Encode(w);
}

bool SecurityDescriptor::Decode(absl::Span<const uint8_t> bytes, SecurityDescriptor* out) {
  *out = SecurityDescriptor();
  Reader r(bytes);
  const uint8_t revision = r.U8();
  r.Skip(1);
  out->control = r.U16();
  const uint32_t owner_offset = r.U32();
  const uint32_t group_offset = r.U32();
  const uint32_t sacl_offset = r.U32();
  const uint32_t dacl_offset = r.U32();
  if (!r.ok() || revision != kDescriptorRevision || (out->control & kSelfRelative) == 0) {
    return false;
  }
  // A list whose control bit is not set is not there, whatever its offset says.
  return DecodePart(bytes, owner_offset, &out->owner) &&
         DecodePart(bytes, group_offset, &out->group) &&
         DecodePart(bytes, (out->control & kSaclPresent) != 0 ? sacl_offset : 0, &out->sacl) &&
         DecodePart(bytes, (out->control & kDaclPresent) != 0 ? dacl_offset : 0, &out->dacl);
}

size_t SecurityDescriptor::bytes() const {
  size_t bytes = kHeaderBytes;
  if (owner.has_value()) bytes += owner->bytes();
  if (group.has_value()) bytes += group->bytes();
  if (sacl.has_value()) bytes += sacl->bytes();
  if (dacl.has_value()) bytes += dacl->bytes();
  return bytes;
}

void SecurityDescriptor::Encode(Writer& w) const {
  // Every part is a multiple of 4 long, so that all are aligned.
  uint16_t bits = control | kSelfRelative;
  if (sacl.has_value()) bits |= kSaclPresent;
  if (dacl.has_value()) bits |= kDaclPresent;
  w.U8(kDescriptorRevision);
  w.U8(0);
  w.U16(bits);
  size_t offset = kHeaderBytes;
  const auto place = [&w, &offset](const auto& part) {
    w.Checked32(part.has_value() ? offset : 0);
    if (part.has_value()) offset += part->bytes();
  };
  place(owner);
  place(group);
  place(sacl);
  place(dacl);
  if (owner.has_value()) owner->Encode(w);
  if (group.has_value()) group->Encode(w);
  if (sacl.has_value()) sacl->Encode(w);
  if (dacl.has_value()) dacl->Encode(w);
}

std::vector<uint8_t> SecurityDescriptor::ToBytes() const {
  std::vector<uint8_t> out(bytes());
  Writer w(absl::MakeSpan(out));
  Encode(w);
  out.resize(w.ok() ? w.size() : 0);
  return out;
}

SecurityDescriptor SecurityDescriptor::Select(uint32_t information) const {
  namespace info = security_information;
  SecurityDescriptor out;
  out.control = kSelfRelative;
  if ((information & info::kOwner) != 0) {
    out.owner = owner;
    out.control |= control & kOwnerDefaulted;
  }
  if ((information & info::kGroup) != 0) {
    out.group = group;
    out.control |= control & kGroupDefaulted;
  }
  if ((information & info::kDacl) != 0) {
    out.dacl = dacl;
    out.control |= control & (kDaclPresent | kDaclDefaulted | kDaclAutoInheritRequired |
                              kDaclAutoInherited | kDaclProtected);
  }
  if ((information & info::kSacl) != 0) {
    out.sacl = sacl;
    out.control |= control & (kSaclPresent | kSaclDefaulted | kSaclAutoInheritRequired |
                              kSaclAutoInherited | kSaclProtected);
  }
  return out;
}

}  // namespace sluice::proto

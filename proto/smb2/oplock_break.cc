#include "proto/smb2/oplock_break.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

// The table's lease_request and lease_response are the same structure.
uint16_t LeaseStructureSize() { return FindStructureSizes(Command::kOplockBreak)->lease_request; }

}  // namespace

OplockBreakForm OplockBreakFormOf(absl::Span<const uint8_t> message) {
  if (!ResponseSizeIsRight(Command::kOplockBreak, message)) return OplockBreakForm::kInvalid;
  Reader r(message);
  r.Seek(kHeaderBytes);
  const uint16_t size = r.U16();
  if (size == LeaseStructureSize()) return OplockBreakForm::kLease;
  return size == kLeaseBreakNotificationStructureSize ? OplockBreakForm::kLeaseNotification
                                                      : OplockBreakForm::kOplock;
}

bool OplockBreak::Decode(absl::Span<const uint8_t> message, OplockBreak* out) {
  Reader r(message);
  OpenRequest(Command::kOplockBreak, r);
  out->oplock_level = r.U8();
  r.Skip(5);
  out->file_id = FileId::Read(r);
  return r.ok();
}

void OplockBreak::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kOplockBreak));
  w.U8(oplock_level);
  w.Zeros(5);
  file_id.Write(w);
}

bool LeaseBreakAcknowledgment::Decode(absl::Span<const uint8_t> message,
                                      LeaseBreakAcknowledgment* out) {
  Reader r(message);
  OpenBody(LeaseStructureSize(), r);
  r.Skip(2);
  out->flags = r.U32();
  out->lease_key = r.Array<16>();
  out->lease_state = r.U32();
  out->lease_duration = r.U64();
  return r.ok();
}

void LeaseBreakAcknowledgment::Encode(Writer& w) const {
  w.U16(LeaseStructureSize());
  w.U16(0);
  w.U32(flags);
  w.Bytes(lease_key);
  w.U32(lease_state);
  w.U64(lease_duration);
}

bool LeaseBreakNotification::Decode(absl::Span<const uint8_t> message,
                                    LeaseBreakNotification* out) {
  Reader r(message);
  OpenBody(kLeaseBreakNotificationStructureSize, r);
  out->new_epoch = r.U16();
  out->flags = r.U32();
  out->lease_key = r.Array<16>();
  out->current_lease_state = r.U32();
  out->new_lease_state = r.U32();
  return r.ok();
}

void LeaseBreakNotification::Encode(Writer& w) const {
  w.U16(kLeaseBreakNotificationStructureSize);
  w.U16(new_epoch);
  w.U32(flags);
  w.Bytes(lease_key);
  w.U32(current_lease_state);
  w.U32(new_lease_state);
  w.Zeros(12);  // break reason, access mask hint, share mask hint
}

}  // namespace sluice::proto

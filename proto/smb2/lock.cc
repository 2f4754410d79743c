#include "proto/smb2/lock.h"

#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool LockRequest::Decode(absl::Span<const uint8_t> message, LockRequest* out) {
  Reader r(message);
  OpenRequest(Command::kLock, r);
  const uint16_t count = r.U16();
  const uint32_t sequence = r.U32();
  out->lock_sequence_number = sequence & 0xF;
  out->lock_sequence_index = sequence >> 4;
  out->file_id = FileId::Read(r);
  out->locks.clear();
  if (count == 0 || r.remaining() < count * kLockElementBytes) return false;
  out->locks.reserve(count);
  for (uint16_t i = 0; i < count; ++i) {
    LockElement lock;
    lock.offset = r.U64();
    lock.length = r.U64();
    lock.flags = r.U32();
    r.Skip(4);
    out->locks.push_back(lock);
  }
  return r.ok();
}

void LockRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kLock));
  w.Checked16(locks.size());
  w.U32((lock_sequence_number & 0xF) | lock_sequence_index << 4);
  file_id.Write(w);
  for (const LockElement& lock : locks) {
    w.U64(lock.offset);
    w.U64(lock.length);
    w.U32(lock.flags);
    w.U32(0);
  }
}

bool LockResponse::Decode(absl::Span<const uint8_t> message, LockResponse* /*out*/) {
  Reader r(message);
  OpenResponse(Command::kLock, r);
  return r.ok();
}

void LockResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kLock));
  w.U16(0);
}

}  // namespace sluice::proto

#include "proto/smb2/create.h"

#include "proto/smb2/header.h"
#include "proto/smb2/structure_size.h"
#include "proto/wire/reader.h"

namespace sluice::proto {

bool CreateRequest::Decode(absl::Span<const uint8_t> message, CreateRequest* out) {
  Reader r(message);
  OpenRequest(Command::kCreate, r);
  r.Skip(1);  // security flags
  out->requested_oplock_level = r.U8();
  out->impersonation_level = r.U32();
  out->smb_create_flags = r.U64();
  r.Skip(8);
  out->desired_access = r.U32();
  out->file_attributes = r.U32();
  out->share_access = r.U32();
  out->create_disposition = r.U32();
  out->create_options = r.U32();
  const uint16_t name_offset = r.U16();
  const uint16_t name_length = r.U16();
  const uint32_t contexts_offset = r.U32();
  const uint32_t contexts_length = r.U32();
  if (name_length % 2 != 0) r.Fail();
  out->name = r.Variable(name_offset, name_length);
  out->create_contexts = r.Variable(contexts_offset, contexts_length);
  return r.ok();
}

void CreateRequest::Encode(Writer& w) const {
  w.U16(RequestStructureSize(Command::kCreate));
  constexpr size_t kNameOffset = kHeaderBytes + 56;
  const size_t contexts_offset = (kNameOffset + name.size() + 7) & ~size_t{7};
  w.U8(0);
  w.U8(requested_oplock_level);
  w.U32(impersonation_level);
  w.U64(smb_create_flags);
  w.U64(0);
  w.U32(desired_access);
  w.U32(file_attributes);
  w.U32(share_access);
  w.U32(create_disposition);
  w.U32(create_options);
  w.U16(kNameOffset);
  w.Checked16(name.size());
  w.Checked32(create_contexts.empty() ? 0 : contexts_offset);
  w.Checked32(create_contexts.size());
  w.Bytes(name);
  if (!create_contexts.empty()) {
    w.AlignTo(8);
    w.Bytes(create_contexts);
  } else if (name.empty()) {
    w.U8(0);
  }
}

bool CreateResponse::Decode(absl::Span<const uint8_t> message, CreateResponse* out) {
  Reader r(message);
  OpenResponse(Command::kCreate, r);
  out->oplock_level = r.U8();
  out->flags = r.U8();
  out->create_action = r.U32();
  out->creation_time = r.U64();
  out->last_access_time = r.U64();
  out->last_write_time = r.U64();
  out->change_time = r.U64();
  out->allocation_size = r.U64();
  out->end_of_file = r.U64();
  out->file_attributes = r.U32();
  r.Skip(4);
  out->file_id = FileId::Read(r);
  const uint32_t offset = r.U32();
  const uint32_t length = r.U32();
  out->create_contexts = r.Variable(offset, length);
  return r.ok();
}

void CreateResponse::Encode(Writer& w) const {
  w.U16(ResponseStructureSize(Command::kCreate));
  w.U8(oplock_level);
  w.U8(flags);
  w.U32(create_action);
  w.U64(creation_time);
  w.U64(last_access_time);
  w.U64(last_write_time);
  w.U64(change_time);
  w.U64(allocation_size);
  w.U64(end_of_file);
  w.U32(file_attributes);
  w.U32(0);
  file_id.Write(w);
  w.U32(create_contexts.empty() ? 0 : kContextsOffset);
  w.Checked32(create_contexts.size());
  w.Bytes(create_contexts);
}

}  // namespace sluice::proto

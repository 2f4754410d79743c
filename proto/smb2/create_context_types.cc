#include "proto/smb2/create_context_types.h"

#include "proto/wire/reader.h"
#include "proto/wire/utf16.h"

namespace sluice::proto {
namespace {

constexpr size_t kLeaseV1Bytes = 32;
constexpr size_t kLeaseV2Bytes = 52;
constexpr uint16_t kAppInstanceIdStructureSize = 20;
constexpr uint16_t kAppInstanceVersionStructureSize = 24;
constexpr size_t kHostNameBytes = 126;
constexpr size_t kReservedOnDiskIdBytes = 16;

}  // namespace

bool DurableRequest::Decode(absl::Span<const uint8_t> data, DurableRequest*) {
  return data.size() == 16;
}

void DurableRequest::Encode(Writer& w) const { w.Zeros(16); }

bool DurableResponse::Decode(absl::Span<const uint8_t> data, DurableResponse*) {
  return data.size() == 8;
}

void DurableResponse::Encode(Writer& w) const { w.Zeros(8); }

bool DurableReconnect::Decode(absl::Span<const uint8_t> data, DurableReconnect* out) {
  Reader r(data);
  out->file_id = FileId::Read(r);
  return r.ok() && r.remaining() == 0;
}

void DurableReconnect::Encode(Writer& w) const { file_id.Write(w); }

bool AllocationSizeContext::Decode(absl::Span<const uint8_t> data, AllocationSizeContext* out) {
  Reader r(data);
  out->bytes = r.U64();
  return r.ok() && r.remaining() == 0;
}

void AllocationSizeContext::Encode(Writer& w) const { w.U64(bytes); }

bool MaximalAccessRequest::Decode(absl::Span<const uint8_t> data, MaximalAccessRequest* out) {
  out->timestamp.reset();
  if (data.empty()) return true;
  Reader r(data);
  out->timestamp = r.U64();
  return r.ok() && r.remaining() == 0;
}

void MaximalAccessRequest::Encode(Writer& w) const {
  if (timestamp.has_value()) w.U64(*timestamp);
}

bool MaximalAccessResponse::Decode(absl::Span<const uint8_t> data, MaximalAccessResponse* out) {
  Reader r(data);
  out->status = static_cast<NtStatus>(r.U32());
  out->access = r.U32();
  return r.ok();
}

void MaximalAccessResponse::Encode(Writer& w) const {
  w.U32(static_cast<uint32_t>(status));
  w.U32(access);
}

bool Timewarp::Decode(absl::Span<const uint8_t> data, Timewarp* out) {
  Reader r(data);
  out->timestamp = r.U64();
  return r.ok() && r.remaining() == 0;
}

void Timewarp::Encode(Writer& w) const { w.U64(timestamp); }

bool OnDiskIdResponse::Decode(absl::Span<const uint8_t> data, OnDiskIdResponse* out) {
  Reader r(data);
  out->file_id = r.U64();
  out->volume_id = r.U64();
  r.Skip(kReservedOnDiskIdBytes);
  return r.ok();
}

void OnDiskIdResponse::Encode(Writer& w) const {
  w.U64(file_id);
  w.U64(volume_id);
  w.Zeros(kReservedOnDiskIdBytes);
}

bool LeaseContext::Decode(absl::Span<const uint8_t> data, LeaseContext* out) {
  if (data.size() != kLeaseV1Bytes && data.size() != kLeaseV2Bytes) return false;
  Reader r(data);
  out->version = data.size() == kLeaseV1Bytes ? 1 : 2;
  out->key = r.Array<16>();
  out->state = r.U32();
  out->flags = r.U32();
  r.Skip(8);  // LeaseDuration
  out->parent_key = {};
  out->epoch = 0;
  if (out->version == 2) {
    out->parent_key = r.Array<16>();
    out->epoch = r.U16();
    r.Skip(2);
  }
  return r.ok();
}

void LeaseContext::Encode(Writer& w) const {
  w.Bytes(key);
  w.U32(state);
  w.U32(flags);
  w.U64(0);
  if (version < 2) return;
  w.Bytes(parent_key);
  w.U16(epoch);
  w.U16(0);
}

bool DurableRequestV2::Decode(absl::Span<const uint8_t> data, DurableRequestV2* out) {
  Reader r(data);
  out->timeout_ms = r.U32();
  out->flags = r.U32();
  r.Skip(8);
  out->create_guid = r.Array<16>();
  return r.ok() && r.remaining() == 0;
}

void DurableRequestV2::Encode(Writer& w) const {
  w.U32(timeout_ms);
  w.U32(flags);
  w.U64(0);
  w.Bytes(create_guid);
}

bool DurableResponseV2::Decode(absl::Span<const uint8_t> data, DurableResponseV2* out) {
  Reader r(data);
  out->timeout_ms = r.U32();
  out->flags = r.U32();
  return r.ok() && r.remaining() == 0;
}

void DurableResponseV2::Encode(Writer& w) const {
  w.U32(timeout_ms);
  w.U32(flags);
}

bool DurableReconnectV2::Decode(absl::Span<const uint8_t> data, DurableReconnectV2* out) {
  Reader r(data);
  out->file_id = FileId::Read(r);
  out->create_guid = r.Array<16>();
  out->flags = r.U32();
  return r.ok() && r.remaining() == 0;
}

void DurableReconnectV2::Encode(Writer& w) const {
  file_id.Write(w);
  w.Bytes(create_guid);
  w.U32(flags);
}

bool AppInstanceId::Decode(absl::Span<const uint8_t> data, AppInstanceId* out) {
  Reader r(data);
  const uint16_t structure_size = r.U16();
  r.Skip(2);
  out->id = r.Array<16>();
  return r.ok() && structure_size == kAppInstanceIdStructureSize;
}

void AppInstanceId::Encode(Writer& w) const {
  w.U16(kAppInstanceIdStructureSize);
  w.U16(0);
  w.Bytes(id);
}

bool AppInstanceVersion::Decode(absl::Span<const uint8_t> data, AppInstanceVersion* out) {
  Reader r(data);
  const uint16_t structure_size = r.U16();
  r.Skip(6);
  out->high = r.U64();
  out->low = r.U64();
  return r.ok() && structure_size == kAppInstanceVersionStructureSize;
}

void AppInstanceVersion::Encode(Writer& w) const {
  w.U16(kAppInstanceVersionStructureSize);
  w.Zeros(6);
  w.U64(high);
  w.U64(low);
}

bool SvhdxOpenDevice::Decode(absl::Span<const uint8_t> data, SvhdxOpenDevice* out) {
  *out = SvhdxOpenDevice();
  Reader r(data);
  out->version = r.U32();
  const uint8_t has_initiator_id = r.U8();
  r.Skip(3);
  out->initiator_id = r.Array<16>();
  out->flags = r.U32();
  out->originator_flags = r.U32();
  out->open_request_id = r.U64();
  const uint16_t name_bytes = r.U16();
  const absl::Span<const uint8_t> name = r.Bytes(kHostNameBytes);
  if (out->version == 2) {
    out->device_properties_initialized = r.U32();
    out->server_service_version = r.U32();
    out->virtual_sector_bytes = r.U32();
    out->physical_sector_bytes = r.U32();
    out->virtual_bytes = r.U64();
  }
  if (!r.ok() || (out->version != 1 && out->version != 2) || has_initiator_id > 1 ||
      name_bytes > kHostNameBytes) {
    return false;
  }
  out->has_initiator_id = has_initiator_id != 0;
  return Utf16ToUtf8(name.subspan(0, name_bytes), &out->initiator_host_name);
}

void SvhdxOpenDevice::Encode(Writer& w) const {
  const size_t name_bytes = Utf16Bytes(initiator_host_name);
  if (name_bytes > kHostNameBytes) {
    w.Fail();
    return;
  }
  w.U32(version);
  w.U8(has_initiator_id);
  w.Zeros(3);
  w.Bytes(initiator_id);
  w.U32(flags);
  w.U32(originator_flags);
  w.U64(open_request_id);
  w.Checked16(name_bytes);
  if (!WriteUtf16(initiator_host_name, w)) w.Fail();
  w.Zeros(kHostNameBytes - name_bytes);
  if (version != 2) return;
  w.U32(device_properties_initialized);
  w.U32(server_service_version);
  w.U32(virtual_sector_bytes);
  w.U32(physical_sector_bytes);
  w.U64(virtual_bytes);
}

}  // namespace sluice::proto

#include "proto/fscc/fs_info.h"

#include "proto/wire/reader.h"
#include "proto/wire/utf16.h"

namespace sluice::proto {
namespace {

void WriteName(absl::string_view name, Writer& w) {
  if (!WriteUtf16(name, w)) w.Fail();
}

}  // namespace

bool FsVolumeInfo::Decode(absl::Span<const uint8_t> bytes, FsVolumeInfo* out) {
  Reader r(bytes);
  out->created = r.U64();
  out->serial = r.U32();
  const uint32_t label_bytes = r.U32();
  out->supports_objects = r.U8() != 0;
  r.Skip(1);
  const absl::Span<const uint8_t> text = r.Bytes(label_bytes);
  return r.ok() && Utf16ToUtf8(text, &out->label);
}

void FsVolumeInfo::Encode(Writer& w) const {
  w.U64(created);
  w.U32(serial);
  w.Checked32(Utf16Bytes(label));
  w.U8(supports_objects);
  w.U8(0);
  WriteName(label, w);
}

bool FsLabelInfo::Decode(absl::Span<const uint8_t> bytes, FsLabelInfo* out) {
  Reader r(bytes);
  const uint32_t label_bytes = r.U32();
  const absl::Span<const uint8_t> text = r.Bytes(label_bytes);
  return r.ok() && Utf16ToUtf8(text, &out->label);
}

void FsLabelInfo::Encode(Writer& w) const {
  w.Checked32(Utf16Bytes(label));
  WriteName(label, w);
}

bool FsSizeInfo::Decode(absl::Span<const uint8_t> bytes, FsSizeInfo* out) {
  Reader r(bytes);
  out->units_total = r.U64();
  out->units_available = r.U64();
  out->sectors_per_unit = r.U32();
  out->bytes_per_sector = r.U32();
  return r.ok();
}

void FsSizeInfo::Encode(Writer& w) const {
  w.U64(units_total);
  w.U64(units_available);
  w.U32(sectors_per_unit);
  w.U32(bytes_per_sector);
}

bool FsDeviceInfo::Decode(absl::Span<const uint8_t> bytes, FsDeviceInfo* out) {
  Reader r(bytes);
  out->type = r.U32();
  out->characteristics = r.U32();
  return r.ok();
}

void FsDeviceInfo::Encode(Writer& w) const {
  w.U32(type);
  w.U32(characteristics);
}

bool FsAttributeInfo::Decode(absl::Span<const uint8_t> bytes, FsAttributeInfo* out) {
  Reader r(bytes);
  out->attributes = r.U32();
  out->component_utf16_units_max = r.U32();
  const uint32_t name_bytes = r.U32();
  const absl::Span<const uint8_t> text = r.Bytes(name_bytes);
  return r.ok() && Utf16ToUtf8(text, &out->file_system_name);
}

void FsAttributeInfo::Encode(Writer& w) const {
  w.U32(attributes);
  w.U32(component_utf16_units_max);
  w.Checked32(Utf16Bytes(file_system_name));
  WriteName(file_system_name, w);
}

bool FsControlInfo::Decode(absl::Span<const uint8_t> bytes, FsControlInfo* out) {
  Reader r(bytes);
  out->free_space_start_filtering = r.U64();
  out->free_space_threshold = r.U64();
  out->free_space_stop_filtering = r.U64();
  out->default_quota_threshold = r.U64();
  out->default_quota_limit = r.U64();
  out->flags = r.U32();
  r.Skip(4);
  return r.ok();
}

void FsControlInfo::Encode(Writer& w) const {
  w.U64(free_space_start_filtering);
  w.U64(free_space_threshold);
  w.U64(free_space_stop_filtering);
  w.U64(default_quota_threshold);
  w.U64(default_quota_limit);
  w.U32(flags);
  w.U32(0);
}

bool FsFullSizeInfo::Decode(absl::Span<const uint8_t> bytes, FsFullSizeInfo* out) {
  Reader r(bytes);
  out->units_total = r.U64();
  out->units_available_to_caller = r.U64();
  out->units_available = r.U64();
  out->sectors_per_unit = r.U32();
  out->bytes_per_sector = r.U32();
  return r.ok();
}

void FsFullSizeInfo::Encode(Writer& w) const {
  w.U64(units_total);
  w.U64(units_available_to_caller);
  w.U64(units_available);
  w.U32(sectors_per_unit);
  w.U32(bytes_per_sector);
}

bool FsObjectIdInfo::Decode(absl::Span<const uint8_t> bytes, FsObjectIdInfo* out) {
  Reader r(bytes);
  out->object_id = r.Array<16>();
  out->extended = r.Array<48>();
  return r.ok();
}

void FsObjectIdInfo::Encode(Writer& w) const {
  w.Bytes(object_id);
  w.Bytes(extended);
}

bool FsSectorSizeInfo::Decode(absl::Span<const uint8_t> bytes, FsSectorSizeInfo* out) {
  Reader r(bytes);
  out->logical_bytes = r.U32();
  out->physical_bytes_for_atomicity = r.U32();
  out->physical_bytes_for_performance = r.U32();
  out->effective_physical_bytes_for_atomicity = r.U32();
  out->flags = r.U32();
  out->byte_offset_for_sector_alignment = r.U32();
  out->byte_offset_for_partition_alignment = r.U32();
  return r.ok();
}

void FsSectorSizeInfo::Encode(Writer& w) const {
  w.U32(logical_bytes);
  w.U32(physical_bytes_for_atomicity);
  w.U32(physical_bytes_for_performance);
  w.U32(effective_physical_bytes_for_atomicity);
  w.U32(flags);
  w.U32(byte_offset_for_sector_alignment);
  w.U32(byte_offset_for_partition_alignment);
}

}  // namespace sluice::proto

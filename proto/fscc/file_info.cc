#include "proto/fscc/file_info.h"

#include "proto/wire/reader.h"

namespace sluice::proto {

bool FileBasicInfo::Decode(absl::Span<const uint8_t> bytes, FileBasicInfo* out) {
  Reader r(bytes);
  out->created = r.U64();
  out->accessed = r.U64();
  out->written = r.U64();
  out->changed = r.U64();
  out->attributes = r.U32();
  r.Skip(4);
  return r.ok();
}

void FileBasicInfo::Encode(Writer& w) const {
  w.U64(created);
  w.U64(accessed);
  w.U64(written);
  w.U64(changed);
  w.U32(attributes);
  w.U32(0);
}

bool FileStandardInfo::Decode(absl::Span<const uint8_t> bytes, FileStandardInfo* out) {
  Reader r(bytes);
  out->allocation = r.U64();
  out->end_of_file = r.U64();
  out->links = r.U32();
  out->delete_pending = r.U8() != 0;
  out->directory = r.U8() != 0;
  r.Skip(2);
  return r.ok();
}

void FileStandardInfo::Encode(Writer& w) const {
  w.U64(allocation);
  w.U64(end_of_file);
  w.U32(links);
  w.U8(delete_pending);
  w.U8(directory);
  w.U16(0);
}

bool FileInternalInfo::Decode(absl::Span<const uint8_t> bytes, FileInternalInfo* out) {
  Reader r(bytes);
  out->index_number = r.U64();
  return r.ok();
}

void FileInternalInfo::Encode(Writer& w) const { w.U64(index_number); }

bool FileEaInfo::Decode(absl::Span<const uint8_t> bytes, FileEaInfo* out) {
  Reader r(bytes);
  out->ea_size = r.U32();
  return r.ok();
}

void FileEaInfo::Encode(Writer& w) const { w.U32(ea_size); }

bool FileAccessInfo::Decode(absl::Span<const uint8_t> bytes, FileAccessInfo* out) {
  Reader r(bytes);
  out->access = r.U32();
  return r.ok();
}

void FileAccessInfo::Encode(Writer& w) const { w.U32(access); }

bool FilePositionInfo::Decode(absl::Span<const uint8_t> bytes, FilePositionInfo* out) {
  Reader r(bytes);
  out->position = r.U64();
  return r.ok();
}

void FilePositionInfo::Encode(Writer& w) const { w.U64(position); }

bool FileModeInfo::Decode(absl::Span<const uint8_t> bytes, FileModeInfo* out) {
  Reader r(bytes);
  out->mode = r.U32();
  return r.ok();
}

void FileModeInfo::Encode(Writer& w) const { w.U32(mode); }

bool FileAlignmentInfo::Decode(absl::Span<const uint8_t> bytes, FileAlignmentInfo* out) {
  Reader r(bytes);
  out->alignment = r.U32();
  return r.ok();
}

void FileAlignmentInfo::Encode(Writer& w) const { w.U32(alignment); }

bool FileAllocationInfo::Decode(absl::Span<const uint8_t> bytes, FileAllocationInfo* out) {
  Reader r(bytes);
  out->allocation = r.U64();
  return r.ok();
}

void FileAllocationInfo::Encode(Writer& w) const { w.U64(allocation); }

bool FileEndOfFileInfo::Decode(absl::Span<const uint8_t> bytes, FileEndOfFileInfo* out) {
  Reader r(bytes);
  out->end_of_file = r.U64();
  return r.ok();
}

void FileEndOfFileInfo::Encode(Writer& w) const { w.U64(end_of_file); }

bool FileValidDataLengthInfo::Decode(absl::Span<const uint8_t> bytes,
                                     FileValidDataLengthInfo* out) {
  Reader r(bytes);
  out->valid_data_length = r.U64();
  return r.ok();
}

void FileValidDataLengthInfo::Encode(Writer& w) const { w.U64(valid_data_length); }

bool FileDispositionInfo::Decode(absl::Span<const uint8_t> bytes, FileDispositionInfo* out) {
  Reader r(bytes);
  out->delete_pending = r.U8() != 0;
  return r.ok();
}

void FileDispositionInfo::Encode(Writer& w) const { w.U8(delete_pending); }

bool FileDispositionExInfo::Decode(absl::Span<const uint8_t> bytes, FileDispositionExInfo* out) {
  Reader r(bytes);
  out->flags = r.U32();
  return r.ok();
}

void FileDispositionExInfo::Encode(Writer& w) const { w.U32(flags); }

bool FileCompressionInfo::Decode(absl::Span<const uint8_t> bytes, FileCompressionInfo* out) {
  Reader r(bytes);
  out->compressed_size = r.U64();
  out->format = r.U16();
  out->unit_shift = r.U8();
  out->chunk_shift = r.U8();
  out->cluster_shift = r.U8();
  r.Skip(3);
  return r.ok();
}

void FileCompressionInfo::Encode(Writer& w) const {
  w.U64(compressed_size);
  w.U16(format);
  w.U8(unit_shift);
  w.U8(chunk_shift);
  w.U8(cluster_shift);
  w.Zeros(3);
}

bool FileNetworkOpenInfo::Decode(absl::Span<const uint8_t> bytes, FileNetworkOpenInfo* out) {
  Reader r(bytes);
  out->created = r.U64();
  out->accessed = r.U64();
  out->written = r.U64();
  out->changed = r.U64();
  out->allocation = r.U64();
  out->end_of_file = r.U64();
  out->attributes = r.U32();
  r.Skip(4);
  return r.ok();
}

void FileNetworkOpenInfo::Encode(Writer& w) const {
  w.U64(created);
  w.U64(accessed);
  w.U64(written);
  w.U64(changed);
  w.U64(allocation);
  w.U64(end_of_file);
  w.U32(attributes);
  w.U32(0);
}

bool FileAttributeTagInfo::Decode(absl::Span<const uint8_t> bytes, FileAttributeTagInfo* out) {
  Reader r(bytes);
  out->attributes = r.U32();
  out->reparse_tag = r.U32();
  return r.ok();
}

void FileAttributeTagInfo::Encode(Writer& w) const {
  w.U32(attributes);
  w.U32(reparse_tag);
}

bool FileIdInfo::Decode(absl::Span<const uint8_t> bytes, FileIdInfo* out) {
  Reader r(bytes);
  out->volume_serial = r.U64();
  out->file_id = r.U64();
  out->file_id_high = r.U64();
  return r.ok();
}

void FileIdInfo::Encode(Writer& w) const {
  w.U64(volume_serial);
  w.U64(file_id);
  w.U64(file_id_high);
}

bool FileStatInfo::Decode(absl::Span<const uint8_t> bytes, FileStatInfo* out) {
  Reader r(bytes);
  out->file_id = r.U64();
  out->created = r.U64();
  out->accessed = r.U64();
  out->written = r.U64();
  out->changed = r.U64();
  out->allocation = r.U64();
  out->end_of_file = r.U64();
  out->attributes = r.U32();
  out->reparse_tag = r.U32();
  out->links = r.U32();
  out->effective_access = r.U32();
  return r.ok();
}

void FileStatInfo::Encode(Writer& w) const {
  w.U64(file_id);
  w.U64(created);
  w.U64(accessed);
  w.U64(written);
  w.U64(changed);
  w.U64(allocation);
  w.U64(end_of_file);
  w.U32(attributes);
  w.U32(reparse_tag);
  w.U32(links);
  w.U32(effective_access);
}

bool FilePipeInfo::Decode(absl::Span<const uint8_t> bytes, FilePipeInfo* out) {
  Reader r(bytes);
  out->read_mode = r.U32();
  out->completion_mode = r.U32();
  return r.ok();
}

void FilePipeInfo::Encode(Writer& w) const {
  w.U32(read_mode);
  w.U32(completion_mode);
}

bool FilePipeLocalInfo::Decode(absl::Span<const uint8_t> bytes, FilePipeLocalInfo* out) {
  Reader r(bytes);
  out->type = r.U32();
  out->configuration = r.U32();
  out->instances_max = r.U32();
  out->instances = r.U32();
  out->inbound_quota = r.U32();
  out->read_available = r.U32();
  out->outbound_quota = r.U32();
  out->write_quota_available = r.U32();
  out->state = r.U32();
  out->end = r.U32();
  return r.ok();
}

void FilePipeLocalInfo::Encode(Writer& w) const {
  w.U32(type);
  w.U32(configuration);
  w.U32(instances_max);
  w.U32(instances);
  w.U32(inbound_quota);
  w.U32(read_available);
  w.U32(outbound_quota);
  w.U32(write_quota_available);
  w.U32(state);
  w.U32(end);
}

}  // namespace sluice::proto

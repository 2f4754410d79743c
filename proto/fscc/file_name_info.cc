#include "proto/fscc/file_name_info.h"

#include <utility>

#include "proto/wire/reader.h"
#include "proto/wire/utf16.h"

namespace sluice::proto {
namespace {

constexpr size_t kAlignment = 8;

void WriteName(absl::string_view name, Writer& w) {
  if (!WriteUtf16(name, w)) w.Fail();
}

bool DecodeStream(absl::Span<const uint8_t> bytes, FileStreamInfo* out) {
  Reader r(bytes);
  r.Skip(4);
  const uint32_t name_bytes = r.U32();
  out->size = r.U64();
  out->allocation = r.U64();
  const absl::Span<const uint8_t> name = r.Bytes(name_bytes);
  return r.ok() && Utf16ToUtf8(name, &out->name);
}

}  // namespace

bool FileNameInfo::Decode(absl::Span<const uint8_t> bytes, FileNameInfo* out) {
  Reader r(bytes);
  const uint32_t name_bytes = r.U32();
  const absl::Span<const uint8_t> text = r.Bytes(name_bytes);
  return r.ok() && Utf16ToUtf8(text, &out->name);
}

void FileNameInfo::Encode(Writer& w) const {
  w.Checked32(Utf16Bytes(name));
  WriteName(name, w);
}

bool FileAllInfo::Decode(absl::Span<const uint8_t> bytes, FileAllInfo* out) {
  Reader r(bytes);
  return FileBasicInfo::Decode(r.Bytes(FileBasicInfo::kBytes), &out->basic) &&
         FileStandardInfo::Decode(r.Bytes(FileStandardInfo::kBytes), &out->standard) &&
         FileInternalInfo::Decode(r.Bytes(FileInternalInfo::kBytes), &out->internal) &&
         FileEaInfo::Decode(r.Bytes(FileEaInfo::kBytes), &out->ea) &&
         FileAccessInfo::Decode(r.Bytes(FileAccessInfo::kBytes), &out->access) &&
         FilePositionInfo::Decode(r.Bytes(FilePositionInfo::kBytes), &out->position) &&
         FileModeInfo::Decode(r.Bytes(FileModeInfo::kBytes), &out->mode) &&
         FileAlignmentInfo::Decode(r.Bytes(FileAlignmentInfo::kBytes), &out->alignment) &&
         FileNameInfo::Decode(r.Rest(), &out->name);
}

void FileAllInfo::Encode(Writer& w) const {
  basic.Encode(w);
  standard.Encode(w);
  internal.Encode(w);
  ea.Encode(w);
  access.Encode(w);
  position.Encode(w);
  mode.Encode(w);
  alignment.Encode(w);
  name.Encode(w);
}

bool FileRenameInfo::Decode(absl::Span<const uint8_t> bytes, bool extended, FileRenameInfo* out) {
  Reader r(bytes);
  const uint32_t first = r.U32();
  // Without Ex it is a BOOLEAN and three bytes that clients leave uninitialised.
  out->flags = extended ? first : ((first & 0xFF) != 0 ? kReplaceIfExists : 0);
  r.Skip(4);
  out->root_directory = r.U64();
  const uint32_t name_bytes = r.U32();
  const absl::Span<const uint8_t> text = r.Bytes(name_bytes);
  return r.ok() && Utf16ToUtf8(text, &out->name);
}

void FileRenameInfo::Encode(Writer& w, bool extended) const {
  w.U32(extended ? flags : flags & kReplaceIfExists);
  w.U32(0);
  w.U64(root_directory);
  w.Checked32(Utf16Bytes(name));
  WriteName(name, w);
}

bool DecodeStreamList(absl::Span<const uint8_t> bytes, std::vector<FileStreamInfo>* out) {
  out->clear();
  while (!bytes.empty()) {
    Reader chain(bytes);
    const uint32_t next = chain.U32();
    if (next != 0 &&
        (next < FileStreamInfo::kFixedBytes || next >= bytes.size() || next % kAlignment != 0)) {
      return false;
    }
    FileStreamInfo stream;
    if (!DecodeStream(next == 0 ? bytes : bytes.subspan(0, next), &stream)) return false;
    out->push_back(std::move(stream));
    if (next == 0) break;
    bytes.remove_prefix(next);
  }
  return true;
}

size_t EncodeStreamList(absl::Span<const FileStreamInfo> streams, Writer& w) {
  const size_t start = w.size();
  size_t last = start;
  size_t count = 0;
  for (const FileStreamInfo& stream : streams) {
    const size_t end = w.size();
    w.Zeros((kAlignment - (end - start) % kAlignment) % kAlignment);
    const size_t begin = w.size();
    w.U32(0);
    w.Checked32(Utf16Bytes(stream.name));
    w.U64(stream.size);
    w.U64(stream.allocation);
    WriteName(stream.name, w);
    if (!w.ok()) {
      w.Rewind(end);
      break;
    }
    if (count > 0) w.PatchU32(last, static_cast<uint32_t>(begin - last));
    last = begin;
    ++count;
  }
  return count;
}

}  // namespace sluice::proto

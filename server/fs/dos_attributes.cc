#include "server/fs/dos_attributes.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/types/span.h"
#include "proto/wire/reader.h"
#include "proto/wire/writer.h"
#include "server/fs/file_times.h"

namespace sluice::fs {
namespace {

using proto::Reader;
using proto::Writer;

// Samba's librpc/idl/xattr.idl, as NDR lays it out: a NUL-terminated string (the attributes in
// hexadecimal in old versions, empty in new ones), aligned to 2 the version and again the version
// as the union's switch, aligned to 4 the structure of that version.
constexpr uint16_t kVersionWritten = 5;
constexpr size_t kWrittenBytes = 24;

// xattr_DosInfoValidFlags.
constexpr uint32_t kValidAttributes = 0x01;
constexpr uint32_t kValidCreated = 0x10;

// What Samba takes from the file's own xattr.
constexpr uint32_t kStoredAttributes = kAttributeReadOnly | kAttributeHidden | kAttributeSystem |
                                       kAttributeDirectory | kAttributeArchive | kAttributeOffline |
                                       kAttributeSparse | kAttributeReparsePoint;
// "0x" and a number as the whole value: what Samba 3.0 wrote.
bool DecodeText(absl::string_view text, DosInfo* out) {
  uint32_t attributes;
  if (!absl::SimpleHexAtoi(text, &attributes)) return false;
  out->attributes = attributes;
  return true;
}

void AlignTo(size_t alignment, Reader* reader) {
  const size_t beyond = reader->offset() % alignment;
  if (beyond != 0) reader->Skip(alignment - beyond);
}

bool DecodeVersion(uint16_t version, Reader* reader, DosInfo* out) {
  uint32_t valid = kValidAttributes | kValidCreated;
  if (version >= 2) valid = reader->U32();
  out->attributes = reader->U32();
  switch (version) {
    case 1:
    case 3:
      reader->Skip(4 + 8 + 8);  // EA size, size, allocation
      out->created = reader->U64();
      reader->Skip(8);  // change time
      break;
    case 2:
      // Its flags say nothing about the creation time, so Samba does not believe in it.
      valid = kValidAttributes;
      break;
    case 4:
      reader->Skip(8);  // itime
      out->created = reader->U64();
      break;
    case 5:
      out->created = reader->U64();
      break;
    default:
      return false;
  }
  if (!reader->ok()) return false;
  out->has_created = (valid & kValidCreated) != 0 && out->created != 0;
  if (!out->has_created) out->created = 0;
  return true;
}

}  // namespace

bool DecodeDosInfo(absl::string_view xattr, DosInfo* out) {
  *out = DosInfo();
  const size_t text_end = xattr.find('\0');
  if (text_end == absl::string_view::npos || text_end + 1 == xattr.size()) {
    return DecodeText(xattr.substr(0, text_end), out);
  }
  Reader reader(absl::MakeConstSpan(reinterpret_cast<const uint8_t*>(xattr.data()), xattr.size()));
  reader.Skip(text_end + 1);
  AlignTo(2, &reader);
  const uint16_t version = reader.U16();
  const uint16_t selected = reader.U16();
  AlignTo(4, &reader);
  if (!reader.ok() || version != selected) return false;
  DosInfo info;
  if (!DecodeVersion(version, &reader, &info)) return false;
  *out = info;
  return true;
}

std::string EncodeDosInfo(const DosInfo& info) {
  std::string encoded(kWrittenBytes, '\0');
  Writer writer(absl::MakeSpan(reinterpret_cast<uint8_t*>(encoded.data()), encoded.size()));
  writer.U16(0);  // the empty string, and padding
  writer.U16(kVersionWritten);
  writer.U16(kVersionWritten);
  writer.U16(0);  // padding
  writer.U32(kValidAttributes | (info.has_created ? kValidCreated : 0));
  writer.U32(info.attributes);
  writer.U64(info.has_created ? info.created : 0);
  return encoded;
}

FileMetadata MakeMetadata(const storage::Stat& stat, absl::string_view xattr,
                          absl::string_view name) {
  FileMetadata metadata;
  metadata.stat = stat;
  DosInfo info;
  if (!xattr.empty() && DecodeDosInfo(xattr, &info)) {
    metadata.stored_attributes = info.attributes & (kStoredAttributes | kSettableAttributes);
  }
  // The file decides what it is, not the xattr.
  metadata.stored_attributes &= ~(kAttributeDirectory | kAttributeReparsePoint);
  metadata.attributes = metadata.stored_attributes;
  if (stat.type == storage::FileType::kDirectory) metadata.attributes |= kAttributeDirectory;
  if (stat.type == storage::FileType::kSymlink) metadata.attributes |= kAttributeReparsePoint;
  if (!name.empty() && name[0] == '.') metadata.attributes |= kAttributeHidden;
  if (metadata.attributes == 0) metadata.attributes = kAttributeNormal;
  if (info.has_created && info.created <= static_cast<uint64_t>(INT64_MAX)) {
    metadata.created = FromFileTime(info.created);
  } else if (stat.born != 0) {
    metadata.created = stat.born;
  } else {
    metadata.created = std::min({stat.accessed, stat.modified, stat.changed});
  }
  if (stat.type == storage::FileType::kRegular) {
    metadata.end_of_file = stat.size;
    metadata.allocation = stat.allocated;
  }
  return metadata;
}

}  // namespace sluice::fs

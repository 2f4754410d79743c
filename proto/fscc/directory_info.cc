#include "proto/fscc/directory_info.h"

#include <algorithm>
#include <array>
#include <utility>

#include "proto/fscc/attributes.h"
#include "proto/wire/reader.h"
#include "proto/wire/utf16.h"

namespace sluice::proto {
namespace {

constexpr size_t kAlignment = 8;
constexpr size_t kShortNameBytes = 24;

enum class IdKind : uint8_t { kNone, k64, k128 };

// What follows FileNameLength in each class, in this order.
struct Layout {
  FileInfoClass info_class;
  uint8_t fixed_bytes;
  bool times;  // times, sizes and attributes; only FileNamesInformation has none
  bool ea_size;
  bool tag;  // a field of its own for the reparse tag
  bool short_name;
  IdKind id;
  uint8_t id_padding;  // before a 64-bit id
  bool id_before_short_name;
};

constexpr Layout kLayouts[] = {
    {FileInfoClass::kDirectory, 64, true, false, false, false, IdKind::kNone, 0, false},
    {FileInfoClass::kFullDirectory, 68, true, true, false, false, IdKind::kNone, 0, false},
    {FileInfoClass::kBothDirectory, 94, true, true, false, true, IdKind::kNone, 0, false},
    {FileInfoClass::kNames, 12, false, false, false, false, IdKind::kNone, 0, false},
    {FileInfoClass::kIdBothDirectory, 104, true, true, false, true, IdKind::k64, 2, false},
    {FileInfoClass::kIdFullDirectory, 80, true, true, false, false, IdKind::k64, 4, false},
    {FileInfoClass::kIdExtdDirectory, 88, true, true, true, false, IdKind::k128, 0, false},
    {FileInfoClass::kIdExtdBothDirectory, 114, true, true, true, true, IdKind::k128, 0, true},
};

const Layout* FindLayout(FileInfoClass info_class) {
  for (const Layout& layout : kLayouts) {
    if (layout.info_class == info_class) return &layout;
  }
  return nullptr;
}

void EncodeId(const Layout& layout, const DirectoryEntryInfo& entry, Writer& w) {
  if (layout.id == IdKind::kNone) return;
  w.Zeros(layout.id_padding);
  w.U64(entry.file_id);
  if (layout.id == IdKind::k128) w.U64(entry.file_id_high);
}

void DecodeId(const Layout& layout, Reader& r, DirectoryEntryInfo* entry) {
  if (layout.id == IdKind::kNone) return;
  r.Skip(layout.id_padding);
  entry->file_id = r.U64();
  if (layout.id == IdKind::k128) entry->file_id_high = r.U64();
}

void EncodeFixed(const Layout& layout, const DirectoryEntryInfo& entry, size_t name_bytes,
                 absl::Span<const uint8_t> short_name, Writer& w) {
  w.U32(0);  // NextEntryOffset, patched when there is a next one
  w.U32(entry.file_index);
  if (layout.times) {
    w.U64(entry.created);
    w.U64(entry.accessed);
    w.U64(entry.written);
    w.U64(entry.changed);
    w.U64(entry.end_of_file);
    w.U64(entry.allocation);
    w.U32(entry.attributes);
  }
  w.Checked32(name_bytes);
  const bool reparse = (entry.attributes & file_attribute::kReparsePoint) != 0;
  if (layout.ea_size) w.U32(reparse && !layout.tag ? entry.reparse_tag : entry.ea_size);
  if (layout.tag) w.U32(reparse ? entry.reparse_tag : 0);
  if (layout.id_before_short_name) EncodeId(layout, entry, w);
  if (layout.short_name) {
    w.U8(static_cast<uint8_t>(short_name.size()));
    w.U8(0);
    w.Bytes(short_name);
    w.Zeros(kShortNameBytes - short_name.size());
  }
  if (!layout.id_before_short_name) EncodeId(layout, entry, w);
}

bool DecodeShortName(Reader& r, std::string* out) {
  const uint8_t bytes = r.U8();
  r.Skip(1);
  const absl::Span<const uint8_t> field = r.Bytes(kShortNameBytes);
  if (!r.ok() || bytes > kShortNameBytes) return false;
  return Utf16ToUtf8(field.subspan(0, bytes), out);
}

bool DecodeEntry(const Layout& layout, Reader& r, DirectoryEntryInfo* entry) {
  entry->file_index = r.U32();
  if (layout.times) {
    entry->created = r.U64();
    entry->accessed = r.U64();
    entry->written = r.U64();
    entry->changed = r.U64();
    entry->end_of_file = r.U64();
    entry->allocation = r.U64();
    entry->attributes = r.U32();
  }
  const uint32_t name_bytes = r.U32();
  if (layout.ea_size) entry->ea_size = r.U32();
  if (layout.tag) {
    entry->reparse_tag = r.U32();
  } else if ((entry->attributes & file_attribute::kReparsePoint) != 0) {
    std::swap(entry->reparse_tag, entry->ea_size);
  }
  if (layout.id_before_short_name) DecodeId(layout, r, entry);
  if (layout.short_name && !DecodeShortName(r, &entry->short_name)) return false;
  if (!layout.id_before_short_name) DecodeId(layout, r, entry);
  const absl::Span<const uint8_t> name = r.Bytes(name_bytes);
  return r.ok() && Utf16ToUtf8(name, &entry->name);
}

}  // namespace

size_t DirectoryEntryFixedBytes(FileInfoClass info_class) {
  const Layout* layout = FindLayout(info_class);
  return layout == nullptr ? 0 : layout->fixed_bytes;
}

DirectoryListWriter::DirectoryListWriter(FileInfoClass info_class, Writer& writer, size_t bytes_max)
    : class_(info_class), writer_(writer), bytes_max_(bytes_max), start_(writer.size()) {}

size_t DirectoryListWriter::bytes() const { return writer_.size() - start_; }

AddResult DirectoryListWriter::Add(const DirectoryEntryInfo& entry) {
  const Layout* layout = FindLayout(class_);
  if (layout == nullptr || !writer_.ok()) return AddResult::kNoRoom;
  std::array<uint8_t, kShortNameBytes> short_name;
  Writer short_name_writer{absl::MakeSpan(short_name)};
  if (!WriteUtf16(entry.short_name, short_name_writer)) return AddResult::kBadName;

  const size_t end = writer_.size();
  const size_t padding = (kAlignment - bytes() % kAlignment) % kAlignment;
  const size_t name_bytes = Utf16Bytes(entry.name);
  const size_t needed = padding + layout->fixed_bytes + name_bytes;
  if (needed > writer_.room() || needed > bytes_max_ - std::min(bytes_max_, bytes())) {
    return AddResult::kNoRoom;
  }
  writer_.Zeros(padding);
  const size_t begin = writer_.size();
  EncodeFixed(*layout, entry, name_bytes, short_name_writer.written(), writer_);
  if (!WriteUtf16(entry.name, writer_)) {
    writer_.Rewind(end);
    return AddResult::kBadName;
  }
  if (count_ > 0) writer_.PatchU32(last_entry_, static_cast<uint32_t>(begin - last_entry_));
  last_entry_ = begin;
  ++count_;
  return AddResult::kAdded;
}

bool DirectoryListReader::Next(DirectoryEntryInfo* entry) {
  if (done_ || !ok_ || list_.empty()) return false;
  const Layout* layout = FindLayout(class_);
  if (layout == nullptr) {
    ok_ = false;
    return false;
  }
  *entry = DirectoryEntryInfo();
  absl::Span<const uint8_t> rest = list_.subspan(next_);
  Reader chain(rest);
  const uint32_t next_entry = chain.U32();
  // An entry stays before the next one, which also makes the walk end.
  if (next_entry != 0) {
    if (next_entry < layout->fixed_bytes || next_entry % kAlignment != 0 ||
        next_entry >= rest.size()) {
      ok_ = false;
      return false;
    }
    rest = rest.subspan(0, next_entry);
  }
  Reader r(rest);
  r.Skip(sizeof(uint32_t));
  ok_ = DecodeEntry(*layout, r, entry);
  next_ += next_entry;
  done_ = next_entry == 0;
  return ok_;
}

}  // namespace sluice::proto

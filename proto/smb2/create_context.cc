#include "proto/smb2/create_context.h"

#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr size_t kHeaderBytes = 16;
constexpr size_t kNameOffset = kHeaderBytes;
constexpr size_t kNameBytesMin = 4;
constexpr size_t kAlignment = 8;
constexpr size_t kDataOffsetField = 10;
constexpr size_t kDataLengthField = 12;

bool DecodeContext(absl::Span<const uint8_t> bytes, CreateContext* out) {
  Reader r(bytes);
  r.Skip(4);
  const uint16_t name_offset = r.U16();
  const uint16_t name_length = r.U16();
  r.Skip(2);
  const uint16_t data_offset = r.U16();
  const uint32_t data_length = r.U32();
  const absl::Span<const uint8_t> name = r.Variable(name_offset, name_length);
  out->data = r.Variable(data_offset, data_length);
  if (!r.ok() || name.size() < kNameBytesMin) return false;
  out->name = absl::string_view(reinterpret_cast<const char*>(name.data()), name.size());
  return true;
}

}  // namespace

bool DecodeCreateContexts(absl::Span<const uint8_t> list, CreateContextList* out) {
  out->clear();
  while (!list.empty()) {
    Reader r(list);
    const uint32_t next = r.U32();
    if (!r.ok() || out->size() == kCreateContextsMax) return false;
    absl::Span<const uint8_t> bytes = list;
    if (next != 0) {
      if (next < kHeaderBytes || next % kAlignment != 0 || next >= list.size()) return false;
      bytes = list.subspan(0, next);
    }
    CreateContext context;
    if (!DecodeContext(bytes, &context)) return false;
    out->push_back(context);
    if (next == 0) break;
    list.remove_prefix(next);
  }
  return true;
}

const CreateContext* FindCreateContext(const CreateContextList& list, absl::string_view name) {
  for (const CreateContext& context : list) {
    if (context.name == name) return &context;
  }
  return nullptr;
}

void CreateContextWriter::Add(absl::string_view name, absl::Span<const uint8_t> data) {
  const size_t begin = Begin(name);
  writer_.Bytes(data);
  End(begin);
}

size_t CreateContextWriter::Begin(absl::string_view name) {
  writer_.Zeros((kAlignment - bytes() % kAlignment) % kAlignment);
  const size_t begin = writer_.size();
  if (count_ > 0) writer_.PatchU32(last_, static_cast<uint32_t>(begin - last_));
  last_ = begin;
  ++count_;
  writer_.U32(0);
  writer_.U16(kNameOffset);
  writer_.Checked16(name.size());
  writer_.U16(0);
  writer_.U16(0);  // where the data is, patched by End()
  writer_.U32(0);
  writer_.Bytes({reinterpret_cast<const uint8_t*>(name.data()), name.size()});
  const size_t written = writer_.size() - begin;
  writer_.Zeros((kAlignment - written % kAlignment) % kAlignment);
  return writer_.size();
}

void CreateContextWriter::End(size_t data) {
  const size_t length = writer_.size() - data;
  // Windows gives no offset for data that is not there.
  if (length == 0) return;
  writer_.PatchU16(last_ + kDataOffsetField, static_cast<uint16_t>(data - last_));
  writer_.PatchU32(last_ + kDataLengthField, static_cast<uint32_t>(length));
}

}  // namespace sluice::proto

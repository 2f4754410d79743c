#include "proto/fscc/ea_list.h"

#include <utility>

#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr size_t kAlignment = 4;
constexpr size_t kGetEaFixedBytes = 5;

std::string ToString(absl::Span<const uint8_t> bytes) {
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

absl::Span<const uint8_t> AsBytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

bool IsGoodName(const std::string& name) {
  return !name.empty() && name.size() <= UINT8_MAX && name.find('\0') == std::string::npos;
}

// Calls `decode` with each entry of a list that is chained by a 32-bit NextEntryOffset; an entry
// ends where the next one begins. False at the first that is refused, whose offset it leaves in
// `*offset`.
template <typename DecodeEntry>
bool WalkChain(absl::Span<const uint8_t> list, size_t fixed_bytes, size_t* offset,
               DecodeEntry decode) {
  *offset = 0;
  for (size_t count = 0; *offset < list.size(); ++count) {
    absl::Span<const uint8_t> entry = list.subspan(*offset);
    Reader r(entry);
    const uint32_t next = r.U32();
    if (!r.ok() || count == kEaEntriesMax) return false;
    if (next != 0) {
      if (next < fixed_bytes || next % kAlignment != 0 || next >= entry.size()) return false;
      entry = entry.subspan(0, next);
    }
    if (!decode(entry)) return false;
    if (next == 0) break;
    *offset += next;
  }
  return true;
}

bool DecodeEntry(absl::Span<const uint8_t> bytes, EaEntry* out) {
  Reader r(bytes);
  r.Skip(4);
  out->flags = r.U8();
  const uint8_t name_bytes = r.U8();
  const uint16_t value_bytes = r.U16();
  out->name = ToString(r.Bytes(name_bytes));
  const uint8_t terminator = r.U8();
  out->value = ToString(r.Bytes(value_bytes));
  return r.ok() && terminator == 0 && IsGoodName(out->name);
}

bool DecodeGetEntry(absl::Span<const uint8_t> bytes, std::string* name) {
  Reader r(bytes);
  r.Skip(4);
  const uint8_t name_bytes = r.U8();
  *name = ToString(r.Bytes(name_bytes));
  const uint8_t terminator = r.U8();
  return r.ok() && terminator == 0 && IsGoodName(*name);
}

// Pads, writes one entry by `write` and chains it to the last. Undoes it all if it does not fit.
class ChainWriter {
 public:
  explicit ChainWriter(Writer& w) : w_(w), start_(w.size()) {}

  template <typename WriteEntry>
  bool Add(WriteEntry write) {
    const size_t end = w_.size();
    w_.Zeros((kAlignment - (end - start_) % kAlignment) % kAlignment);
    const size_t begin = w_.size();
    w_.U32(0);
    write();
    if (!w_.ok()) {
      w_.Rewind(end);
      return false;
    }
    if (count_ > 0) w_.PatchU32(last_, static_cast<uint32_t>(begin - last_));
    last_ = begin;
    ++count_;
    return true;
  }

  size_t count() const { return count_; }

 private:
  Writer& w_;
  const size_t start_;
  size_t last_ = 0;
  size_t count_ = 0;
};

}  // namespace

bool DecodeEaList(absl::Span<const uint8_t> list, std::vector<EaEntry>* out, size_t* error_offset) {
  out->clear();
  size_t offset = 0;
  const bool ok =
      WalkChain(list, EaEntry::kFixedBytes, &offset, [out](absl::Span<const uint8_t> bytes) {
        EaEntry entry;
        if (!DecodeEntry(bytes, &entry)) return false;
        out->push_back(std::move(entry));
        return true;
      });
  if (!ok && error_offset != nullptr) *error_offset = offset;
  return ok;
}

size_t EncodeEaList(absl::Span<const EaEntry> entries, Writer& w) {
  ChainWriter chain(w);
  for (const EaEntry& entry : entries) {
    const bool fits = chain.Add([&] {
      if (!IsGoodName(entry.name)) w.Fail();
      w.U8(entry.flags);
      w.U8(static_cast<uint8_t>(entry.name.size()));
      w.Checked16(entry.value.size());
      w.Bytes(AsBytes(entry.name));
      w.U8(0);
      w.Bytes(AsBytes(entry.value));
    });
    if (!fits) break;
  }
  return chain.count();
}

bool DecodeGetEaList(absl::Span<const uint8_t> list, std::vector<std::string>* names) {
  names->clear();
  size_t offset = 0;
  return WalkChain(list, kGetEaFixedBytes, &offset, [names](absl::Span<const uint8_t> bytes) {
    std::string name;
    if (!DecodeGetEntry(bytes, &name)) return false;
    names->push_back(std::move(name));
    return true;
  });
}

void EncodeGetEaList(absl::Span<const std::string> names, Writer& w) {
  ChainWriter chain(w);
  for (const std::string& name : names) {
    const bool fits = chain.Add([&] {
      if (!IsGoodName(name)) w.Fail();
      w.U8(static_cast<uint8_t>(name.size()));
      w.Bytes(AsBytes(name));
      w.U8(0);
    });
    if (!fits) {
      w.Fail();
      return;
    }
  }
}

uint32_t EaListReportedBytes(absl::Span<const EaEntry> entries) {
  if (entries.empty()) return 0;
  uint64_t bytes = 4;
  for (const EaEntry& entry : entries) bytes += 4 + entry.name.size() + 1 + entry.value.size();
  return bytes > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(bytes);
}

}  // namespace sluice::proto

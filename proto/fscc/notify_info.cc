#include "proto/fscc/notify_info.h"

#include "proto/wire/reader.h"

namespace sluice::proto {
namespace {

constexpr size_t kFixedBytes = 12;

bool DecodeEntry(absl::Span<const uint8_t> bytes, NotifyEntry* entry) {
  Reader r(bytes);
  r.Skip(4);
  const uint32_t action = r.U32();
  const uint32_t name_bytes = r.U32();
  const absl::Span<const uint8_t> name = r.Bytes(name_bytes);
  entry->action = static_cast<NotifyAction>(action);
  entry->name.assign(name.begin(), name.end());
  return r.ok() && action >= static_cast<uint32_t>(NotifyAction::kAdded) &&
         action <= static_cast<uint32_t>(NotifyAction::kModifiedStream) && name_bytes % 2 == 0;
}

}  // namespace

void EncodeNotifyList(absl::Span<const NotifyEntry> entries, Writer& w) {
  for (size_t i = 0; i < entries.size(); ++i) {
    const NotifyEntry& entry = entries[i];
    const size_t bytes = NotifyEntryBytes(entry.name.size());
    const bool last = i + 1 == entries.size();
    w.Checked32(last ? 0 : bytes);
    w.U32(static_cast<uint32_t>(entry.action));
    w.Checked32(entry.name.size());
    w.Bytes(entry.name);
    if (!last) w.Zeros(bytes - kFixedBytes - entry.name.size());
  }
}

bool DecodeNotifyList(absl::Span<const uint8_t> bytes, std::vector<NotifyEntry>* entries) {
  while (!bytes.empty()) {
    const uint32_t next = Reader(bytes).U32();
    const bool chained = next >= kFixedBytes && next % 4 == 0 && next < bytes.size();
    if (next != 0 && !chained) return false;
    entries->emplace_back();
    if (!DecodeEntry(next == 0 ? bytes : bytes.subspan(0, next), &entries->back())) return false;
    if (next == 0) break;
    bytes.remove_prefix(next);
  }
  return true;
}

}  // namespace sluice::proto

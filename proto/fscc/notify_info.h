// FILE_NOTIFY_INFORMATION: what a CHANGE_NOTIFY is answered with [MS-FSCC] 2.7.1.
#ifndef SLUICE_PROTO_FSCC_NOTIFY_INFO_H_
#define SLUICE_PROTO_FSCC_NOTIFY_INFO_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

enum class NotifyAction : uint32_t {
  kAdded = 1,
  kRemoved = 2,
  kModified = 3,
  kRenamedOldName = 4,
  kRenamedNewName = 5,
  kAddedStream = 6,
  kRemovedStream = 7,
  kModifiedStream = 8,
};

struct NotifyEntry {
  NotifyAction action = NotifyAction::kAdded;
  // UTF-16LE, from the watched directory on, with '\\' between components.
  std::vector<uint8_t> name;

  bool operator==(const NotifyEntry&) const = default;
};

// What an entry with a name of `name_bytes` takes in a list, with the padding before the next.
constexpr size_t NotifyEntryBytes(size_t name_bytes) { return (12 + name_bytes + 3) & ~size_t{3}; }

// A list of them; nothing for an empty one. Offsets count from where the writer stands.
void EncodeNotifyList(absl::Span<const NotifyEntry> entries, Writer& w);
// False for a list that is malformed. `entries` is not cleared.
[[nodiscard]] bool DecodeNotifyList(absl::Span<const uint8_t> bytes,
                                    std::vector<NotifyEntry>* entries);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_NOTIFY_INFO_H_

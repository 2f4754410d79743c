// Extended attribute lists. [MS-FSCC] 2.4.16 (FileFullEaInformation) and 2.4.16.1
// (FILE_GET_EA_INFORMATION).
#ifndef SLUICE_PROTO_FSCC_EA_LIST_H_
#define SLUICE_PROTO_FSCC_EA_LIST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "proto/wire/writer.h"

namespace sluice::proto {

struct EaEntry {
  static constexpr size_t kFixedBytes = 8;
  static constexpr uint8_t kNeedEa = 0x80;
  uint8_t flags = 0;
  std::string name;   // 8-bit characters, 1 to 255 of them, no NUL
  std::string value;  // any bytes, at most 65,535; setting an empty value deletes the attribute
};

inline constexpr size_t kEaEntriesMax = 1024;

// Entries are 4-aligned. Refused: an empty name, one with a NUL in it or without the one behind it,
// a chain that goes beyond the list or back, more than kEaEntriesMax. On failure `*error_offset`
// (may be null) is the offset of the entry that was refused, which SET_INFO's error tells.
bool DecodeEaList(absl::Span<const uint8_t> list, std::vector<EaEntry>* out,
                  size_t* error_offset = nullptr);

// How many entries fit into `w` and were written.
size_t EncodeEaList(absl::Span<const EaEntry> entries, Writer& w);

// The names a QUERY_INFO for FileFullEaInformation asks for.
bool DecodeGetEaList(absl::Span<const uint8_t> list, std::vector<std::string>* names);
void EncodeGetEaList(absl::Span<const std::string> names, Writer& w);

// The size that FileEaInformation reports for these attributes: 4 for the list, as an OS/2 FEALIST
// has it, and for each its fixed part, name and value; 0 for none.
uint32_t EaListReportedBytes(absl::Span<const EaEntry> entries);

}  // namespace sluice::proto

#endif  // SLUICE_PROTO_FSCC_EA_LIST_H_

#include "tests/fuzz/frame_input.h"

#include <algorithm>

namespace sluice::fuzz {

Input Parse(absl::Span<const uint8_t> bytes) {
  Input input;
  if (bytes.empty()) return input;
  input.options = bytes[0];
  bytes.remove_prefix(1);
  while (bytes.size() >= kRecordHeaderBytes && input.records.size() < kRecordsMax) {
    Record record;
    record.kind = bytes[0];
    record.flags = bytes[1];
    record.command = bytes[2];
    record.charge = bytes[3];
    record.header = bytes[4];
    const size_t length = bytes[5] | static_cast<size_t>(bytes[6]) << 8;
    bytes.remove_prefix(kRecordHeaderBytes);
    const absl::Span<const uint8_t> body = bytes.subspan(0, std::min(length, bytes.size()));
    record.body.assign(body.begin(), body.end());
    bytes.remove_prefix(body.size());
    input.records.push_back(std::move(record));
  }
  return input;
}

Bytes Serialize(const Input& input) {
  Bytes bytes = {input.options};
  for (const Record& record : input.records) {
    const size_t length = std::min(record.body.size(), kRecordBodyBytesMax);
    const uint8_t head[] = {record.kind,
                            record.flags,
                            record.command,
                            record.charge,
                            record.header,
                            static_cast<uint8_t>(length),
                            static_cast<uint8_t>(length >> 8)};
    bytes.insert(bytes.end(), std::begin(head), std::end(head));
    bytes.insert(bytes.end(), record.body.begin(),
                 record.body.begin() + static_cast<ptrdiff_t>(length));
  }
  return bytes;
}

}  // namespace sluice::fuzz

// Records of the frame fuzzer's seeds: requests as a client makes them, ready to be bent.
#ifndef SLUICE_TESTS_FUZZ_FRAME_RECORDS_H_
#define SLUICE_TESTS_FUZZ_FRAME_RECORDS_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/fscc/info_class.h"
#include "proto/smb2/change_notify.h"
#include "proto/smb2/command.h"
#include "proto/smb2/create.h"
#include "proto/smb2/create_context.h"
#include "proto/smb2/header.h"
#include "proto/smb2/lock.h"
#include "proto/wire/writer.h"
#include "tests/fuzz/frame_input.h"

namespace sluice::fuzz {

inline constexpr uint32_t kAllAccess = 0x001F01FF;
inline constexpr uint32_t kMaximumAllowed = 0x02000000;
inline constexpr uint32_t kShareAll =
    proto::kShareAccessRead | proto::kShareAccessWrite | proto::kShareAccessDelete;
inline constexpr uint8_t kIpc = 2;
inline constexpr uint8_t kReadOnlyTree = 1;

template <typename Body>
Bytes Encoded(const Body& body, size_t start = 0) {
  Bytes bytes(8192);
  proto::Writer writer(absl::MakeSpan(bytes));
  writer.Zeros(start);
  body.Encode(writer);
  bytes.resize(writer.size());
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(start));
  return bytes;
}

template <typename Body>
Record Make(proto::Command command, const Body& body, uint8_t flags = 0) {
  Record record;
  record.flags = flags;
  record.command = static_cast<uint8_t>(command);
  record.body = Encoded(body, proto::kHeaderBytes);
  return record;
}

Bytes FromHex(absl::string_view hex);
Bytes Utf16(absl::string_view text);
// The next record's request comes in the same frame.
Record Linked(Record record);
Record Related(Record record);
Record With(Record record, uint8_t flags);
// In the twin on disk of the record's share.
Record OnDisk(Record record);
Record OfKind(RecordKind kind, Bytes body = {}, uint8_t flags = 0);
Record Create(absl::string_view name, uint32_t disposition = proto::kDispositionOpenIf,
              uint32_t options = 0, Bytes contexts = {}, uint8_t flags = 0,
              uint32_t access = kAllAccess);
Record Directory(absl::string_view name);
Record Close(uint16_t flags = 0);
Record Read(uint32_t length, uint64_t offset = 0, uint8_t flags = 0);
Record Write(const Bytes& data, uint64_t offset = 0, uint8_t flags = 0);
Record Lock(std::initializer_list<proto::LockElement> locks);
Record Ioctl(uint32_t code, const Bytes& input = {}, uint32_t output_max = 4096, uint8_t flags = 0);
// Those about no file say so.
Record IoctlWithoutFile(uint32_t code, const Bytes& input = {});
Record QueryInfo(uint8_t type, uint8_t info_class, uint32_t additional = 0, const Bytes& input = {},
                 uint8_t flags = 0);
Record SetInfo(uint8_t type, uint8_t info_class, const Bytes& buffer, uint32_t additional = 0);
Record List(proto::FileInfoClass info_class, absl::string_view pattern, uint8_t flags = 0);
Record Notify(uint16_t flags = proto::kWatchTree);
Record Cancel(uint8_t which, bool async);
Record Time(uint32_t millis);
Record TreeConnect(absl::string_view share);
Record Administer(AdminAction action, uint8_t tree = 0);

// A little-endian structure by its fields' sizes.
Bytes Fields(std::initializer_list<std::pair<int, uint64_t>> fields, absl::string_view name = "");
Bytes RenameBuffer(absl::string_view name, bool replace);
uint8_t Number(proto::FileInfoClass info_class);
Bytes EaList();
// Owner and group Everyone, and a DACL with one entry for Everyone.
Bytes SecurityDescriptor();
// All the contexts that there are, right or not for one CREATE.
Bytes AllContexts();

template <typename Context>
Bytes OneContext(absl::string_view name, const Context& context) {
  Bytes bytes(512);
  proto::Writer writer(absl::MakeSpan(bytes));
  proto::CreateContextWriter contexts(writer);
  contexts.AddEncoded(name, context);
  bytes.resize(writer.size());
  return bytes;
}

class Collection {
 public:
  void Add(absl::string_view name, std::vector<Record> records, uint8_t options = 0) {
    Input input;
    input.options = options;
    input.records = std::move(records);
    seeds_.emplace_back(std::string(name), std::move(input));
  }
  std::vector<std::pair<std::string, Input>> Take() { return std::move(seeds_); }

 private:
  std::vector<std::pair<std::string, Input>> seeds_;
};

}  // namespace sluice::fuzz

#endif  // SLUICE_TESTS_FUZZ_FRAME_RECORDS_H_

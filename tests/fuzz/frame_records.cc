#include "tests/fuzz/frame_records.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "proto/fscc/ea_list.h"
#include "proto/smb2/cancel.h"
#include "proto/smb2/close.h"
#include "proto/smb2/create_context_types.h"
#include "proto/smb2/ioctl.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/read.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/tree_connect.h"
#include "proto/smb2/write.h"
#include "proto/wire/utf16.h"

namespace sluice::fuzz {

using proto::Command;

using proto::Command;

Bytes FromHex(absl::string_view hex) {
  const std::string bytes = absl::HexStringToBytes(hex);
  return Bytes(bytes.begin(), bytes.end());
}

Bytes Utf16(absl::string_view text) {
  Bytes bytes;
  proto::Utf8ToUtf16(text, &bytes);
  return bytes;
}

Record Linked(Record record) {
  record.kind = static_cast<uint8_t>(RecordKind::kLinked);
  return record;
}

Record Related(Record record) {
  record.flags |= kFlagRelated;
  return record;
}

Record With(Record record, uint8_t flags) {
  record.flags |= flags;
  return record;
}

Record OfKind(RecordKind kind, Bytes body, uint8_t flags) {
  Record record;
  record.kind = static_cast<uint8_t>(kind);
  record.flags = flags;
  record.body = std::move(body);
  return record;
}

Record Create(absl::string_view name, uint32_t disposition, uint32_t options, Bytes contexts,
              uint8_t flags, uint32_t access) {
  const Bytes utf16 = Utf16(name);
  proto::CreateRequest request;
  request.desired_access = access;
  request.share_access = kShareAll;
  request.create_disposition = disposition;
  request.create_options = options;
  request.name = utf16;
  request.create_contexts = contexts;
  return Make(Command::kCreate, request, flags);
}

Record Directory(absl::string_view name) {
  return Create(name, proto::kDispositionOpenIf, proto::kOptionDirectoryFile, {}, 0,
                kMaximumAllowed);
}

Record Close(uint16_t flags) {
  proto::CloseRequest request;
  request.flags = flags;
  return Make(Command::kClose, request);
}

Record Read(uint32_t length, uint64_t offset, uint8_t flags) {
  proto::ReadRequest request;
  request.length = length;
  request.offset = offset;
  return Make(Command::kRead, request, flags);
}

Record Write(const Bytes& data, uint64_t offset, uint8_t flags) {
  proto::WriteRequest request;
  request.offset = offset;
  request.data = data;
  return Make(Command::kWrite, request, flags);
}

Record Lock(std::initializer_list<proto::LockElement> locks) {
  proto::LockRequest request;
  request.locks.assign(locks.begin(), locks.end());
  return Make(Command::kLock, request);
}

Record Ioctl(uint32_t code, const Bytes& input, uint32_t output_max, uint8_t flags) {
  proto::IoctlRequest request;
  request.ctl_code = code;
  request.max_output_response = output_max;
  request.input = input;
  return Make(Command::kIoctl, request, flags);
}

Record IoctlWithoutFile(uint32_t code, const Bytes& input) {
  proto::IoctlRequest request;
  request.ctl_code = code;
  request.file_id = proto::kAnyFileId;
  request.max_output_response = 4096;
  request.input = input;
  return Make(Command::kIoctl, request, kFlagOwnFileId);
}

Record QueryInfo(uint8_t type, uint8_t info_class, uint32_t additional, const Bytes& input,
                 uint8_t flags) {
  proto::QueryInfoRequest request;
  request.info_type = type;
  request.file_info_class = info_class;
  request.output_buffer_length = 4096;
  request.additional_information = additional;
  request.input = input;
  return Make(Command::kQueryInfo, request, flags);
}

Record SetInfo(uint8_t type, uint8_t info_class, const Bytes& buffer, uint32_t additional) {
  proto::SetInfoRequest request;
  request.info_type = type;
  request.file_info_class = info_class;
  request.additional_information = additional;
  request.buffer = buffer;
  return Make(Command::kSetInfo, request);
}

Record List(proto::FileInfoClass info_class, absl::string_view pattern, uint8_t flags) {
  const Bytes utf16 = Utf16(pattern);
  proto::QueryDirectoryRequest request;
  request.file_information_class = static_cast<uint8_t>(info_class);
  request.flags = flags;
  request.output_buffer_length = 8192;
  request.file_name = utf16;
  return Make(Command::kQueryDirectory, request);
}

Record Notify(uint16_t flags) {
  proto::ChangeNotifyRequest request;
  request.flags = flags;
  request.output_buffer_length = 4096;
  request.completion_filter = proto::kNotifyValidMask;
  return Make(Command::kChangeNotify, request);
}

Record Cancel(uint8_t which, bool async) {
  Record record = Make(Command::kCancel, proto::CancelRequest());
  record.charge = which;
  record.header = async ? kHeaderAsync : 0;
  return record;
}

Record Time(uint32_t millis) {
  Bytes body(4);
  proto::Writer writer(absl::MakeSpan(body));
  writer.U32(millis);
  return OfKind(RecordKind::kTime, body);
}

Bytes Fields(std::initializer_list<std::pair<int, uint64_t>> fields, absl::string_view name) {
  Bytes bytes;
  for (const auto& [size, value] : fields) {
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
  const Bytes utf16 = Utf16(name);
  bytes.insert(bytes.end(), utf16.begin(), utf16.end());
  return bytes;
}

Bytes RenameBuffer(absl::string_view name, bool replace) {
  const uint64_t length = Utf16(name).size();
  return Fields({{1, replace ? 1u : 0u}, {7, 0}, {8, 0}, {4, length}}, name);
}

uint8_t Number(proto::FileInfoClass info_class) { return static_cast<uint8_t>(info_class); }

Bytes EaList() {
  const std::vector<proto::EaEntry> entries = {{0, "ONE", "first"}, {0, "TWO", ""}};
  Bytes bytes(256);
  proto::Writer writer(absl::MakeSpan(bytes));
  proto::EncodeEaList(entries, writer);
  bytes.resize(writer.size());
  return bytes;
}

Bytes SecurityDescriptor() {
  return FromHex(
      "010004801400000020000000000000002c000000"
      "010100000000000100000000"
      "010100000000000100000000"
      "02001c000100000000001400ff011f00010100000000000100000000");
}

Bytes AllContexts() {
  Bytes bytes(4096);
  proto::Writer writer(absl::MakeSpan(bytes));
  proto::CreateContextWriter contexts(writer);
  namespace names = proto::create_context;
  contexts.Add(names::kEaBuffer, EaList());
  contexts.Add(names::kSecurityDescriptor, SecurityDescriptor());
  contexts.AddEncoded(names::kAllocationSize, proto::AllocationSizeContext{.bytes = 70'000});
  contexts.AddEncoded(names::kQueryMaximalAccess, proto::MaximalAccessRequest());
  contexts.Add(names::kQueryOnDiskId, {});
  proto::LeaseContext lease;
  lease.version = 2;
  lease.state = 7;
  contexts.AddEncoded(names::kLease, lease);
  contexts.AddEncoded(names::kDurableRequestV2, proto::DurableRequestV2());
  contexts.AddEncoded(names::kAppInstanceId, proto::AppInstanceId());
  contexts.Add(names::kAapl, FromHex("010000000000000007000000000000000000000000000000"));
  contexts.Add(names::kPosix, FromHex("a4010000"));
  bytes.resize(writer.size());
  return bytes;
}

Record OnDisk(Record record) {
  record.header |= kHeaderOnDisk;
  return record;
}

Record TreeConnect(absl::string_view share) {
  const Bytes path = Utf16(absl::StrCat("\\\\server\\", share));
  proto::TreeConnectRequest request;
  request.path = path;
  return Make(Command::kTreeConnect, request);
}

Record Administer(AdminAction action, uint8_t tree) {
  Record record = OfKind(RecordKind::kAdmin, {}, tree);
  record.command = static_cast<uint8_t>(action);
  return record;
}

}  // namespace sluice::fuzz

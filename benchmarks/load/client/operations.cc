#include "benchmarks/load/client/operations.h"

#include <algorithm>
#include <utility>

#include "benchmarks/load/client/exchange.h"
#include "proto/fscc/directory_info.h"
#include "proto/fscc/file_info.h"
#include "proto/fscc/file_name_info.h"
#include "proto/fscc/info_class.h"
#include "proto/smb2/close.h"
#include "proto/smb2/echo.h"
#include "proto/smb2/query_directory.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/read.h"
#include "proto/smb2/set_info.h"
#include "proto/smb2/write.h"
#include "proto/wire/utf16.h"

namespace sluice::bench {

using proto::Command;
using proto::NtStatus;

namespace {

// The largest listing that is asked for at once; Windows asks for as much.
constexpr uint32_t kListBytes = 65536;

// Entries of a listing of class 37, and whether it is a whole one.
bool CountEntries(absl::Span<const uint8_t> list, uint64_t* entries) {
  // By the chain alone: names are decoded only where they are needed.
  size_t at = 0;
  for (;;) {
    if (list.size() - at < proto::DirectoryEntryFixedBytes(proto::FileInfoClass::kIdBothDirectory))
      return false;
    ++*entries;
    const uint32_t next =
        static_cast<uint32_t>(list[at]) | static_cast<uint32_t>(list[at + 1]) << 8 |
        static_cast<uint32_t>(list[at + 2]) << 16 | static_cast<uint32_t>(list[at + 3]) << 24;
    if (next == 0) return true;
    if (next > list.size() - at) return false;
    at += next;
  }
}

}  // namespace

WireName::WireName(absl::string_view utf8) {
  proto::Writer writer(absl::MakeSpan(bytes_));
  if (proto::WriteUtf16(utf8, writer)) size_ = writer.size();
}

ring::Task<NtStatus> Open(Client& client, absl::Span<const uint8_t> name, OpenHow how,
                          proto::FileId* id, uint64_t* size) {
  if (name.empty()) co_return NtStatus::kObjectNameInvalid;
  Exchange exchange(client, Command::kCreate, 128 + name.size());
  proto::CreateRequest request;
  request.desired_access = how.access;
  request.share_access =
      proto::kShareAccessRead | proto::kShareAccessWrite | proto::kShareAccessDelete;
  request.create_disposition = how.disposition;
  request.create_options = how.options;
  request.name = name;
  request.Encode(exchange.body());
  const NtStatus status = co_await exchange;
  if (status != NtStatus::kOk) co_return status;
  proto::CreateResponse response;
  if (!proto::CreateResponse::Decode(exchange.response(), &response)) {
    co_return NtStatus::kInvalidNetworkResponse;
  }
  *id = response.file_id;
  if (size != nullptr) *size = response.end_of_file;
  co_return status;
}

ring::Task<NtStatus> Close(Client& client, proto::FileId id) {
  Exchange exchange(client, Command::kClose);
  proto::CloseRequest request;
  request.file_id = id;
  request.Encode(exchange.body());
  co_return co_await exchange;
}

ring::Task<NtStatus> Remove(Client& client, absl::Span<const uint8_t> name, uint32_t options) {
  proto::FileId id;
  OpenHow how;
  how.access = access::kDelete | access::kReadAttributes;
  how.options = proto::kOptionDeleteOnClose | options;
  const NtStatus status = co_await Open(client, name, how, &id);
  if (status != NtStatus::kOk) co_return status;
  co_return co_await Close(client, id);
}

ring::Task<NtStatus> Read(Client& client, proto::FileId id, uint64_t offset, uint32_t bytes,
                          ReadCheck* check, uint64_t file) {
  Exchange exchange(client, Command::kRead, 128, bytes);
  proto::ReadRequest request;
  request.padding = proto::ReadResponse::kDataOffset;
  request.length = bytes;
  request.offset = offset;
  request.file_id = id;
  request.Encode(exchange.body());
  const NtStatus status = co_await exchange;
  if (status != NtStatus::kOk) co_return status;
  proto::ReadResponse response;
  if (!proto::ReadResponse::Decode(exchange.response(), &response)) {
    co_return NtStatus::kInvalidNetworkResponse;
  }
  if (response.data.size() != bytes) co_return kWrongLength;
  if (check != nullptr && !check->RightContents(file, offset, response.data)) {
    co_return kWrongContents;
  }
  co_return status;
}

ring::Task<NtStatus> Write(Client& client, proto::FileId id, uint64_t offset, uint32_t bytes,
                           WriteSource& source, uint64_t file) {
  Exchange exchange(client, Command::kWrite, 64 + bytes, bytes);
  if (exchange.request().empty()) co_return NtStatus::kInsufficientResources;
  // Made at its place in the frame, so that the encoder's copy of it is one onto itself.
  const absl::Span<uint8_t> data =
      exchange.request().subspan(proto::WriteRequest::kDataOffset, bytes);
  source.Fill(file, offset, data);
  proto::WriteRequest request;
  request.offset = offset;
  request.file_id = id;
  request.data = data;
  request.Encode(exchange.body());
  const NtStatus status = co_await exchange;
  if (status != NtStatus::kOk) co_return status;
  proto::WriteResponse response;
  if (!proto::WriteResponse::Decode(exchange.response(), &response)) {
    co_return NtStatus::kInvalidNetworkResponse;
  }
  co_return response.count == bytes ? status : kWrongLength;
}

ring::Task<NtStatus> List(Client& client, proto::FileId id, uint64_t* entries, uint64_t* bytes) {
  const WireName pattern("*");
  const uint32_t room = std::min(kListBytes, client.transact_bytes_max());
  for (uint8_t flags = proto::kQueryDirectoryRestartScans;; flags = 0) {
    Exchange exchange(client, Command::kQueryDirectory, 128, room);
    proto::QueryDirectoryRequest request;
    request.file_information_class = static_cast<uint8_t>(proto::FileInfoClass::kIdBothDirectory);
    request.flags = flags;
    request.file_id = id;
    request.output_buffer_length = room;
    request.file_name = pattern.span();
    request.Encode(exchange.body());
    const NtStatus status = co_await exchange;
    if (status == NtStatus::kNoMoreFiles) co_return NtStatus::kOk;
    if (status != NtStatus::kOk) co_return status;
    proto::QueryDirectoryResponse response;
    if (!proto::QueryDirectoryResponse::Decode(exchange.response(), &response) ||
        !CountEntries(response.output, entries)) {
      co_return NtStatus::kInvalidNetworkResponse;
    }
    *bytes += response.output.size();
  }
}

ring::Task<NtStatus> QueryInfo(Client& client, proto::FileId id, uint64_t* size) {
  Exchange exchange(client, Command::kQueryInfo);
  proto::QueryInfoRequest request;
  request.info_type = proto::kInfoFile;
  request.file_info_class = static_cast<uint8_t>(proto::FileInfoClass::kNetworkOpen);
  request.output_buffer_length = proto::FileNetworkOpenInfo::kBytes;
  request.file_id = id;
  request.Encode(exchange.body());
  const NtStatus status = co_await exchange;
  if (status != NtStatus::kOk) co_return status;
  proto::QueryInfoResponse response;
  proto::FileNetworkOpenInfo info;
  if (!proto::QueryInfoResponse::Decode(exchange.response(), &response) ||
      !proto::FileNetworkOpenInfo::Decode(response.output, &info)) {
    co_return NtStatus::kInvalidNetworkResponse;
  }
  *size = info.end_of_file;
  co_return status;
}

ring::Task<NtStatus> Rename(Client& client, proto::FileId id, absl::string_view to) {
  Exchange exchange(client, Command::kSetInfo, 256 + 2 * to.size());
  uint8_t room[WireName::kBytesMax + proto::FileRenameInfo::kFixedBytes];
  proto::Writer writer(absl::MakeSpan(room));
  proto::FileRenameInfo info;
  info.flags = proto::FileRenameInfo::kReplaceIfExists;
  info.name.assign(to.data(), to.size());
  info.Encode(writer, false);
  proto::SetInfoRequest request;
  request.info_type = proto::kInfoFile;
  request.file_info_class = static_cast<uint8_t>(proto::FileInfoClass::kRename);
  request.file_id = id;
  request.buffer = writer.written();
  request.Encode(exchange.body());
  co_return co_await exchange;
}

ring::Task<NtStatus> Lock(Client& client, proto::FileId id, proto::LockElement element) {
  Exchange exchange(client, Command::kLock);
  proto::LockRequest request;
  request.file_id = id;
  request.locks.push_back(element);
  request.Encode(exchange.body());
  co_return co_await exchange;
}

ring::Task<NtStatus> Echo(Client& client) {
  Exchange exchange(client, Command::kEcho);
  proto::EchoRequest().Encode(exchange.body());
  co_return co_await exchange;
}

}  // namespace sluice::bench

#include "server/smb/pipe.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "proto/fscc/attributes.h"
#include "proto/fscc/filetime.h"
#include "proto/smb2/close.h"
#include "proto/smb2/create.h"
#include "proto/smb2/flush.h"
#include "proto/smb2/output_buffer.h"
#include "proto/smb2/query_info.h"
#include "proto/smb2/read.h"
#include "proto/smb2/write.h"
#include "proto/wire/utf16.h"
#include "server/smb/chain.h"
#include "server/smb/pipe_handlers.h"
#include "server/smb/worker.h"

namespace sluice::smb {

using proto::NtStatus;

namespace {

constexpr uint32_t kPipeBytes = 65536;  // what is said to be allocated for one

PipeOpen& PipeOf(Request& request) { return request.open->As<PipeOpen>(); }

// What did not fit is read by the next READ.
NtStatus ReadStatus(size_t before, size_t taken) {
  return taken < before ? NtStatus::kBufferOverflow : NtStatus::kOk;
}

// What the pipe keeps is its user's. False where that is too much.
bool NoteMemory(PipeOpen& pipe) {
  return pipe.place == nullptr || pipe.place->SetPipeBytes(pipe.server.held_bytes());
}

NtStatus WriteTo(Request& request, PipeOpen& pipe, absl::Span<const uint8_t> bytes) {
  if (pipe.broken) return NtStatus::kPipeDisconnected;
  const proto::rpc::ServerDescription description =
      DescribeServer(request.chain->worker().server());
  pipe.broken = !pipe.server.Write(bytes, description);
  NtStatus status = pipe.broken ? NtStatus::kPipeDisconnected : NtStatus::kOk;
  if (!pipe.broken && !NoteMemory(pipe)) {
    request.chain->worker().counters().pipes_refused.Add();
    pipe.broken = true;
    status = NtStatus::kInsufficientResources;
  }
  if (pipe.broken) pipe.server.Clear();
  NoteMemory(pipe);
  return status;
}

NtStatus CreatePipe(Request& request) {
  proto::CreateRequest decoded;
  if (!proto::CreateRequest::Decode(request.message, &decoded)) return NtStatus::kInvalidParameter;
  std::string name;
  if (!proto::Utf16ToUtf8(decoded.name, &name)) return NtStatus::kObjectNameInvalid;
  const std::optional<proto::rpc::PipeKind> kind = proto::rpc::FindPipe(name);
  if (!kind.has_value()) return NtStatus::kObjectNameNotFound;
  const NtStatus added = request.AddOpen(std::make_shared<PipeOpen>(*kind));
  if (added != NtStatus::kOk) return added;
  proto::CreateResponse response;
  response.create_action = proto::kActionOpened;
  response.allocation_size = kPipeBytes;
  response.file_attributes = proto::file_attribute::kNormal;
  response.file_id = request.open->id();
  response.Encode(request.response.body());
  return NtStatus::kOk;
}

NtStatus ClosePipe(Request& request) {
  proto::CloseRequest decoded;
  if (!proto::CloseRequest::Decode(request.message, &decoded)) return NtStatus::kInvalidParameter;
  if (!request.RemoveOpen()) return NtStatus::kFileClosed;
  proto::CloseResponse response;
  if ((decoded.flags & proto::kClosePostqueryAttributes) != 0) {
    response.flags = proto::kClosePostqueryAttributes;
    response.allocation_size = kPipeBytes;
    response.file_attributes = proto::file_attribute::kNormal;
  }
  response.Encode(request.response.body());
  return NtStatus::kOk;
}

NtStatus ReadPipe(Request& request) {
  proto::ReadRequest decoded;
  if (!proto::ReadRequest::Decode(request.message, &decoded)) return NtStatus::kInvalidParameter;
  if (decoded.length > request.negotiated.terms().read_bytes_max) {
    return NtStatus::kInvalidParameter;
  }
  PipeOpen& pipe = PipeOf(request);
  if (pipe.broken) return NtStatus::kPipeDisconnected;
  // Answers are there as soon as the question has been written: waiting would never end.
  if (!pipe.server.has_answer()) return NtStatus::kPipeEmpty;
  absl::Span<uint8_t> room = request.response.message();
  if (room.size() < proto::ReadResponse::kDataOffset) return NtStatus::kInsufficientResources;
  room.remove_prefix(proto::ReadResponse::kDataOffset);
  const size_t before = pipe.server.pending_bytes();
  const size_t taken =
      pipe.server.Read(room.subspan(0, std::min<size_t>(room.size(), decoded.length)));
  NoteMemory(pipe);
  if (taken < decoded.minimum_count) return NtStatus::kEndOfFile;
  proto::ReadResponse response;
  response.data_length = static_cast<uint32_t>(taken);
  response.Encode(request.response.body());
  request.response.body().Advance(taken);
  request.response.KeepBody();
  return ReadStatus(before, taken);
}

NtStatus WritePipe(Request& request) {
  proto::WriteRequest decoded;
  if (!proto::WriteRequest::Decode(request.message, &decoded)) return NtStatus::kInvalidParameter;
  const NtStatus status = WriteTo(request, PipeOf(request), decoded.data);
  if (status != NtStatus::kOk) return status;
  proto::WriteResponse response;
  response.count = static_cast<uint32_t>(decoded.data.size());
  response.Encode(request.response.body());
  return NtStatus::kOk;
}

// FileStandardInformation is what clients ask of a pipe.
NtStatus QueryPipe(Request& request) {
  proto::QueryInfoRequest decoded;
  if (!proto::QueryInfoRequest::Decode(request.message, &decoded)) {
    return NtStatus::kInvalidParameter;
  }
  if (decoded.info_type != proto::kInfoFile) return NtStatus::kNotSupported;
  constexpr uint8_t kStandardInformation = 5;
  constexpr size_t kStandardBytes = 24;
  if (decoded.file_info_class != kStandardInformation) return NtStatus::kInvalidInfoClass;
  if (decoded.output_buffer_length < kStandardBytes) return NtStatus::kInfoLengthMismatch;
  proto::Writer& body = request.response.body();
  proto::OutputBufferResponse::Begin(body);
  body.U64(kPipeBytes);  // allocation
  body.U64(0);           // end of file
  body.U32(1);           // links
  body.U8(1);            // delete pending, as Windows has it for pipes
  body.U8(0);            // directory
  body.U16(0);
  proto::OutputBufferResponse::End(body);
  return NtStatus::kOk;
}

}  // namespace

proto::rpc::ServerDescription DescribeServer(const ServerState& server) {
  proto::rpc::ServerDescription description;
  description.name = server.name;
  description.comment = "Sluice";
  for (const std::shared_ptr<Share>& share : server.shares.List()) {
    if (!share->visible) continue;
    proto::rpc::ShareDescription entry;
    entry.name = share->name;
    entry.comment = share->comment;
    if (share->kind == ShareKind::kPipe) {
      entry.type = proto::rpc::share_type::kIpc | proto::rpc::share_type::kSpecial;
    } else {
      entry.path = "C:\\" + share->name;
    }
    description.shares.push_back(std::move(entry));
  }
  return description;
}

ring::Task<NtStatus> HandlePipeCreate(Request& request) { co_return CreatePipe(request); }
ring::Task<NtStatus> HandlePipeClose(Request& request) { co_return ClosePipe(request); }
ring::Task<NtStatus> HandlePipeRead(Request& request) { co_return ReadPipe(request); }
ring::Task<NtStatus> HandlePipeWrite(Request& request) { co_return WritePipe(request); }
ring::Task<NtStatus> HandlePipeQueryInfo(Request& request) { co_return QueryPipe(request); }

ring::Task<NtStatus> HandlePipeFlush(Request& request) {
  proto::FlushResponse().Encode(request.response.body());
  co_return NtStatus::kOk;
}

// The pipes that there are can always be opened.
ring::Task<NtStatus> FsctlPipeWait(FsctlCall& call) {
  // [MS-FSCC] 2.3.49: Timeout 8, NameLength 4, TimeoutSpecified 1, Padding 1, Name.
  proto::Reader reader(call.input);
  reader.Skip(8);
  const uint32_t name_bytes = reader.U32();
  reader.Skip(2);
  std::string name;
  if (!proto::Utf16ToUtf8(reader.Bytes(name_bytes), &name) || !reader.ok()) {
    co_return NtStatus::kInvalidParameter;
  }
  co_return proto::rpc::FindPipe(name).has_value() ? NtStatus::kOk : NtStatus::kObjectNameNotFound;
}

ring::Task<NtStatus> FsctlPipePeek(FsctlCall& call) {
  constexpr uint32_t kConnected = 3;
  const PipeOpen& pipe = PipeOf(call.request);
  const uint32_t pending = static_cast<uint32_t>(pipe.server.pending_bytes());
  proto::Writer writer(call.output);
  writer.U32(kConnected);
  writer.U32(pending);
  writer.U32(pipe.server.has_answer() ? 1 : 0);
  writer.U32(pending);
  if (!writer.ok()) co_return NtStatus::kBufferTooSmall;
  call.output_bytes = writer.size();
  co_return pending != 0 ? NtStatus::kBufferOverflow : NtStatus::kOk;
}

ring::Task<NtStatus> FsctlPipeTransceive(FsctlCall& call) {
  PipeOpen& pipe = PipeOf(call.request);
  const NtStatus status = WriteTo(call.request, pipe, call.input);
  if (status != NtStatus::kOk) co_return status;
  const size_t before = pipe.server.pending_bytes();
  call.output_bytes = pipe.server.Read(call.output);
  NoteMemory(pipe);
  co_return ReadStatus(before, call.output_bytes);
}

}  // namespace sluice::smb

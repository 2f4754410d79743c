// QUERY_INFO [MS-SMB2] 3.3.5.20.
#include "proto/smb2/query_info.h"

#include <array>
#include <memory>
#include <string>

#include "proto/fscc/info_class.h"
#include "proto/smb2/output_buffer.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"
#include "server/session/connection_state.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"
#include "server/smb/query_file_info.h"

namespace sluice::smb {
namespace {

using proto::NtStatus;
using ring::Task;

// The answer as far as the client's buffer holds it.
NtStatus Respond(absl::Span<const uint8_t> answer, size_t bytes_max, Request& request) {
  NtStatus status = NtStatus::kOk;
  if (answer.size() > bytes_max) {
    answer = answer.subspan(0, bytes_max);
    status = NtStatus::kBufferOverflow;
    request.response.KeepBody();
  }
  proto::Writer& body = request.response.body();
  proto::OutputBufferResponse::Begin(body);
  body.Bytes(answer);
  proto::OutputBufferResponse::End(body);
  return body.ok() ? status : NtStatus::kInsufficientResources;
}

const InfoHandlerRow* FindHandler(absl::Span<const InfoHandlerRow> rows, uint8_t info_class) {
  for (const InfoHandlerRow& row : rows) {
    if (row.info_class == info_class) return &row;
  }
  return nullptr;
}

Task<NtStatus> QueryClass(Request& request, const proto::QueryInfoRequest& query,
                          const InfoHandlerRow* row, const proto::InfoClassRow* facts) {
  if (row == nullptr || facts == nullptr) co_return NtStatus::kInvalidInfoClass;
  fs::OpenFile& file = *FileOf(request);
  if (row->access != 0 && !file.Granted(row->access)) co_return NtStatus::kAccessDenied;
  if (query.output_buffer_length < facts->fixed_bytes) co_return NtStatus::kInfoLengthMismatch;
  InfoQuery call{request, file, query.input, query.flags, query.output_buffer_length, {}};
  const NtStatus status = co_await row->handler(call);
  if (proto::IsError(status)) co_return status;
  if (status == NtStatus::kNoMoreEas) co_return status;
  if (!call.out.ok()) co_return NtStatus::kInternalError;
  const NtStatus responded = Respond(call.out.written(), query.output_buffer_length, request);
  if (status == NtStatus::kOk) co_return responded;
  request.response.KeepBody();
  co_return status;
}

Task<NtStatus> QuerySecurity(Request& request, const proto::QueryInfoRequest& query) {
  fs::OpenFile& file = *FileOf(request);
  const uint32_t parts = query.additional_information;
  if ((parts & fs::kSaclSecurityInformation) != 0 && !file.Granted(fs::kAccessSystemSecurity)) {
    co_return NtStatus::kAccessDenied;
  }
  if (!file.Granted(fs::kReadControl)) co_return NtStatus::kAccessDenied;
  std::string descriptor;
  const NtStatus status = co_await file.volume->GetSecurity(file, parts, &descriptor);
  if (status != NtStatus::kOk) co_return status;
  if (descriptor.size() > query.output_buffer_length) {
    // How much it takes goes into the error [MS-SMB2] 3.3.5.20.3.
    std::array<uint8_t, 4> needed{};
    proto::Writer writer(absl::MakeSpan(needed));
    writer.U32(static_cast<uint32_t>(descriptor.size()));
    request.response.SetErrorData(needed);
    co_return NtStatus::kBufferTooSmall;
  }
  const absl::Span<const uint8_t> answer(reinterpret_cast<const uint8_t*>(descriptor.data()),
                                         descriptor.size());
  co_return Respond(answer, query.output_buffer_length, request);
}

}  // namespace

Task<NtStatus> HandleQueryInfo(Request& request) {
  proto::QueryInfoRequest query;
  if (!proto::QueryInfoRequest::Decode(request.message, &query)) {
    co_return NtStatus::kInvalidParameter;
  }
  if (query.output_buffer_length > request.negotiated.terms().transact_bytes_max) {
    co_return NtStatus::kInvalidParameter;
  }
  switch (query.info_type) {
    case proto::kInfoFile:
      co_return co_await QueryClass(
          request, query, FindHandler(FileInfoHandlers(), query.file_info_class),
          proto::FindRow(static_cast<proto::FileInfoClass>(query.file_info_class)));
    case proto::kInfoFilesystem:
      co_return co_await QueryClass(
          request, query, FindHandler(FsInfoHandlers(), query.file_info_class),
          proto::FindRow(static_cast<proto::FsInfoClass>(query.file_info_class)));
    case proto::kInfoSecurity:
      co_return co_await QuerySecurity(request, query);
    case proto::kInfoQuota:
      co_return NtStatus::kNotSupported;
    default:
      co_return NtStatus::kInvalidParameter;
  }
}

}  // namespace sluice::smb

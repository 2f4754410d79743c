// QUERY_DIRECTORY [MS-SMB2] 3.3.5.18, [MS-FSA] 2.1.5.6.3.
#include "proto/smb2/query_directory.h"

#include <memory>
#include <string>

#include "proto/fscc/directory_info.h"
#include "proto/fscc/info_class.h"
#include "proto/wire/utf16.h"
#include "server/fs/directory_scan.h"
#include "server/fs/file_times.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"
#include "server/session/connection_state.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"
#include "server/smb/symlink.h"

namespace sluice::smb {
namespace {

using proto::NtStatus;

// What an entry takes on average beside its fixed part: for guessing how many fit.
constexpr size_t kNameBytesGuess = 24;

NtStatus Check(const Request& request, const proto::QueryDirectoryRequest& query,
               const fs::OpenFile& file) {
  const auto info_class = static_cast<proto::FileInfoClass>(query.file_information_class);
  if (query.output_buffer_length > request.negotiated.terms().transact_bytes_max) {
    return NtStatus::kInvalidParameter;
  }
  if (!proto::IsDirectoryClass(info_class)) return NtStatus::kInvalidInfoClass;
  if (!file.directory) return NtStatus::kInvalidParameter;
  if (!file.Granted(fs::kFileReadData)) return NtStatus::kAccessDenied;
  if (query.output_buffer_length < proto::DirectoryEntryFixedBytes(info_class)) {
    return NtStatus::kInfoLengthMismatch;
  }
  return NtStatus::kOk;
}

NtStatus ParsePattern(const proto::QueryDirectoryRequest& query, std::string* pattern) {
  if (!proto::Utf16ToUtf8(query.file_name, pattern)) return NtStatus::kObjectNameInvalid;
  if (pattern->find_first_of(absl::string_view("\\/\0", 3).data(), 0, 3) != std::string::npos) {
    return NtStatus::kObjectNameInvalid;
  }
  return NtStatus::kOk;
}

proto::DirectoryEntryInfo EntryOf(const fs::ScannedEntry& scanned, const fs::Volume& volume,
                                  proto::FileInfoClass info_class) {
  const fs::FileMetadata& metadata = scanned.metadata;
  proto::DirectoryEntryInfo entry;
  entry.created = fs::ToFileTime(metadata.created);
  entry.accessed = fs::ToFileTime(metadata.stat.accessed);
  entry.written = fs::ToFileTime(metadata.stat.modified);
  entry.changed = fs::ToFileTime(metadata.stat.modified);
  entry.end_of_file = metadata.end_of_file;
  entry.allocation = metadata.allocation;
  entry.attributes = metadata.attributes;
  entry.reparse_tag = ReparseTagOf(metadata);
  const bool wide = info_class == proto::FileInfoClass::kIdExtdDirectory ||
                    info_class == proto::FileInfoClass::kIdExtdBothDirectory;
  entry.file_id = wide ? metadata.stat.inode : volume.FileIdOf(metadata.stat);
  entry.file_id_high = wide ? metadata.stat.file_system : 0;
  entry.name = scanned.name;
  return entry;
}

// Fills the response with entries; kOk, NO_SUCH_FILE, NO_MORE_FILES or what failed.
ring::Task<NtStatus> List(Request& request, const proto::QueryDirectoryRequest& query,
                          const fs::Volume& volume, fs::DirectoryScan& scan) {
  const auto info_class = static_cast<proto::FileInfoClass>(query.file_information_class);
  const bool single = (query.flags & proto::kQueryDirectoryReturnSingleEntry) != 0;
  proto::Writer& body = request.response.body();
  proto::OutputBufferResponse::Begin(body);
  proto::DirectoryListWriter list(info_class, body, query.output_buffer_length);
  const size_t entry_bytes = proto::DirectoryEntryFixedBytes(info_class) + kNameBytesGuess;
  const bool began = !scan.gave_any();
  NtStatus status = NtStatus::kOk;
  while (!single || list.count() == 0) {
    const size_t room = query.output_buffer_length - list.bytes();
    const size_t wanted = single ? 1 : room / entry_bytes;
    const fs::ScannedEntry* const scanned = co_await scan.Peek(wanted, &status);
    if (scanned == nullptr) break;
    const proto::AddResult added = list.Add(EntryOf(*scanned, volume, info_class));
    if (added == proto::AddResult::kNoRoom) {
      if (list.count() == 0) co_return NtStatus::kInfoLengthMismatch;
      break;
    }
    scan.Advance();
  }
  // What was found before an error is good; the error comes with the next call.
  if (list.count() == 0) {
    if (status != NtStatus::kOk) co_return status;
    co_return began ? NtStatus::kNoSuchFile : NtStatus::kNoMoreFiles;
  }
  proto::OutputBufferResponse::End(body);
  co_return body.ok() ? NtStatus::kOk : NtStatus::kInsufficientResources;
}

}  // namespace

ring::Task<NtStatus> HandleQueryDirectory(Request& request) {
  proto::QueryDirectoryRequest query;
  if (!proto::QueryDirectoryRequest::Decode(request.message, &query)) {
    co_return NtStatus::kInvalidParameter;
  }
  const std::shared_ptr<fs::OpenFile> file = FileOf(request);
  NtStatus status = Check(request, query, *file);
  std::string pattern;
  if (status == NtStatus::kOk) status = ParsePattern(query, &pattern);
  if (status != NtStatus::kOk) co_return status;

  const fs::NameLocks::Hold hold = co_await file->volume->LockOpen(*file);
  // A CLOSE may have come while this waited.
  if (file->closed) co_return NtStatus::kFileClosed;
  if (file->scan == nullptr) file->scan = std::make_unique<fs::DirectoryScan>(file.get());
  const bool anew =
      (query.flags & (proto::kQueryDirectoryRestartScans | proto::kQueryDirectoryReopen)) != 0;
  if (anew || !file->scan->started()) file->scan->Restart(pattern);
  co_return co_await List(request, query, *file->volume, *file->scan);
}

}  // namespace sluice::smb

// SET_INFO [MS-SMB2] 3.3.5.21.
#include "proto/smb2/set_info.h"

#include <memory>
#include <string>
#include <utility>

#include "proto/fscc/attributes.h"
#include "proto/fscc/ea_list.h"
#include "proto/fscc/file_info.h"
#include "proto/fscc/file_name_info.h"
#include "proto/fscc/filetime.h"
#include "proto/fscc/info_class.h"
#include "proto/smb2/query_info.h"
#include "proto/wire/utf16.h"
#include "server/fs/file_times.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"
#include "server/session/connection_state.h"
#include "server/smb/capabilities.h"
#include "server/smb/file_audit.h"
#include "server/smb/file_handlers.h"
#include "server/smb/file_open.h"

namespace sluice::smb {
namespace {

using proto::FileInfoClass;
using proto::NtStatus;
using ring::Task;

struct InfoSetting {
  Request& request;
  fs::OpenFile& file;
  absl::Span<const uint8_t> input;
};

// False for what is no time.
bool TakeTime(uint64_t filetime, std::optional<int64_t>* time) {
  switch (proto::ClassifyFileTime(filetime)) {
    case proto::TimeChange::kInvalid:
      return false;
    case proto::TimeChange::kSet:
      *time = fs::FromFileTime(filetime);
      return true;
    default:
      return true;
  }
}

Task<NtStatus> SetBasic(InfoSetting& setting) {
  proto::FileBasicInfo info;
  if (!proto::FileBasicInfo::Decode(setting.input, &info)) co_return NtStatus::kInfoLengthMismatch;
  fs::BasicChange change;
  std::optional<int64_t> changed;  // follows the write time, but must be a time
  if (!TakeTime(info.created, &change.created) || !TakeTime(info.accessed, &change.accessed) ||
      !TakeTime(info.written, &change.modified) || !TakeTime(info.changed, &changed)) {
    co_return NtStatus::kInvalidParameter;
  }
  change.freeze_modified = info.written == proto::kFileTimeFreeze;
  change.thaw_modified = info.written == proto::kFileTimeThaw;
  const bool directory = setting.file.directory;
  if ((info.attributes & proto::file_attribute::kDirectory) != 0 && !directory) {
    co_return NtStatus::kInvalidParameter;
  }
  if ((info.attributes & proto::file_attribute::kTemporary) != 0 && directory) {
    co_return NtStatus::kInvalidParameter;
  }
  change.attributes = info.attributes;
  co_return co_await setting.file.volume->SetBasic(setting.file, change);
}

Task<NtStatus> SetPosition(InfoSetting& setting) {
  proto::FilePositionInfo info;
  if (!proto::FilePositionInfo::Decode(setting.input, &info)) {
    co_return NtStatus::kInfoLengthMismatch;
  }
  if (info.position > static_cast<uint64_t>(INT64_MAX)) co_return NtStatus::kInvalidParameter;
  setting.file.position = info.position;
  co_return NtStatus::kOk;
}

Task<NtStatus> SetMode(InfoSetting& setting) {
  proto::FileModeInfo info;
  if (!proto::FileModeInfo::Decode(setting.input, &info)) co_return NtStatus::kInfoLengthMismatch;
  if ((info.mode & ~proto::FileModeInfo::kValid) != 0) co_return NtStatus::kInvalidParameter;
  setting.file.options = info.mode;
  co_return NtStatus::kOk;
}

Task<NtStatus> SetEndOfFile(InfoSetting& setting) {
  proto::FileEndOfFileInfo info;
  if (!proto::FileEndOfFileInfo::Decode(setting.input, &info)) {
    co_return NtStatus::kInfoLengthMismatch;
  }
  if (setting.file.directory) co_return NtStatus::kInvalidDeviceRequest;
  co_return co_await setting.file.volume->SetEndOfFile(setting.file, info.end_of_file);
}

Task<NtStatus> SetAllocation(InfoSetting& setting) {
  proto::FileAllocationInfo info;
  if (!proto::FileAllocationInfo::Decode(setting.input, &info)) {
    co_return NtStatus::kInfoLengthMismatch;
  }
  if (setting.file.directory) co_return NtStatus::kInvalidDeviceRequest;
  co_return co_await setting.file.volume->SetAllocation(setting.file, info.allocation);
}

// Storage has no notion of valid data short of the end of the file.
Task<NtStatus> SetValidDataLength(InfoSetting& setting) {
  proto::FileValidDataLengthInfo info;
  if (!proto::FileValidDataLengthInfo::Decode(setting.input, &info)) {
    co_return NtStatus::kInfoLengthMismatch;
  }
  co_return NtStatus::kNotSupported;
}

Task<NtStatus> SetDisposition(InfoSetting& setting) {
  proto::FileDispositionInfo info;
  if (!proto::FileDispositionInfo::Decode(setting.input, &info)) {
    co_return NtStatus::kInfoLengthMismatch;
  }
  const NtStatus status = co_await setting.file.volume->SetDisposition(
      setting.file, *setting.request.who, info.delete_pending, false);
  if (info.delete_pending) AuditDelete(setting.request, setting.file, status);
  co_return status;
}

// The name stays until the last close, as with FileDispositionInformation; that it should go at
// once (POSIX semantics) is refused.
Task<NtStatus> SetDispositionEx(InfoSetting& setting) {
  using Info = proto::FileDispositionExInfo;
  Info info;
  if (!Info::Decode(setting.input, &info)) co_return NtStatus::kInfoLengthMismatch;
  constexpr uint32_t kKnown = Info::kDelete | Info::kForceImageSectionCheck | Info::kIgnoreReadOnly;
  if ((info.flags & ~kKnown) != 0) co_return NtStatus::kNotSupported;
  const bool gone = (info.flags & Info::kDelete) != 0;
  const NtStatus status = co_await setting.file.volume->SetDisposition(
      setting.file, *setting.request.who, gone, (info.flags & Info::kIgnoreReadOnly) != 0);
  if (gone) AuditDelete(setting.request, setting.file, status);
  co_return status;
}

NtStatus DecodeRename(const InfoSetting& setting, bool extended, proto::FileRenameInfo* info,
                      std::vector<uint8_t>* name) {
  if (setting.input.size() < proto::FileRenameInfo::kFixedBytes) {
    return NtStatus::kInfoLengthMismatch;
  }
  if (!proto::FileRenameInfo::Decode(setting.input, extended, info)) {
    return NtStatus::kInvalidParameter;
  }
  if (info->root_directory != 0) return NtStatus::kInvalidParameter;
  return proto::Utf8ToUtf16(info->name, name) ? NtStatus::kOk : NtStatus::kObjectNameInvalid;
}

Task<NtStatus> RenameTo(InfoSetting& setting, bool extended) {
  proto::FileRenameInfo info;
  std::vector<uint8_t> name;
  NtStatus status = DecodeRename(setting, extended, &info, &name);
  if (status != NtStatus::kOk) co_return status;
  if (extended && (info.flags & ~proto::FileRenameInfo::kReplaceIfExists) != 0) {
    co_return NtStatus::kNotSupported;
  }
  const bool replace = (info.flags & proto::FileRenameInfo::kReplaceIfExists) != 0;
  const std::string before = AuditedPath(setting.request, setting.file);
  status = co_await setting.file.volume->Rename(setting.file, *setting.request.who, name, replace);
  AuditRename(setting.request, setting.file, before, status);
  co_return status;
}

Task<NtStatus> SetRename(InfoSetting& setting) { return RenameTo(setting, false); }
Task<NtStatus> SetRenameEx(InfoSetting& setting) { return RenameTo(setting, true); }

Task<NtStatus> SetLink(InfoSetting& setting) {
  proto::FileLinkInfo info;
  std::vector<uint8_t> name;
  const NtStatus status = DecodeRename(setting, false, &info, &name);
  if (status != NtStatus::kOk) co_return status;
  const bool replace = (info.flags & proto::FileRenameInfo::kReplaceIfExists) != 0;
  co_return co_await setting.file.volume->Link(setting.file, *setting.request.who, name, replace);
}

Task<NtStatus> SetFullEa(InfoSetting& setting) {
  std::vector<proto::EaEntry> eas;
  if (!proto::DecodeEaList(setting.input, &eas)) co_return NtStatus::kEaListInconsistent;
  co_return co_await setting.file.volume->SetEas(setting.file, eas);
}

struct SettingRow {
  FileInfoClass info_class;
  uint32_t access;  // any of these must have been granted; 0: none
  Task<NtStatus> (*handler)(InfoSetting&);
};

constexpr SettingRow kRows[] = {
    {FileInfoClass::kBasic, fs::kFileWriteAttributes, SetBasic},
    {FileInfoClass::kRename, fs::kDelete, SetRename},
    {FileInfoClass::kLink, 0, SetLink},  // Volume::Link asks for more
    {FileInfoClass::kDisposition, fs::kDelete, SetDisposition},
    {FileInfoClass::kPosition, 0, SetPosition},
    {FileInfoClass::kFullEa, fs::kFileWriteEa, SetFullEa},
    {FileInfoClass::kMode, 0, SetMode},
    {FileInfoClass::kAllocation, fs::kFileWriteData, SetAllocation},
    {FileInfoClass::kEndOfFile, fs::kFileWriteData, SetEndOfFile},
    {FileInfoClass::kValidDataLength, fs::kFileWriteData, SetValidDataLength},
    {FileInfoClass::kDispositionEx, fs::kDelete, SetDispositionEx},
    {FileInfoClass::kRenameEx, fs::kDelete, SetRenameEx},
};

Task<NtStatus> SetFileInfo(InfoSetting& setting, FileInfoClass info_class) {
  for (const SettingRow& row : kRows) {
    if (row.info_class != info_class) continue;
    if (row.access != 0 && !setting.file.Granted(row.access)) co_return NtStatus::kAccessDenied;
    co_return co_await row.handler(setting);
  }
  co_return NtStatus::kInvalidInfoClass;
}

Task<NtStatus> SetSecurity(InfoSetting& setting, uint32_t parts) {
  fs::OpenFile& file = setting.file;
  const uint32_t owners = fs::kOwnerSecurityInformation | fs::kGroupSecurityInformation;
  if ((parts & owners) != 0 && !file.Granted(fs::kWriteOwner)) co_return NtStatus::kAccessDenied;
  if ((parts & fs::kDaclSecurityInformation) != 0 && !file.Granted(fs::kWriteDac)) {
    co_return NtStatus::kAccessDenied;
  }
  if ((parts & fs::kSaclSecurityInformation) != 0) co_return NtStatus::kAccessDenied;
  const std::string descriptor(reinterpret_cast<const char*>(setting.input.data()),
                               setting.input.size());
  co_return co_await file.volume->SetSecurity(file, descriptor, parts);
}

}  // namespace

Task<NtStatus> HandleSetInfo(Request& request) {
  proto::SetInfoRequest set;
  if (!proto::SetInfoRequest::Decode(request.message, &set)) co_return NtStatus::kInvalidParameter;
  if (set.buffer.size() > request.negotiated.terms().transact_bytes_max) {
    co_return NtStatus::kInvalidParameter;
  }
  const std::shared_ptr<fs::OpenFile> file = FileOf(request);
  InfoSetting setting{request, *file, set.buffer};
  NtStatus status = NtStatus::kInvalidParameter;
  switch (set.info_type) {
    case proto::kInfoFile:
      status = co_await SetFileInfo(setting, static_cast<FileInfoClass>(set.file_info_class));
      break;
    case proto::kInfoFilesystem:  // labels and quotas
      status = NtStatus::kAccessDenied;
      break;
    case proto::kInfoSecurity:
      status = co_await SetSecurity(setting, set.additional_information);
      break;
    case proto::kInfoQuota:
      status = NtStatus::kNotSupported;
      break;
    default:
      break;
  }
  if (status == NtStatus::kOk) proto::SetInfoResponse{}.Encode(request.response.body());
  co_return status;
}

std::vector<FileInfoClass> SettableFileInfoClasses() {
  std::vector<FileInfoClass> classes;
  for (const SettingRow& row : kRows) classes.push_back(row.info_class);
  return classes;
}

}  // namespace sluice::smb

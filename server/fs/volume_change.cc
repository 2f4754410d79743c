// What SET_INFO changes of a file besides its name.
#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "proto/smb2/change_notify.h"
#include "server/fs/ea_names.h"
#include "server/fs/file_times.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;
using ring::Task;
using storage::As;
using storage::Result;
using storage::Stat;

NtStatus EaStatus(int error) {
  switch (-error) {
    case 0:
      return NtStatus::kOk;
    case EOPNOTSUPP:
      return NtStatus::kEasNotSupported;
    case E2BIG:
    case ERANGE:
      return NtStatus::kEaTooLarge;
    default:
      return proto::FromErrno(error);
  }
}

// Who wants to know of it.
uint32_t FilterOf(const BasicChange& change) {
  uint32_t filter = 0;
  if (change.attributes != 0) filter |= proto::kNotifyAttributes;
  if (change.created.has_value()) filter |= proto::kNotifyCreation;
  if (change.accessed.has_value()) filter |= proto::kNotifyLastAccess;
  if (change.modified.has_value()) filter |= proto::kNotifyLastWrite;
  return filter;
}

}  // namespace

Task<NtStatus> Volume::SetBasic(OpenFile& open, const BasicChange& change) {
  std::optional<int64_t> modified = change.modified;
  // Any change of basic information makes earlier writes show, even one that changes nothing.
  if (!modified.has_value() && open.node->WriteTimePending()) modified = WallTime(clock_);
  if (change.freeze_modified && !modified.has_value()) open.node->SetWriteTimeFrozen();
  if (modified.has_value() || change.accessed.has_value()) {
    // A symlink's mode says nothing of who may change it.
    const int error = co_await open.file->SetTimes(
        change.accessed.has_value() ? &*change.accessed : nullptr,
        modified.has_value() ? &*modified : nullptr, open.symlink ? As::kUser : As::kProcess);
    if (error != 0) co_return proto::FromErrno(error);
    if (change.modified.has_value()) {
      open.node->SetWriteTime(*modified);
      open.write_time_frozen = true;
    } else if (modified.has_value()) {
      open.node->CommitWriteTime(*modified);
    }
  }
  if (change.freeze_modified) open.write_time_frozen = true;
  if (change.thaw_modified) open.write_time_frozen = false;
  // Symlinks have no such xattr; what would go into it does not matter for them.
  if (!open.symlink && (change.attributes != 0 || change.created.has_value())) {
    FileMetadata metadata;
    NtStatus status = co_await GetMetadata(open, &metadata);
    if (status == NtStatus::kOk) status = co_await StoreDosInfo(open, metadata, change);
    if (status != NtStatus::kOk) co_return status;
  }
  if (const uint32_t filter = FilterOf(change); filter != 0) NoteChange(open, filter);
  co_return NtStatus::kOk;
}

Task<NtStatus> Volume::StoreDosInfo(OpenFile& open, const FileMetadata& metadata,
                                    const BasicChange& change) {
  DosInfo info;
  info.has_created = true;
  info.created = ToFileTime(change.created.value_or(metadata.created));
  info.attributes = metadata.stored_attributes & (kSettableAttributes | kAttributeSparse);
  if (change.attributes != 0) {
    info.attributes =
        (change.attributes & kSettableAttributes) | (metadata.stored_attributes & kAttributeSparse);
  }
  if (open.directory) info.attributes |= kAttributeDirectory;
  const std::string value = EncodeDosInfo(info);
  const int error = co_await open.file->SetXattr(kDosAttributeXattr, value, As::kProcess);
  co_return error == -EOPNOTSUPP ? NtStatus::kNotSupported : proto::FromErrno(error);
}

Task<NtStatus> Volume::SetSparse(OpenFile& open, bool sparse) {
  if (sparse && !co_await open.file->CanPunchHoles()) co_return NtStatus::kInvalidDeviceRequest;
  FileMetadata metadata;
  const NtStatus status = co_await GetMetadata(open, &metadata);
  if (status != NtStatus::kOk) co_return status;
  metadata.stored_attributes = sparse ? metadata.stored_attributes | kAttributeSparse
                                      : metadata.stored_attributes & ~kAttributeSparse;
  const BasicChange nothing_else;
  const NtStatus stored = co_await StoreDosInfo(open, metadata, nothing_else);
  if (stored == NtStatus::kOk) NoteChange(open, proto::kNotifyAttributes);
  co_return stored;
}

Task<NtStatus> Volume::SetZeroData(OpenFile& open, uint64_t offset, uint64_t end) {
  if (offset == end) co_return NtStatus::kOk;
  FileMetadata metadata;
  NtStatus status = co_await GetMetadata(open, &metadata);
  if (status != NtStatus::kOk) co_return status;
  status = open.node->BeginWrite(open, {offset, end - offset}, clock_.MonotonicNanos(),
                                 open.write_time_frozen);
  if (status != NtStatus::kOk) co_return status;
  open.wrote = true;
  end = std::min(end, metadata.stat.size);
  if (offset >= end) co_return NtStatus::kOk;
  const bool sparse = (metadata.attributes & kAttributeSparse) != 0;
  const int error = co_await open.file->Zero(offset, end - offset, sparse);
  co_return proto::FromErrno(error);
}

Task<NtStatus> Volume::QueryAllocatedRanges(OpenFile& open, uint64_t offset, uint64_t bytes,
                                            size_t ranges_max,
                                            std::vector<storage::DataRange>* ranges) {
  FileMetadata metadata;
  const NtStatus status = co_await GetMetadata(open, &metadata);
  if (status != NtStatus::kOk) co_return status;
  const uint64_t end = std::min(offset + bytes, metadata.stat.size);
  if (offset >= end) co_return NtStatus::kOk;
  if ((metadata.attributes & kAttributeSparse) == 0) {
    ranges->push_back({offset, end - offset});
  } else {
    Result<std::vector<storage::DataRange>> found =
        co_await open.file->FindData(offset, end - offset, ranges_max + 1);
    if (!found.ok()) co_return proto::FromErrno(found.error());
    *ranges = std::move(found.value());
  }
  if (ranges->size() <= ranges_max) co_return NtStatus::kOk;
  ranges->resize(ranges_max);
  co_return NtStatus::kBufferOverflow;
}

Task<NtStatus> Volume::SetEndOfFile(OpenFile& open, uint64_t bytes) {
  if (bytes > static_cast<uint64_t>(INT64_MAX)) co_return NtStatus::kInvalidParameter;
  Result<Stat> before = co_await open.file->GetStat();
  if (!before.ok()) co_return proto::FromErrno(before.error());
  const uint64_t low = std::min(bytes, before->size);
  const ByteRange changed{low, std::max(bytes, before->size) - low};
  const NtStatus status =
      open.node->BeginWrite(open, changed, clock_.MonotonicNanos(), open.write_time_frozen);
  if (status != NtStatus::kOk) co_return status;
  open.wrote = true;
  const int error = co_await open.file->Truncate(bytes);
  if (error != 0) co_return error == -EFBIG ? NtStatus::kDiskFull : proto::FromErrno(error);
  if (!open.write_time_frozen) co_await CommitWriteTime(open);
  NoteChange(open, proto::kNotifySize | proto::kNotifyLastWrite);
  co_return NtStatus::kOk;
}

Task<NtStatus> Volume::SetAllocation(OpenFile& open, uint64_t bytes) {
  if (bytes > static_cast<uint64_t>(INT64_MAX)) co_return NtStatus::kInvalidParameter;
  Result<Stat> stat = co_await open.file->GetStat();
  if (!stat.ok()) co_return proto::FromErrno(stat.error());
  if (bytes < stat->size) co_return co_await SetEndOfFile(open, bytes);
  open.node->BreakSharedOplocks();
  const int error = co_await open.file->Allocate(bytes);
  if (error == 0) NoteChange(open, proto::kNotifySize);
  // Storage that cannot reserve has not failed: the size is a hint.
  if (error == 0 || error == -EOPNOTSUPP) co_return NtStatus::kOk;
  co_return error == -EFBIG ? NtStatus::kDiskFull : proto::FromErrno(error);
}

Task<NtStatus> Volume::GetSecurity(OpenFile& open, uint32_t information, std::string* descriptor) {
  Result<Stat> stat = co_await open.file->GetStat();
  if (!stat.ok()) co_return proto::FromErrno(stat.error());
  *descriptor = SecurityDescriptorFromMode(stat.value(), information);
  co_return NtStatus::kOk;
}

Task<NtStatus> Volume::SetSecurity(OpenFile& open, const std::string& descriptor,
                                   uint32_t information) {
  Result<Stat> stat = co_await open.file->GetStat();
  if (!stat.ok()) co_return proto::FromErrno(stat.error());
  PosixOwnership change;
  const NtStatus status = OwnershipFromDescriptor(descriptor, information, stat.value(), &change);
  if (status != NtStatus::kOk) co_return status;
  const bool moves_uid = change.has_uid && change.uid != stat->uid;
  const bool moves_gid = change.has_gid && change.gid != stat->gid;
  if (moves_uid || moves_gid) {
    const int error =
        co_await open.file->SetOwner(moves_uid ? change.uid : ~0u, moves_gid ? change.gid : ~0u);
    if (error != 0) co_return proto::FromErrno(error);
  }
  if (change.has_mode && change.mode != (stat->mode & 07777)) {
    const int error = co_await open.file->SetMode(change.mode);
    if (error != 0) co_return proto::FromErrno(error);
  }
  NoteChange(open, proto::kNotifySecurity);
  co_return NtStatus::kOk;
}

Task<NtStatus> Volume::GetEas(OpenFile& open, std::vector<proto::EaEntry>* eas) {
  Result<std::vector<std::string>> names = co_await open.file->ListXattrs();
  if (!names.ok()) {
    co_return names.error() == -EOPNOTSUPP ? NtStatus::kOk : proto::FromErrno(names.error());
  }
  for (const std::string& xattr : names.value()) {
    if (!IsEaXattr(xattr)) continue;
    Result<std::string> value = co_await open.file->GetXattr(xattr, As::kProcess);
    if (!value.ok() || value->empty()) continue;
    proto::EaEntry entry;
    entry.name = std::string(EaOfXattr(xattr));
    entry.value = std::move(value.value());
    if (entry.name.size() <= 255 && entry.value.size() <= 65535) eas->push_back(std::move(entry));
  }
  co_return NtStatus::kOk;
}

Task<NtStatus> Volume::SetEas(OpenFile& open, absl::Span<const proto::EaEntry> eas) {
  Result<std::vector<std::string>> present = co_await open.file->ListXattrs();
  if (!present.ok()) co_return EaStatus(present.error());
  for (const proto::EaEntry& ea : eas) {
    std::string xattr;
    if (!FindEaXattr(present.value(), ea.name, &xattr)) co_return NtStatus::kAccessDenied;
    int error = 0;
    if (ea.value.empty()) {
      error = co_await open.file->RemoveXattr(xattr, As::kUser);
      if (error == -ENODATA) error = 0;
    } else {
      error = co_await open.file->SetXattr(xattr, ea.value, As::kUser);
    }
    if (error != 0) co_return EaStatus(error);
    // The list may name it again, in another case.
    present->push_back(std::move(xattr));
  }
  NoteChange(open, proto::kNotifyEa);
  co_return NtStatus::kOk;
}

}  // namespace sluice::fs

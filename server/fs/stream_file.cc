#include "server/fs/stream_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/fs/name_rules.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;
using ring::Task;
using storage::As;
using storage::File;
using storage::Result;
using storage::Stat;

constexpr uint64_t kAllocationUnit = 4096;

}  // namespace

uint64_t StreamHash(absl::string_view name) {
  if (name.empty()) return 0;
  return absl::Hash<std::string>{}(FoldName(name)) | 1;
}

absl::string_view StreamOfXattr(absl::string_view xattr) {
  if (!absl::StartsWith(xattr, kStreamXattrPrefix)) return {};
  if (!absl::EndsWith(xattr, kStreamXattrSuffix)) return {};
  const size_t around = std::strlen(kStreamXattrPrefix) + std::strlen(kStreamXattrSuffix);
  if (xattr.size() <= around) return {};
  return xattr.substr(std::strlen(kStreamXattrPrefix), xattr.size() - around);
}

Task<std::vector<StreamListing>> ListStreams(File& file) {
  std::vector<StreamListing> streams;
  Result<std::vector<std::string>> names = co_await file.ListXattrs();
  if (!names.ok()) co_return streams;
  for (const std::string& xattr : names.value()) {
    const absl::string_view name = StreamOfXattr(xattr);
    if (name.empty()) continue;
    Result<std::string> value = co_await file.GetXattr(xattr, As::kProcess);
    if (!value.ok()) continue;
    const uint64_t bytes = value->empty() ? 0 : value->size() - 1;
    streams.push_back({std::string(name), bytes});
  }
  co_return streams;
}

StreamFile::StreamFile(std::unique_ptr<File> base, NameLocks& locks, std::string name)
    : base_(std::move(base)),
      locks_(locks),
      name_(std::move(name)),
      xattr_(absl::StrCat(kStreamXattrPrefix, name_, kStreamXattrSuffix)) {}

NameLocks::Acquisition StreamFile::Lock(const File& base, NameLocks& locks) {
  const Stat& stat = base.opened_stat();
  const uint64_t name = absl::HashOf(stat.device, stat.inode);
  return locks.Acquire(name, NameLocks::Mode::kExclusive);
}

Task<StreamFile::Opened> StreamFile::Open(std::unique_ptr<File>* base, NameLocks& locks,
                                          const StreamOpening& opening) {
  Opened opened;
  std::string name = opening.name;
  bool found = false;
  // From the look to the making: the file may have other names, under which others make streams.
  const NameLocks::Hold hold = co_await Lock(**base, locks);
  Result<std::vector<std::string>> names = co_await (*base)->ListXattrs();
  if (!names.ok() && names.error() != -EOPNOTSUPP) {
    opened.status = proto::FromErrno(names.error());
    co_return opened;
  }
  for (const std::string& xattr : names.value()) {
    const absl::string_view present = StreamOfXattr(xattr);
    if (present.empty() || !SameName(present, opening.name)) continue;
    name = std::string(present);
    found = true;
  }
  if (found && opening.must_create) opened.status = NtStatus::kObjectNameCollision;
  if (!found) opened.status = opening.if_missing;
  if (opened.status != NtStatus::kOk) co_return opened;

  std::unique_ptr<StreamFile> file(new StreamFile(std::move(*base), locks, std::move(name)));
  if (!found) {
    std::string empty;
    const int error = co_await file->Store(&empty);
    if (error != 0) {
      opened.status = proto::FromErrno(error);
      co_return opened;
    }
  }
  Result<Stat> stat = co_await file->GetStat();
  if (!stat.ok()) {
    opened.status = proto::FromErrno(stat.error());
    co_return opened;
  }
  file->opened_stat_ = stat.value();
  opened.created = !found;
  opened.file = std::move(file);
  co_return opened;
}

Task<Result<std::string>> StreamFile::Load(As as) {
  Result<std::string> value = co_await base_->GetXattr(xattr_, as);
  if (value.ok() && !value->empty()) value->pop_back();
  co_return value;
}

Task<int> StreamFile::Store(std::string* data) {
  data->push_back('\0');
  co_return co_await base_->SetXattr(xattr_, *data, As::kUser);
}

Task<int64_t> StreamFile::Read(absl::Span<uint8_t> out, uint64_t offset) {
  Result<std::string> data = co_await Load(As::kUser);
  if (!data.ok()) co_return data.error();
  if (offset >= data->size()) co_return 0;
  const size_t bytes = std::min<size_t>(out.size(), data->size() - offset);
  std::memcpy(out.data(), data->data() + offset, bytes);
  co_return static_cast<int64_t>(bytes);
}

Task<int64_t> StreamFile::Write(absl::Span<const uint8_t> data, uint64_t offset) {
  if (data.empty()) co_return 0;
  if (offset > kStreamBytesMax || data.size() > kStreamBytesMax - offset) co_return -EFBIG;
  const NameLocks::Hold hold = co_await Lock(*base_, locks_);
  Result<std::string> present = co_await Load(As::kProcess);
  if (!present.ok()) co_return present.error();
  std::string& bytes = present.value();
  if (bytes.size() < offset + data.size()) bytes.resize(offset + data.size());
  std::memcpy(&bytes[offset], data.data(), data.size());
  const int error = co_await Store(&bytes);
  co_return error != 0 ? error : static_cast<int64_t>(data.size());
}

Task<int> StreamFile::Sync() { return base_->Sync(); }

Task<int> StreamFile::Truncate(uint64_t bytes) {
  if (bytes > kStreamBytesMax) co_return -EFBIG;
  const NameLocks::Hold hold = co_await Lock(*base_, locks_);
  Result<std::string> present = co_await Load(As::kProcess);
  if (!present.ok()) co_return present.error();
  present->resize(bytes);
  co_return co_await Store(&present.value());
}

Task<int> StreamFile::Allocate(uint64_t bytes) { co_return bytes > kStreamBytesMax ? -EFBIG : 0; }

Task<int> StreamFile::Zero(uint64_t offset, uint64_t bytes, bool) {
  const NameLocks::Hold hold = co_await Lock(*base_, locks_);
  Result<std::string> present = co_await Load(As::kProcess);
  if (!present.ok()) co_return present.error();
  if (offset >= present->size() || bytes == 0) co_return 0;
  std::memset(&present.value()[offset], 0, std::min<uint64_t>(bytes, present->size() - offset));
  co_return co_await Store(&present.value());
}

Task<Result<Stat>> StreamFile::GetStat() {
  Result<Stat> stat = co_await base_->GetStat();
  if (!stat.ok()) co_return stat;
  Result<std::string> data = co_await Load(As::kProcess);
  if (!data.ok()) co_return Result<Stat>::Error(data.error());
  stat->type = storage::FileType::kRegular;
  stat->size = data->size();
  stat->allocated = (data->size() + kAllocationUnit - 1) / kAllocationUnit * kAllocationUnit;
  co_return stat;
}

Task<int> StreamFile::SetTimes(const int64_t* accessed, const int64_t* modified, As as) {
  return base_->SetTimes(accessed, modified, as);
}

Task<int> StreamFile::SetMode(uint32_t mode) { return base_->SetMode(mode); }

Task<int> StreamFile::SetOwner(uint32_t uid, uint32_t gid) { return base_->SetOwner(uid, gid); }

Task<Result<std::string>> StreamFile::GetXattr(absl::string_view name, As as) {
  return base_->GetXattr(name, as);
}

Task<int> StreamFile::SetXattr(absl::string_view name, absl::string_view value, As as) {
  return base_->SetXattr(name, value, as);
}

Task<int> StreamFile::RemoveXattr(absl::string_view name, As as) {
  return base_->RemoveXattr(name, as);
}

Task<Result<std::vector<std::string>>> StreamFile::ListXattrs() { return base_->ListXattrs(); }

Task<Result<std::vector<storage::DirectoryEntry>>> StreamFile::ReadDirectory(bool) {
  co_return Result<std::vector<storage::DirectoryEntry>>::Error(-ENOTDIR);
}

Task<Result<std::vector<storage::EntryStat>>> StreamFile::StatEntries(
    absl::Span<const storage::DirectoryEntry>, absl::string_view) {
  co_return Result<std::vector<storage::EntryStat>>::Error(-ENOTDIR);
}

}  // namespace sluice::fs

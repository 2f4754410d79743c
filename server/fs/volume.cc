#include "server/fs/volume.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "proto/smb2/change_notify.h"
#include "server/base/fs_limits.h"
#include "server/base/log.h"
#include "server/base/refusal_log.h"
#include "server/fs/creation.h"
#include "server/fs/file_times.h"
#include "server/fs/stream_file.h"
#include "server/ring/yield.h"

namespace sluice::fs {

using proto::NtStatus;
using ring::Task;
using storage::As;
using storage::FileType;
using storage::Result;
using storage::Stat;

namespace {

// The same after every start. FNV-1a of the name where there is no file system.
uint32_t SerialOf(uint64_t file_system, absl::string_view label) {
  if (file_system != 0) return static_cast<uint32_t>(file_system ^ file_system >> 32);
  uint32_t serial = 2166136261u;
  for (const char c : label) serial = (serial ^ static_cast<uint8_t>(c)) * 16777619u;
  return serial;
}

// Every bit of the result depends on every bit of `number` (splitmix64's finalizer).
uint64_t Mix(uint64_t number) {
  number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9u;
  number = (number ^ number >> 27) * 0x94D049BB133111EBu;
  return number ^ number >> 31;
}

}  // namespace

Volume::Volume(std::shared_ptr<storage::Backend> backend, NodeTable& nodes, base::Clock& clock,
               Options options)
    : backend_owner_(std::move(backend)),
      backend_(*backend_owner_),
      nodes_(nodes),
      clock_(clock),
      options_(std::move(options)),
      serial_(SerialOf(backend_.file_system(), options_.label)),
      read_only_(options_.read_only),
      resolver_(backend_, clock) {}

Volume::~Volume() = default;

uint64_t Volume::FileIdOf(const Stat& stat) const {
  constexpr uint64_t kElsewhere = uint64_t{1} << 63;
  if (stat.file_system == backend_.file_system()) return stat.inode;
  return Mix(stat.inode + Mix(stat.file_system)) | kElsewhere;
}

Task<NtStatus> Volume::Create(const CreateParams& params, CreateResult* result) {
  Creation creation(*this, params, result);
  co_return co_await creation.Run();
}

uint64_t Volume::LockName(absl::string_view path) const {
  return absl::HashOf(this, FoldName(path));
}

bool Volume::Moving(absl::string_view path) const {
  if (moves_count_.load() == 0) return false;
  std::lock_guard<std::mutex> lock(moves_mutex_);
  return std::any_of(moves_.begin(), moves_.end(), [path](const std::string& directory) {
    return path.size() > directory.size() && path[directory.size()] == '/' &&
           path.substr(0, directory.size()) == directory;
  });
}

Task<void> Volume::Close(const std::shared_ptr<OpenFile>& open, FileMetadata* metadata) {
  open->closed = true;
  if (open->watch != nullptr) watches_.Remove(open->watch);
  const bool locked = open->session_locks != nullptr;  // ever
  while (locked && open->node->ReleaseSomeLocks(*open, limits::locks_per_turn_max)) {
    co_await ring::Yield();
  }
  if (open->wrote) {
    const std::optional<int64_t> modified = open->node->WriteTimeAtClose(WallTime(clock_));
    if (modified.has_value()) {
      co_await open->file->SetTimes(nullptr, &*modified, As::kProcess);
    }
  }
  NoteEnd(*open);
  if (metadata != nullptr) co_await GetMetadata(*open, metadata);
  co_await Leave(open.get());
}

void Volume::NoteChange(const OpenFile& open, uint32_t filter) {
  // What a CREATE does to the file on its way is told as one.
  if (!open.announced || !watches_.any()) return;
  const std::string path = open.node->PathOf(open);
  if (open.stream.empty()) {
    watches_.Report(filter, proto::NotifyAction::kModified, path);
    return;
  }
  uint32_t of_stream = 0;
  if ((filter & proto::kNotifySize) != 0) of_stream |= proto::kNotifyStreamSize;
  if ((filter & proto::kNotifyLastWrite) != 0) of_stream |= proto::kNotifyStreamWrite;
  watches_.Report(of_stream, proto::NotifyAction::kModifiedStream, path, open.stream);
}

// What shows of an open's doings only when it closes. A file that was renamed counts as changed in
// its attributes, as on Windows, where its archive attribute is set.
void Volume::NoteEnd(const OpenFile& open) {
  uint32_t filter = 0;
  if (open.wrote) filter |= proto::kNotifySize | proto::kNotifyLastWrite;
  if (open.renamed) filter |= proto::kNotifyAttributes;
  if (filter != 0 && watches_.any() && !open.node->DeletePending(open)) NoteChange(open, filter);
}

const std::shared_ptr<ChangeWatch>& Volume::Watch(OpenFile& open, const WatchTerms& terms) {
  std::string path = open.node->PathOf(open);
  if (open.watch == nullptr) {
    open.watch = watches_.Add(path, terms);
    // A rename may have been faster.
    for (std::string now = open.node->PathOf(open); now != path; now = open.node->PathOf(open)) {
      watches_.Renamed(path, now);
      path = std::move(now);
    }
  }
  // The deletion may have been decided before there was a watch to tell.
  if (open.node->DeletePending(open)) watches_.SetGoing(path, true);
  return open.watch;
}

// REQUIRES: the caller holds no name.
Task<void> Volume::Leave(OpenFile* open) {
  if (open->delete_on_close) co_await CommitDeleteOnClose(*open);
  Removal removal;
  NodeTable::Leaving leaving = nodes_.Leave(open, nullptr, &removal);
  while (leaving == NodeTable::Leaving::kNeedsNameLock) {
    // Copied: the second look may find another removal.
    const Removal held = removal;
    Volume& volume = *held.volume;
    const NameLocks::Hold hold = co_await volume.name_locks_.Acquire(volume.LockName(held.path),
                                                                     NameLocks::Mode::kExclusive);
    leaving = nodes_.Leave(open, &held, &removal);
    if (leaving == NodeTable::Leaving::kRemove) {
      const int error = co_await volume.RemoveFile(removal, open->node->key());
      if (error != 0) volume.NoteFailedRemoval(removal, error);
    }
  }
  const bool going = open->directory && leaving == NodeTable::Leaving::kLeft && watches_.any();
  if (going && open->node->DeletePending(*open)) watches_.SetGoing(open->node->PathOf(*open), true);
}

// An open that deletes its file when it closes makes the deletion pending for the others now. A
// directory that is not empty stays, as on Windows.
Task<void> Volume::CommitDeleteOnClose(OpenFile& open) {
  const Result<Stat> stat = co_await open.file->GetStat();
  const bool has_links = stat.ok() && stat.value().links > 1;
  std::ignore = co_await MakeDeletePending(open, *open.who, has_links);
}

// kDirectoryNotEmpty, and then nothing is pending. `has_links`: the file has other names.
Task<NtStatus> Volume::MakeDeletePending(OpenFile& open, const base::Identity& who,
                                         bool has_links) {
  Removal removal{shared_from_this(), open.node->PathOf(open), who.Shared(), open.directory,
                  open.stream,        open.stream_xattr};
  removal.of_link = open.through_link;
  removal.sole = !removal.of_link && (open.directory || !open.stream.empty() || !has_links);
  const std::string path = removal.path;
  if (open.directory && !co_await DirectoryEmpty(who, path)) {
    co_return NtStatus::kDirectoryNotEmpty;
  }
  if (!open.node->SetDeletePending(std::move(removal), &open)) co_return NtStatus::kFileClosed;
  // What was made between the look and this is seen now, and nothing is made from now on.
  if (open.directory && !co_await DirectoryEmpty(who, path)) {
    open.node->ClearDeletePending(open);
    co_return NtStatus::kDirectoryNotEmpty;
  }
  co_return NtStatus::kOk;
}

// Nothing is made in such a directory any more.
Task<Result<Stat>> Volume::StatFollowed(const base::Identity& who, const std::string& path) {
  Result<Stat> stat = co_await backend_.GetStat(who, path);
  if (!stat.ok() || stat->type != FileType::kSymlink) co_return stat;
  storage::OpenFlags flags;
  flags.path_only = true;
  Result<std::unique_ptr<storage::File>> file = co_await backend_.Open(who, path, flags);
  if (!file.ok()) co_return Result<Stat>::Error(file.error());
  co_return file.value()->opened_stat();
}

Task<bool> Volume::ParentGoing(const base::Identity& who, const std::string& path) {
  if (!nodes_.AnyDirectoryGoing() || path.empty()) co_return false;
  storage::OpenFlags flags;
  flags.path_only = true;
  Result<std::unique_ptr<storage::File>> parent =
      co_await backend_.Open(who, ParentOf(path), flags);
  if (!parent.ok()) co_return false;  // the making itself will tell
  const Stat& stat = parent.value()->opened_stat();
  const std::shared_ptr<FileNode> node = nodes_.Find({stat.device, stat.inode, 0});
  co_return node != nullptr && node->names_going() != 0;
}

// The client was told that the file goes, and nobody is left to be told that it does not.
void Volume::NoteFailedRemoval(const Removal& removal, int error) {
  nodes_.CountFailedRemoval();
  const std::string path =
      removal.stream.empty() ? removal.path : absl::StrCat(removal.path, ":", removal.stream);
  base::Log(base::LogLevel::kWarning,
            "share %s: %s was to be deleted when it was closed, and is still there: %s",
            base::Quoted(options_.label), base::Quoted(path),
            error == -ESTALE ? "the name means another file now" : std::strerror(-error));
}

// 0 also where the file is gone already; -ESTALE where its name means another file. REQUIRES: the
// caller holds the name.
Task<int> Volume::RemoveFile(const Removal& removal, const FileKey& key) {
  const base::Identity& who = *removal.who;
  if (!removal.stream_xattr.empty()) {
    storage::OpenFlags flags;
    flags.path_only = true;
    Result<std::unique_ptr<storage::File>> file = co_await backend_.Open(who, removal.path, flags);
    if (!file.ok()) co_return file.error() == -ENOENT ? 0 : file.error();
    const Stat& opened = file.value()->opened_stat();
    if (opened.device != key.device || opened.inode != key.inode) co_return -ESTALE;
    const int error = co_await file.value()->RemoveXattr(removal.stream_xattr, As::kUser);
    if (error == 0) {
      watches_.Report(proto::kNotifyStreamName, proto::NotifyAction::kRemovedStream, removal.path,
                      removal.stream);
    }
    co_return error == -ENODATA ? 0 : error;
  }
  Result<Stat> stat = co_await backend_.GetStat(who, removal.path);
  if (!stat.ok()) co_return stat.error() == -ENOENT ? 0 : stat.error();
  // The name may have come to mean another file by changes outside the gateway. A link is what the
  // name itself means, even though its target was opened.
  const bool same = stat->device == key.device && stat->inode == key.inode;
  if (!same && stat->type != FileType::kSymlink) co_return -ESTALE;
  const bool directory = stat->type == FileType::kDirectory;
  const int error = co_await backend_.Remove(who, removal.path, directory);
  resolver_.NoteRemoved(removal.path);
  if (error == 0) {
    watches_.Report(directory ? proto::kNotifyDirName : proto::kNotifyFileName,
                    proto::NotifyAction::kRemoved, removal.path);
  }
  co_return error == -ENOENT ? 0 : error;
}

Task<bool> Volume::DirectoryEmpty(const base::Identity& who, const std::string& path) {
  storage::OpenFlags flags;
  flags.read = true;
  flags.directory = true;
  Result<std::unique_ptr<storage::File>> directory = co_await backend_.Open(who, path, flags);
  if (!directory.ok()) co_return true;  // the removal itself will tell
  Result<std::vector<storage::DirectoryEntry>> entries =
      co_await directory.value()->ReadDirectory(true);
  co_return !entries.ok() || entries->empty();
}

Task<NtStatus> Volume::GetMetadata(OpenFile& open, FileMetadata* metadata) {
  Result<Stat> stat = co_await open.file->GetStat();
  if (!stat.ok()) co_return proto::FromErrno(stat.error());
  stat->modified = open.node->VisibleWriteTime(stat->modified, clock_.MonotonicNanos());
  std::string value;
  if (!open.symlink) {
    Result<std::string> xattr = co_await open.file->GetXattr(kDosAttributeXattr, As::kProcess);
    if (xattr.ok()) value = std::move(xattr.value());
  }
  const std::string path = open.node->PathOf(open);
  *metadata = MetadataOf(open, stat.value(), value, LeafOf(path));
  co_return NtStatus::kOk;
}

FileMetadata Volume::MetadataOf(const OpenFile& open, const Stat& stat, absl::string_view xattr,
                                absl::string_view name) {
  FileMetadata metadata = MakeMetadata(stat, xattr, name);
  if (open.symlink && open.leads_to_directory) metadata.attributes |= kAttributeDirectory;
  return metadata;
}

void Volume::ApplyWriteTime(Stat* stat) {
  const std::shared_ptr<FileNode> node = nodes_.Find({stat->device, stat->inode, 0});
  if (node == nullptr) return;
  stat->modified = node->VisibleWriteTime(stat->modified, clock_.MonotonicNanos());
}

NameLocks::Acquisition Volume::LockOpen(const OpenFile& open) {
  return name_locks_.Acquire(absl::HashOf(this, &open), NameLocks::Mode::kExclusive);
}

Task<NtStatus> Volume::GetStreams(OpenFile& open, std::vector<StreamListing>* streams) {
  *streams = co_await ListStreams(*open.file);
  co_return NtStatus::kOk;
}

Task<void> Volume::CommitWrites(OpenFile& open) {
  if (open.wrote) NoteChange(open, proto::kNotifySize | proto::kNotifyLastWrite);
  co_await CommitWriteTime(open);
}

Task<void> Volume::CommitWriteTime(OpenFile& open) {
  if (!open.node->WriteTimePending()) co_return;
  Result<Stat> stat = co_await open.file->GetStat();
  if (stat.ok()) open.node->CommitWriteTime(stat->modified);
}

Task<NtStatus> Volume::SetDisposition(OpenFile& open, const base::Identity& who,
                                      bool delete_pending, bool ignore_read_only) {
  if (!delete_pending) {
    open.node->ClearDeletePending(open);
    if (open.directory) watches_.SetGoing(open.node->PathOf(open), false);
    co_return NtStatus::kOk;
  }
  const std::string path = open.node->PathOf(open);
  if (path.empty() && open.stream.empty()) co_return NtStatus::kAccessDenied;
  FileMetadata metadata;
  const NtStatus status = co_await GetMetadata(open, &metadata);
  if (status != NtStatus::kOk) co_return status;
  const bool read_only = (metadata.attributes & kAttributeReadOnly) != 0 && !open.directory;
  if (read_only && !ignore_read_only) co_return NtStatus::kCannotDelete;
  const NtStatus pending = co_await MakeDeletePending(open, who, metadata.stat.links > 1);
  if (pending == NtStatus::kOk && open.directory) watches_.SetGoing(path, true);
  co_return pending;
}

}  // namespace sluice::fs

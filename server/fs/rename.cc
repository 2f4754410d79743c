// Renames and hard links: two names at once [MS-FSA] 2.1.5.14.11, 2.1.5.14.6.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "proto/smb2/change_notify.h"
#include "server/fs/name_change.h"
#include "server/fs/posix_security.h"
#include "server/fs/volume.h"

namespace sluice::fs {

using proto::NtStatus;
using ring::Task;
using storage::FileType;
using storage::Result;

namespace {

constexpr int kAttemptsMax = 8;

// Both names, in an order that no two requests can wait for each other in.
Task<std::pair<NameLocks::Hold, NameLocks::Hold>> AcquireBoth(NameLocks& locks, uint64_t one,
                                                              uint64_t other) {
  std::pair<NameLocks::Hold, NameLocks::Hold> holds;
  holds.first = co_await locks.Acquire(std::min(one, other), NameLocks::Mode::kExclusive);
  if (one != other) {
    holds.second = co_await locks.Acquire(std::max(one, other), NameLocks::Mode::kExclusive);
  }
  co_return holds;
}

NtStatus ParseTarget(absl::Span<const uint8_t> name, std::string* path) {
  ParsedName parsed;
  const NtStatus status = ParseName(name, &parsed);
  if (status != NtStatus::kOk) return status;
  if (!parsed.stream.empty()) return NtStatus::kObjectNameInvalid;
  if (parsed.path.empty()) return NtStatus::kAccessDenied;
  *path = std::move(parsed.path);
  return NtStatus::kOk;
}

}  // namespace

class Volume::Move {
 public:
  Move(Volume& volume, const std::string& directory) : volume_(volume) {
    std::lock_guard<std::mutex> lock(volume_.moves_mutex_);
    entry_ = directory;
    volume_.moves_.push_back(entry_);
    volume_.moves_count_.fetch_add(1);
  }
  ~Move() {
    std::lock_guard<std::mutex> lock(volume_.moves_mutex_);
    volume_.moves_.erase(std::find(volume_.moves_.begin(), volume_.moves_.end(), entry_));
    volume_.moves_count_.fetch_sub(1);
  }
  Move(const Move&) = delete;
  Move& operator=(const Move&) = delete;

 private:
  Volume& volume_;
  std::string entry_;
};

Task<NtStatus> Volume::Rename(OpenFile& open, const base::Identity& who,
                              absl::Span<const uint8_t> name, bool replace) {
  std::string wanted;
  const NtStatus parsed = ParseTarget(name, &wanted);
  if (parsed != NtStatus::kOk) co_return parsed;
  if (!open.stream.empty()) co_return NtStatus::kInvalidParameter;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const std::string from = open.node->PathOf(open);
    if (from.empty()) co_return NtStatus::kAccessDenied;
    const auto holds = co_await AcquireBoth(name_locks_, LockName(from), LockName(wanted));
    // Somebody may have renamed it while we waited for its name.
    if (open.node->PathOf(open) != from) continue;
    if (open.closed) co_return NtStatus::kFileClosed;  // while we waited
    co_return co_await RenameLocked(open, who, from, wanted, replace);
  }
  co_return NtStatus::kSharingViolation;
}

Task<NtStatus> Volume::RenameLocked(OpenFile& open, const base::Identity& who,
                                    const std::string& from, const std::string& wanted,
                                    bool replace) {
  if (open.node->DeletePending(open)) co_return NtStatus::kDeletePending;
  Target target = co_await FindTarget(open, who, wanted, replace);
  if (target.status != NtStatus::kOk) co_return target.status;
  if (target.path == from) co_return NtStatus::kOk;
  if (open.directory && target.there) co_return NtStatus::kAccessDenied;
  if (co_await ParentGoing(who, target.path)) co_return NtStatus::kDeletePending;
  const std::string parent(ParentOf(target.path));
  if (co_await MayGo(who, parent)) co_return NtStatus::kSharingViolation;
  const FileKey present = co_await FindStill(open, who, from);
  if (present.inode == 0) co_return NtStatus::kObjectNameNotFound;
  NameChange change(this, from, target.path);
  std::optional<Move> move;
  if (open.directory) {
    move.emplace(*this, from);
    if (nodes_.HasOpenBelow(change)) co_return NtStatus::kAccessDenied;
  }
  const int error = co_await backend_.Rename(who, from, target.path, target.there);
  if (error == -EEXIST) co_return NtStatus::kObjectNameCollision;
  if (error == -EINVAL && open.directory) co_return NtStatus::kSharingViolation;  // into itself
  if (error != 0) co_return proto::FromErrno(error);
  if (!target.there && co_await ParentGoing(who, target.path)) {
    const int back = co_await backend_.Rename(who, target.path, from, false);
    if (back == 0) co_return NtStatus::kDeletePending;
  }
  nodes_.Renamed(open.node->key(), change);
  // A symlink and what it leads to are open by the same name.
  if (present != open.node->key()) nodes_.Renamed(present, change);
  resolver_.NoteRemoved(from);
  resolver_.NoteCreated(target.path);
  open.renamed = !open.directory;
  if (open.directory) watches_.Renamed(from, target.path);
  const uint32_t filter = open.directory ? proto::kNotifyDirName : proto::kNotifyFileName;
  if (target.there) watches_.Report(filter, proto::NotifyAction::kRemoved, target.path);
  watches_.ReportRename(filter, from, target.path);
  co_return NtStatus::kOk;
}

// What `from`, by which the open knows its file, names now: inode 0 where that is another file. It
// may have been renamed or replaced outside the gateway.
Task<FileKey> Volume::FindStill(const OpenFile& open, const base::Identity& who,
                                const std::string& from) {
  Result<storage::Stat> stat = co_await backend_.GetStat(who, from);
  if (!stat.ok()) co_return FileKey{};
  const FileKey key{stat->device, stat->inode, 0};
  const FileKey& opened = open.node->key();
  const bool same = key.device == opened.device && key.inode == opened.inode;
  const bool link = open.through_link && stat->type == FileType::kSymlink;
  co_return same || link ? key : FileKey{};
}

// Whether somebody has the directory open so that it could be deleted; nothing moves into it then.
Task<bool> Volume::MayGo(const base::Identity& who, const std::string& directory) {
  Result<storage::Stat> stat = co_await StatFollowed(who, directory);
  if (!stat.ok()) co_return false;  // the renaming itself will tell
  const std::shared_ptr<FileNode> node = nodes_.Find({stat->device, stat->inode, 0});
  co_return node != nullptr && node->HasOpenFor(kDelete);
}

// REQUIRES: the caller holds `wanted`.
Task<Volume::Target> Volume::FindTarget(OpenFile& open, const base::Identity& who,
                                        const std::string& wanted, bool replace) {
  Target target;
  Resolution found = co_await resolver_.Find(who, wanted, true);
  if (found.status == NtStatus::kObjectNameNotFound) {
    target.path = std::move(found.path);
    co_return target;
  }
  target.status = found.status;
  // On the way: it is not followed for who renames.
  if (found.status == NtStatus::kStoppedOnSymlink) target.status = NtStatus::kObjectPathNotFound;
  if (found.status != NtStatus::kOk) co_return target;
  const FileKey key{found.stat.device, found.stat.inode, 0};
  if (key == open.node->key() && SameName(found.path, open.node->PathOf(open))) {
    // Its own name: only the case of its letters changes, if anything.
    target.path = found.path;
    // Unless it is what clients see of a name that cannot be shown.
    if (SameName(LeafOf(found.path), LeafOf(wanted))) {
      target.path = JoinPath(ParentOf(found.path), LeafOf(wanted));
    }
    co_return target;
  }
  target.path = std::move(found.path);
  target.there = true;
  target.directory = found.stat.type == FileType::kDirectory;
  if (!replace) {
    target.status = NtStatus::kObjectNameCollision;
    co_return target;
  }
  const bool in_use = nodes_.Find(key) != nullptr;
  if (target.directory || in_use) target.status = NtStatus::kAccessDenied;
  storage::OpenFlags flags;
  flags.path_only = flags.no_follow = true;
  Result<std::unique_ptr<storage::File>> file = co_await backend_.Open(who, target.path, flags);
  if (!file.ok()) co_return target;
  Result<std::string> xattr =
      co_await file.value()->GetXattr(kDosAttributeXattr, storage::As::kProcess);
  const FileMetadata metadata =
      MakeMetadata(found.stat, xattr.ok() ? xattr.value() : std::string(), LeafOf(target.path));
  if ((metadata.attributes & kAttributeReadOnly) != 0) target.status = NtStatus::kAccessDenied;
  co_return target;
}

// [MS-SMB2] 3.3.5.21.1 and [MS-FSA] ask nothing of the open. Windows' own CreateHardLink opens with
// FILE_WRITE_ATTRIBUTES, Linux's client with FILE_READ_ATTRIBUTES only; so an open that lacks the
// right is judged by what its user could have been granted. A link changes the file's count of
// names, and whoever may not change the file does not get another name for it.
Task<bool> Volume::MayLink(OpenFile& open, const base::Identity& who) {
  if (open.Granted(kFileWriteAttributes)) co_return true;
  Result<storage::Stat> stat = co_await open.file->GetStat();
  co_return stat.ok() && (MaximalAccess(who, stat.value(), nullptr) & kFileWriteAttributes) != 0;
}

Task<NtStatus> Volume::Link(OpenFile& open, const base::Identity& who,
                            absl::Span<const uint8_t> name, bool replace) {
  if (open.directory) co_return NtStatus::kFileIsADirectory;
  if (!open.stream.empty()) co_return NtStatus::kInvalidParameter;
  if (!co_await MayLink(open, who)) co_return NtStatus::kAccessDenied;
  std::string wanted;
  const NtStatus parsed = ParseTarget(name, &wanted);
  if (parsed != NtStatus::kOk) co_return parsed;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    const std::string from = open.node->PathOf(open);
    const auto holds = co_await AcquireBoth(name_locks_, LockName(from), LockName(wanted));
    if (open.node->PathOf(open) != from) continue;
    if (open.closed) co_return NtStatus::kFileClosed;  // closed during the wait
    if (open.node->DeletePending(open)) co_return NtStatus::kDeletePending;
    Target target = co_await FindTarget(open, who, wanted, replace);
    if (target.status != NtStatus::kOk) co_return target.status;
    if (target.path == from) co_return NtStatus::kOk;
    if (co_await ParentGoing(who, target.path)) co_return NtStatus::kDeletePending;
    const FileKey present = co_await FindStill(open, who, from);
    if (present.inode == 0) co_return NtStatus::kObjectNameNotFound;
    if (target.there) {
      const int error = co_await backend_.Remove(who, target.path, false);
      if (error != 0) co_return proto::FromErrno(error);
    }
    const int error = co_await backend_.Link(who, from, target.path);
    if (error == -EEXIST) co_return NtStatus::kObjectNameCollision;
    if (error != 0) co_return proto::FromErrno(error);
    if (!target.there && co_await ParentGoing(who, target.path)) {
      const int back = co_await backend_.Remove(who, target.path, false);
      if (back == 0) co_return NtStatus::kDeletePending;
    }
    resolver_.NoteCreated(target.path);
    if (target.there) {
      watches_.Report(proto::kNotifyFileName, proto::NotifyAction::kRemoved, target.path);
    }
    watches_.Report(proto::kNotifyFileName, proto::NotifyAction::kAdded, target.path);
    co_return NtStatus::kOk;
  }
  co_return NtStatus::kSharingViolation;
}

}  // namespace sluice::fs

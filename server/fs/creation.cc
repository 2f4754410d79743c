#include "server/fs/creation.h"

#include <utility>

#include "proto/smb2/change_notify.h"
#include "proto/smb2/create.h"
#include "server/fs/file_times.h"
#include "server/fs/posix_security.h"
#include "server/ring/loop.h"

namespace sluice::fs {
namespace {

using proto::NtStatus;
using storage::As;
using storage::FileType;
using storage::OpenFlags;
using storage::Stat;

// How often a file that others make and remove meanwhile, on the disk itself, is tried again.
constexpr int kAttemptsMax = 8;
constexpr uint64_t kMovePauseNanos = 1'000'000;
// CREATE options that FileModeInformation reports [MS-FSCC] 2.4.31.
constexpr uint32_t kModeOptions = proto::kOptionWriteThrough | proto::kOptionSequentialOnly |
                                  proto::kOptionNoIntermediateBuffering |
                                  proto::kOptionSynchronousIoAlert |
                                  proto::kOptionSynchronousIoNonalert | proto::kOptionDeleteOnClose;

}  // namespace

Creation::Creation(Volume& volume, const CreateParams& params, CreateResult* result)
    : volume_(volume),
      params_(params),
      result_(result),
      desired_(MapGenericAccess(params.desired_access)) {}

bool Creation::WantsDirectory() const {
  return Has(proto::kOptionDirectoryFile) || (name_.must_be_directory && name_.stream.empty());
}

ring::Task<NtStatus> Creation::Run() {
  const CreateTerms terms{params_.desired_access, params_.file_attributes, params_.share_access,
                          params_.disposition, params_.options};
  NtStatus status = CheckTerms(terms);
  if (status == NtStatus::kOk && volume_.read_only()) status = CheckReadOnlyShare(terms);
  if (status == NtStatus::kOk) status = ParsePath();
  if (status != NtStatus::kOk) co_return status;

  const auto mode = params_.disposition == proto::kDispositionOpen ? NameLocks::Mode::kShared
                                                                   : NameLocks::Mode::kExclusive;
  NameLocks::Hold hold = co_await volume_.name_locks_.Acquire(volume_.LockName(name_.path), mode);
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    status = co_await TryOnce(attempt == 0);
    if (status != NtStatus::kRetry) break;
    xattr_.clear();
  }
  if (status == NtStatus::kOk) co_return status;
  if (created_) co_await Undo();
  // The last one out may have to remove the file, under the lock on its name.
  hold.Release();
  if (open_ != nullptr && open_->node != nullptr) co_await volume_.Leave(open_.get());
  co_return status == NtStatus::kRetry ? NtStatus::kSharingViolation : status;
}

NtStatus Creation::ParsePath() {
  const NtStatus status = ParseName(params_.name, &name_);
  if (status != NtStatus::kOk) return status;
  if (name_.must_be_directory && Has(proto::kOptionNonDirectoryFile)) {
    return name_.is_index ? NtStatus::kFileIsADirectory : NtStatus::kObjectNameInvalid;
  }
  if (name_.has_stream && !name_.is_index && Has(proto::kOptionDirectoryFile)) {
    return NtStatus::kNotADirectory;
  }
  return NtStatus::kOk;
}

// kRetry where the file came or went between two looks, or the `first` one trusted too much.
ring::Task<NtStatus> Creation::TryOnce(bool first) {
  open_ = std::make_shared<OpenFile>();
  open_->volume = volume_.shared_from_this();
  open_->options = params_.options & kModeOptions;
  open_->mode.share = params_.share_access;
  if (first && co_await KnownMissing()) {
    Resolution missing;
    missing.path = name_.path;
    co_return co_await CreateNew(missing);
  }
  Resolution found = co_await LookUp();
  if (found.status == NtStatus::kObjectNameNotFound && found.can_create) {
    const NtStatus status = MayMake();
    if (status != NtStatus::kOk) co_return status;
    co_return co_await CreateNew(found);
  }
  if (found.status == NtStatus::kStoppedOnSymlink) {
    result_->link_target = std::move(found.link_target);
    result_->unparsed = std::move(found.unparsed);
  }
  if (found.status != NtStatus::kOk) co_return found.status;
  if (!name_.stream.empty()) co_return co_await OpenStream(found);
  if (params_.disposition == proto::kDispositionCreate) co_return NtStatus::kObjectNameCollision;
  co_return co_await OpenExisting(found);
}

// Whether the disposition and the share allow that what is not there is made: a file, directory or
// stream.
NtStatus Creation::MayMake() const {
  if (!MayCreate(params_.disposition)) return NtStatus::kObjectNameNotFound;
  return volume_.read_only() ? NtStatus::kAccessDenied : NtStatus::kOk;
}

// A file that is to be made where there is none needs no look-up, which storage would have to make
// on another thread, for a name that it has never heard: the making itself fails where it is there.
ring::Task<bool> Creation::KnownMissing() {
  if (MayMake() != NtStatus::kOk || !name_.stream.empty()) co_return false;
  co_return co_await volume_.resolver_.KnownMissing(*params_.who, name_.path);
}

ring::Task<Resolution> Creation::LookUp() {
  if (!name_.stream.empty()) co_return co_await LookUpBase();
  if (params_.disposition == proto::kDispositionCreate) {
    co_return co_await volume_.resolver_.Find(*params_.who, name_.path, true);
  }
  Resolution found = co_await OpenAsAsked();
  const bool link = found.status == NtStatus::kOk
                        ? found.stat.type == FileType::kSymlink
                        : found.status == NtStatus::kStoppedOnSymlink && found.unparsed.empty();
  if (!link) co_return std::move(found);
  co_return co_await AtLink(std::move(found));
}

ring::Task<Resolution> Creation::OpenAsAsked() {
  if ((desired_ & kMaximumAllowed) != 0) co_return co_await OpenMaximal();
  co_return co_await OpenByAccess();
}

// Beside FILE_OPEN_REPARSE_POINT: what is deleted or renamed by its name is what bears the name.
bool Creation::OpensLinkItself() const {
  if (Has(proto::kOptionOpenReparsePoint) || Has(proto::kOptionDeleteOnClose)) return true;
  return (desired_ & kDelete) != 0 && !WantsData();
}

bool Creation::WantsData() const {
  return (desired_ & (kReadingAccess | kWritingAccess | kMaximumAllowed)) != 0 ||
         Overwrites(params_.disposition);
}

// The last component is a symlink. [MS-SMB2] 3.3.5.9 lets clients follow it. Clients of Windows do
// not by default, so the data of a file inside the share is given to who asks for data. Directories
// are not: a client that takes the link for one of them would empty it when it removes a tree.
ring::Task<Resolution> Creation::AtLink(Resolution found) {
  const std::string path = found.path;
  if (OpensLinkItself()) {
    if (found.file != nullptr) co_return std::move(found);
    co_return co_await OpenLinkItself(path);
  }
  if (WantsData()) {
    follow_ = true;
    Resolution target = co_await OpenAsAsked();
    follow_ = false;
    const bool is_file = target.status == NtStatus::kOk && target.stat.type == FileType::kRegular;
    // Not for the user, in use, and such.
    const bool refused =
        target.status == NtStatus::kAccessDenied || target.status == NtStatus::kMediaWriteProtected;
    open_->through_link = is_file;
    if (is_file || refused) co_return std::move(target);
  }
  co_return co_await volume_.resolver_.StoppedAt(*params_.who, path, "");
}

ring::Task<Resolution> Creation::OpenLinkItself(const std::string& path) {
  OpenFlags flags;
  flags.path_only = flags.no_follow = true;
  Resolution link = co_await volume_.resolver_.Open(*params_.who, path, flags);
  if (link.status != NtStatus::kOk || link.stat.type != FileType::kSymlink) {
    // It went, or became something else.
    link.status = NtStatus::kRetry;
    link.file.reset();
  }
  co_return std::move(link);
}

OpenFlags Creation::FlagsFor(uint32_t access, bool directory) const {
  OpenFlags flags;
  flags.read = (access & kReadingAccess) != 0;
  flags.write = !directory && ((access & kWritingAccess) != 0 || Overwrites(params_.disposition));
  flags.directory = directory;
  flags.path_only = !flags.read && !flags.write;
  flags.no_follow = !follow_;
  return flags;
}

ring::Task<Resolution> Creation::OpenByAccess() {
  const OpenFlags flags = FlagsFor(desired_, WantsDirectory());
  Resolution found = co_await volume_.resolver_.Open(*params_.who, name_.path, flags);
  if (found.status == NtStatus::kFileIsADirectory && flags.write) {
    // Only files are opened for writing; what is asked of a directory is a matter of its names.
    if (Has(proto::kOptionNonDirectoryFile)) co_return found;
    const OpenFlags again = FlagsFor(desired_, true);
    co_return co_await volume_.resolver_.Open(*params_.who, name_.path, again);
  }
  co_return found;
}

// What may be done is known only when the file has been looked at.
ring::Task<Resolution> Creation::OpenMaximal() {
  Resolution found = co_await volume_.resolver_.Find(*params_.who, name_.path, !follow_);
  if (found.status != NtStatus::kOk || found.stat.type == FileType::kSymlink) co_return found;
  const NtStatus type = CheckType(found.stat);
  if (type != NtStatus::kOk) {
    found.status = type;
    co_return found;
  }
  const bool directory = found.stat.type == FileType::kDirectory;
  uint32_t access = desired_ | MaximalAccess(*params_.who, found.stat, nullptr);
  if (volume_.read_only()) access = WithoutModifying(access);
  // Mode bits are not all that decides (ACLs, read-only mounts): come down step by step.
  const uint32_t steps[] = {access, access & ~kWritingAccess, access & ~kReadingAccess, 0};
  Resolution opened;
  for (const uint32_t step : steps) {
    if (step != access && (step & desired_ & ~kMaximumAllowed) != (desired_ & ~kMaximumAllowed)) {
      break;  // less than what was asked for by name
    }
    const OpenFlags flags = FlagsFor(step, directory);
    opened = co_await volume_.resolver_.Open(*params_.who, name_.path, flags);
    if (opened.status != NtStatus::kAccessDenied &&
        opened.status != NtStatus::kMediaWriteProtected) {
      break;
    }
  }
  co_return opened;
}

NtStatus Creation::CheckType(const Stat& stat) const {
  if (stat.type == FileType::kOther) return NtStatus::kAccessDenied;
  if (stat.type == FileType::kSymlink) {
    if (Overwrites(params_.disposition)) return NtStatus::kAccessDenied;
    return WantsDirectory() && !open_->leads_to_directory ? NtStatus::kNotADirectory
                                                          : NtStatus::kOk;
  }
  if (stat.type == FileType::kDirectory) {
    if (Has(proto::kOptionNonDirectoryFile)) return NtStatus::kFileIsADirectory;
    if (Overwrites(params_.disposition)) return NtStatus::kObjectNameCollision;
    return NtStatus::kOk;
  }
  return WantsDirectory() ? NtStatus::kNotADirectory : NtStatus::kOk;
}

ring::Task<NtStatus> Creation::OpenExisting(Resolution& found) {
  const Stat stat = found.file->opened_stat();
  open_->symlink = stat.type == FileType::kSymlink;
  if (open_->symlink) {
    const Resolution target = co_await volume_.resolver_.Find(*params_.who, found.path, false);
    open_->leads_to_directory =
        target.status == NtStatus::kOk && target.stat.type == FileType::kDirectory;
  }
  NtStatus status = CheckType(stat);
  if (status != NtStatus::kOk) co_return status;
  path_ = std::move(found.path);
  open_->file = std::move(found.file);
  open_->directory = stat.type == FileType::kDirectory;
  if (!open_->symlink) {
    storage::Result<std::string> xattr =
        co_await open_->file->GetXattr(kDosAttributeXattr, As::kProcess);
    if (xattr.ok()) xattr_ = std::move(xattr.value());
  }
  attributes_ = MakeMetadata(stat, xattr_, LeafOf(path_)).stored_attributes;
  status = co_await LearnMaximalAccess(stat, true);
  if (status == NtStatus::kOk) status = CheckAttributes();
  if (status != NtStatus::kOk) co_return status;

  const bool overwrite = Overwrites(params_.disposition);
  status = Admit(stat, overwrite);
  if (status != NtStatus::kOk) co_return status;
  if (overwrite) status = co_await Overwrite();
  if (status != NtStatus::kOk) co_return status;
  uint32_t action = proto::kActionOpened;
  if (overwrite) {
    action = params_.disposition == proto::kDispositionSupersede ? proto::kActionSuperseded
                                                                 : proto::kActionOverwritten;
  }
  co_return co_await Finish(action);
}

// Computes what the user may do and grants what was asked for. `opened`: the open itself has shown
// that the data may be read or written, whatever the mode bits say.
ring::Task<NtStatus> Creation::LearnMaximalAccess(const Stat& stat, bool opened) {
  const bool needs_parent = (desired_ & (kDelete | kMaximumAllowed)) != 0 ||
                            Has(proto::kOptionDeleteOnClose) || params_.wants_maximal_access;
  Stat parent;
  bool has_parent = false;
  if (needs_parent && !path_.empty()) {
    const std::string parent_path(ParentOf(path_));
    storage::Result<Stat> found = co_await volume_.StatFollowed(*params_.who, parent_path);
    has_parent = found.ok();
    if (has_parent) parent = found.value();
  }
  maximal_ = MaximalAccess(*params_.who, stat, has_parent ? &parent : nullptr) | kSynchronize;
  if (opened && !open_->symlink) {
    const OpenFlags flags =
        name_.stream.empty() ? FlagsFor(desired_, open_->directory) : BaseFlags(open_->directory);
    if ((desired_ & kMaximumAllowed) == 0) {
      if (flags.read) maximal_ |= kFileReadData;
      if (flags.write) maximal_ |= kWritingAccess;
    }
  }
  if (!open_->directory) {
    // Nothing runs here: to a server, executing a file is reading it. And files have no children.
    if ((maximal_ & kFileReadData) != 0) maximal_ |= kFileExecute;
    if ((maximal_ & kFileWriteData) != 0) maximal_ |= kFileDeleteChild;
  }
  // To delete a stream is to change its file.
  if (!name_.stream.empty() && (maximal_ & kFileWriteData) == 0) maximal_ &= ~kDelete;
  if (volume_.read_only()) maximal_ = WithoutModifying(maximal_);
  uint32_t allowed = maximal_;
  const bool read_only_file = (attributes_ & kAttributeReadOnly) != 0 && !open_->directory;
  if (read_only_file) allowed &= ~kWritingAccess;
  const Grant grant = GrantAccess(desired_, allowed);
  if (grant.status != NtStatus::kOk) co_return grant.status;
  open_->mode.access = grant.access;
  co_return NtStatus::kOk;
}

NtStatus Creation::CheckAttributes() {
  const bool read_only_file = (attributes_ & kAttributeReadOnly) != 0 && !open_->directory;
  if (Has(proto::kOptionDeleteOnClose)) {
    if (!open_->Granted(kDelete)) return NtStatus::kAccessDenied;
    if (read_only_file) return NtStatus::kCannotDelete;
    if (path_.empty() && name_.stream.empty()) return NtStatus::kAccessDenied;
  }
  if (!Overwrites(params_.disposition)) return NtStatus::kOk;
  if (read_only_file) return NtStatus::kAccessDenied;
  return MayOverwrite(attributes_, params_.file_attributes) ? NtStatus::kOk
                                                            : NtStatus::kAccessDenied;
}

NtStatus Creation::Admit(const Stat& stat, bool overwrites) {
  open_->path = path_;
  const FileKey key{stat.device, stat.inode, StreamHash(name_.stream)};
  Admission admission;
  admission.overwrites = overwrites;
  if (!open_->directory && name_.stream.empty()) admission.links = stat.links;
  if (!open_->directory && !open_->symlink) admission.oplock = params_.oplock;
  admission.now = volume_.clock_.MonotonicNanos();
  admission.break_timeout_ms = volume_.break_timeout_ms_.load(std::memory_order_relaxed);
  const NtStatus status = volume_.nodes_.Admit(key, open_.get(), admission, &result_->breaking);
  if (status == NtStatus::kOk) open_->node->ObserveWriteTime(stat.modified);
  return status;
}

ring::Task<NtStatus> Creation::CreateNew(Resolution& found) {
  path_ = std::move(found.path);
  open_->directory = WantsDirectory();
  if (open_->directory && !name_.stream.empty()) co_return NtStatus::kObjectNameNotFound;
  if (co_await volume_.ParentGoing(*params_.who, path_)) co_return NtStatus::kDeletePending;
  NtStatus status = co_await MakeFile();
  if (status != NtStatus::kOk) co_return status;
  created_ = true;
  // Its deletion may have come meanwhile: either this sees it, or it sees the file.
  if (co_await volume_.ParentGoing(*params_.who, path_)) co_return NtStatus::kDeletePending;
  volume_.resolver_.NoteCreated(path_);
  if (!name_.stream.empty()) {
    Resolution base;
    base.path = path_;
    base.file = std::move(open_->file);
    co_return co_await OpenStream(base);
  }
  const Stat stat = open_->file->opened_stat();
  attributes_ = NewAttributes(params_.file_attributes, open_->directory);
  maximal_ = volume_.read_only() ? WithoutModifying(kFileAllAccess) : kFileAllAccess;
  const Grant grant = GrantAccess(desired_, kFileAllAccess);
  open_->mode.access = grant.access;
  status = grant.status;
  if (status == NtStatus::kOk && Has(proto::kOptionDeleteOnClose)) {
    const bool read_only = (attributes_ & kAttributeReadOnly) != 0 && !open_->directory;
    if (read_only) status = NtStatus::kCannotDelete;
  }
  if (status == NtStatus::kOk) status = Admit(stat, false);
  if (status == NtStatus::kOk) status = co_await ApplyContexts();
  if (status != NtStatus::kOk) co_return status;
  co_return co_await Finish(proto::kActionCreated);
}

// Makes the file or directory and opens it into open_->file. kRetry where somebody was faster.
ring::Task<NtStatus> Creation::MakeFile() {
  const NtStatus taken = params_.disposition == proto::kDispositionCreate
                             ? NtStatus::kObjectNameCollision
                             : NtStatus::kRetry;
  OpenFlags flags;
  flags.read = true;
  if (open_->directory) {
    const int error = co_await volume_.backend_.MakeDirectory(*params_.who, path_, 0777);
    if (error == -EEXIST) co_return taken;
    if (error != 0) co_return proto::FromErrno(error);
    flags.directory = flags.no_follow = true;
  } else {
    flags.write = flags.create = flags.exclusive = true;
  }
  storage::Result<std::unique_ptr<storage::File>> file =
      co_await volume_.backend_.Open(*params_.who, path_, flags);
  if (file.error() == -EEXIST) co_return taken;
  if (!file.ok()) co_return proto::FromErrno(file.error());
  open_->file = std::move(file.value());
  const Stat& stat = open_->file->opened_stat();
  DosInfo info;
  info.attributes = NewAttributes(params_.file_attributes, open_->directory);
  info.has_created = true;
  info.created = ToFileTime(stat.born != 0 ? stat.born : stat.modified);
  if (open_->directory) info.attributes |= kAttributeDirectory;
  xattr_ = EncodeDosInfo(info);
  // A file system without extended attributes has files without DOS attributes.
  co_await open_->file->SetXattr(kDosAttributeXattr, xattr_, As::kProcess);
  co_return NtStatus::kOk;
}

// What create contexts want of a new or overwritten file, which keeps its security descriptor.
ring::Task<NtStatus> Creation::ApplyContexts() {
  if (!params_.eas.empty()) {
    const NtStatus status = co_await volume_.SetEas(*open_, params_.eas);
    if (status != NtStatus::kOk) co_return status;
  }
  if (created_ && !params_.security_descriptor.empty()) {
    const std::string descriptor(params_.security_descriptor);
    const NtStatus status =
        co_await volume_.SetSecurity(*open_, descriptor, kDaclSecurityInformation);
    if (proto::IsError(status) && status != NtStatus::kAccessDenied) co_return status;
  }
  if (params_.allocation != 0 && !open_->directory && open_->stream.empty()) {
    const int error = co_await open_->file->Allocate(params_.allocation);
    if (error == -ENOSPC || error == -EDQUOT || error == -EFBIG) co_return NtStatus::kDiskFull;
  }
  co_return NtStatus::kOk;
}

ring::Task<void> Creation::Undo() {
  co_await volume_.backend_.Remove(*params_.who, path_, open_->directory);
  volume_.resolver_.NoteRemoved(path_);
}

// While a directory on the way is being renamed nobody knows this open's name. Once that is over
// the name is right or the open is not.
ring::Task<NtStatus> Creation::AwaitMoves() {
  ring::Loop& loop = ring::Loop::Current();
  while (volume_.Moving(path_)) {
    if (co_await loop.SleepFor(kMovePauseNanos) != 0) co_return NtStatus::kCancelled;
  }
  storage::Result<Stat> found = co_await volume_.backend_.GetStat(*params_.who, path_);
  co_return found.ok() ? NtStatus::kOk : NtStatus::kObjectPathNotFound;
}

// Whether anything has moved what the response says of the file: a new one's DOS attributes alone
// have not.
bool Creation::ChangedSinceOpened(uint32_t action) const {
  if (action == proto::kActionOpened) return false;
  return action != proto::kActionCreated || !open_->stream.empty() || !params_.eas.empty() ||
         !params_.security_descriptor.empty() || params_.allocation != 0;
}

ring::Task<NtStatus> Creation::Finish(uint32_t action) {
  if (volume_.Moving(path_)) {
    const NtStatus status = co_await AwaitMoves();
    if (status != NtStatus::kOk) co_return status;
  }
  Stat stat = open_->file->opened_stat();
  if (ChangedSinceOpened(action)) {
    storage::Result<Stat> fresh = co_await open_->file->GetStat();
    if (fresh.ok()) stat = fresh.value();
    open_->node->ObserveWriteTime(stat.modified);
  }
  stat.modified = open_->node->VisibleWriteTime(stat.modified, volume_.clock_.MonotonicNanos());
  result_->metadata = volume_.MetadataOf(*open_, stat, xattr_, LeafOf(path_));
  result_->action = action;
  result_->maximal_access = maximal_;
  // Only now: an open that fails deletes nothing.
  if (Has(proto::kOptionDeleteOnClose)) open_->node->SetDeleteOnClose(open_.get(), *params_.who);
  open_->announced = true;
  NoteChange(action);
  result_->open = std::move(open_);
  co_return NtStatus::kOk;
}

// For who watches.
void Creation::NoteChange(uint32_t action) {
  if (action == proto::kActionOpened || !volume_.watches_.any()) return;
  if (created_) {
    // A file made for the sake of its stream comes before it.
    const bool directory = open_->directory && open_->stream.empty();
    volume_.watches_.Report(directory ? proto::kNotifyDirName : proto::kNotifyFileName,
                            proto::NotifyAction::kAdded, path_);
  }
  if (action != proto::kActionCreated) {
    volume_.NoteChange(*open_,
                       proto::kNotifySize | proto::kNotifyLastWrite | proto::kNotifyAttributes);
  } else if (!open_->stream.empty()) {
    volume_.watches_.Report(proto::kNotifyStreamName, proto::NotifyAction::kAddedStream, path_,
                            open_->stream);
  }
}

}  // namespace sluice::fs

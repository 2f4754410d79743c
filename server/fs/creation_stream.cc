// CREATE of a stream [MS-FSA] 2.1.5.1.2. A stream has no rights of its own: what is asked of it is
// asked of its file, and changing, making or deleting it is writing to the file.
#include <memory>
#include <utility>

#include "proto/smb2/create.h"
#include "server/fs/creation.h"
#include "server/fs/stream_file.h"

namespace sluice::fs {

using proto::NtStatus;
using storage::As;
using storage::FileType;
using storage::OpenFlags;
using storage::Stat;

// How the file is opened, so that storage judges what the user may do with its data. Directories
// cannot be opened for writing: their mode bits are looked at, and storage judges each change of
// the stream.
OpenFlags Creation::BaseFlags(bool directory) const {
  OpenFlags flags;
  flags.read = (desired_ & kReadingAccess) != 0;
  flags.write = !directory &&
                ((desired_ & (kWritingAccess | kDelete)) != 0 || Overwrites(params_.disposition));
  flags.path_only = !flags.read && !flags.write;
  return flags;
}

// What becomes of a stream that is not there: kOk if it may be made, as far as the user's rights
// are not concerned.
NtStatus Creation::MayMakeStream() const {
  const NtStatus status = MayMake();
  if (status != NtStatus::kOk || created_) return status;
  const bool read_only_file = (attributes_ & kAttributeReadOnly) != 0 && !base_directory_;
  return read_only_file ? NtStatus::kAccessDenied : NtStatus::kOk;
}

ring::Task<Resolution> Creation::LookUpBase() {
  const OpenFlags flags = BaseFlags(false);
  Resolution base = co_await volume_.resolver_.Open(*params_.who, name_.path, flags);
  if (base.status == NtStatus::kFileIsADirectory) {
    const OpenFlags again = BaseFlags(true);
    base = co_await volume_.resolver_.Open(*params_.who, name_.path, again);
  }
  co_return base;
}

ring::Task<NtStatus> Creation::OpenStream(Resolution& base) {
  path_ = std::move(base.path);
  const Stat base_stat = base.file->opened_stat();
  if (base_stat.type != FileType::kRegular && base_stat.type != FileType::kDirectory) {
    co_return NtStatus::kObjectNameInvalid;
  }
  base_directory_ = base_stat.type == FileType::kDirectory;
  open_->directory = base_directory_;
  storage::Result<std::string> dos = co_await base.file->GetXattr(kDosAttributeXattr, As::kProcess);
  if (dos.ok()) xattr_ = std::move(dos.value());
  attributes_ = MakeMetadata(base_stat, xattr_, LeafOf(path_)).stored_attributes;
  NtStatus status = co_await LearnMaximalAccess(base_stat, true);
  open_->directory = false;
  if (created_) {
    maximal_ = kFileAllAccess;
    const Grant grant = GrantAccess(desired_, kFileAllAccess);
    status = grant.status;
    open_->mode.access = grant.access;
  }
  if (status == NtStatus::kOk) status = CheckAttributes();
  if (status != NtStatus::kOk) co_return status;

  const FileKey base_key{base_stat.device, base_stat.inode, 0};
  const std::shared_ptr<FileNode> base_node = volume_.nodes_.Find(base_key);
  const uint32_t links = base_directory_ ? 1 : base_stat.links;
  if (base_node != nullptr && base_node->DeletePending(&volume_, path_, links)) {
    co_return NtStatus::kDeletePending;
  }

  StreamOpening opening;
  opening.name = name_.stream;
  opening.if_missing = MayMakeStream();
  opening.must_create = params_.disposition == proto::kDispositionCreate;
  StreamFile::Opened stream = co_await StreamFile::Open(&base.file, volume_.name_locks_, opening);
  if (stream.status != NtStatus::kOk) co_return stream.status;
  open_->stream = stream.file->name();
  open_->stream_xattr = stream.file->xattr();
  const Stat stat = stream.file->opened_stat();
  open_->file = std::move(stream.file);
  const bool overwrite = !stream.created && Overwrites(params_.disposition);
  status = Admit(stat, overwrite);
  if (status != NtStatus::kOk) co_return status;
  if (overwrite) {
    const int error = co_await open_->file->Truncate(0);
    if (error != 0) co_return proto::FromErrno(error);
  }
  if (stream.created) co_return co_await Finish(proto::kActionCreated);
  co_return co_await Finish(overwrite ? proto::kActionOverwritten : proto::kActionOpened);
}

}  // namespace sluice::fs

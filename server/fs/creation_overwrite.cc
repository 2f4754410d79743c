// OVERWRITE, OVERWRITE_IF and SUPERSEDE of a file that is there [MS-FSA] 2.1.5.1.2: its data is
// cut, its named streams are deleted, its EAs and attributes are replaced. Its creation time and
// security descriptor stay.
#include <cerrno>
#include <memory>
#include <utility>

#include "proto/smb2/change_notify.h"
#include "server/fs/creation.h"
#include "server/fs/ea_names.h"
#include "server/fs/file_times.h"
#include "server/fs/share_mode.h"
#include "server/fs/stream_file.h"

namespace sluice::fs {

using proto::NtStatus;
using storage::As;
using storage::Stat;

FileKey Creation::KeyOfStream(absl::string_view name) const {
  const Stat& stat = open_->file->opened_stat();
  return {stat.device, stat.inode, StreamHash(name)};
}

// Whether nobody has one of the streams open without letting others delete it.
bool Creation::StreamsMayGo(const std::vector<std::string>& xattrs) const {
  for (const std::string& xattr : xattrs) {
    const absl::string_view stream = StreamOfXattr(xattr);
    if (stream.empty()) continue;
    const std::shared_ptr<FileNode> node = volume_.nodes_.Find(KeyOfStream(stream));
    if (node != nullptr && node->HasOpenNotSharing(kShareDelete)) return false;
  }
  return true;
}

// Removes a stream or an EA and leaves all else. A stream that is open goes when it closes.
ring::Task<int> Creation::DropXattr(const std::string& xattr) {
  const std::string stream(StreamOfXattr(xattr));
  if (stream.empty() && !IsEaXattr(xattr)) co_return 0;
  if (!stream.empty()) {
    const std::shared_ptr<FileNode> node = volume_.nodes_.Find(KeyOfStream(stream));
    Removal removal{open_->volume, path_, params_.who->Shared(), false, stream, xattr};
    if (node != nullptr && node->SetDeletePending(std::move(removal), nullptr)) co_return 0;
  }
  const int error = co_await open_->file->RemoveXattr(xattr, As::kUser);
  if (error == 0 && !stream.empty()) {
    volume_.watches_.Report(proto::kNotifyStreamName, proto::NotifyAction::kRemovedStream, path_,
                            stream);
  }
  co_return error == -ENODATA ? 0 : error;
}

ring::Task<NtStatus> Creation::Overwrite() {
  storage::Result<std::vector<std::string>> xattrs = co_await open_->file->ListXattrs();
  if (!xattrs.ok() && xattrs.error() != -EOPNOTSUPP) co_return proto::FromErrno(xattrs.error());
  if (!StreamsMayGo(xattrs.value())) co_return NtStatus::kSharingViolation;
  int error = co_await open_->file->Truncate(0);
  if (error != 0) co_return proto::FromErrno(error);
  for (const std::string& xattr : xattrs.value()) {
    error = co_await DropXattr(xattr);
    if (error != 0) co_return proto::FromErrno(error);
  }
  attributes_ = NewAttributes(params_.file_attributes, false);
  DosInfo info;
  if (!DecodeDosInfo(xattr_, &info) || !info.has_created) {
    info.has_created = true;
    info.created = ToFileTime(MakeMetadata(open_->file->opened_stat(), "", LeafOf(path_)).created);
  }
  info.attributes = attributes_;
  xattr_ = EncodeDosInfo(info);
  co_await open_->file->SetXattr(kDosAttributeXattr, xattr_, As::kProcess);
  co_return co_await ApplyContexts();
}

}  // namespace sluice::fs

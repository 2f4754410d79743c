// The file semantics of one share: a Backend and the rules that SMB has for names, opens, deletion,
// attributes and times. [MS-FSA], [MS-SMB2] 3.3.5.9 to 3.3.5.21.
#ifndef SLUICE_SERVER_FS_VOLUME_H_
#define SLUICE_SERVER_FS_VOLUME_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "proto/fscc/ea_list.h"
#include "proto/status/nt_status.h"
#include "server/base/clock.h"
#include "server/base/identity.h"
#include "server/base/limits.h"
#include "server/fs/change_watches.h"
#include "server/fs/dos_attributes.h"
#include "server/fs/name_locks.h"
#include "server/fs/name_rules.h"
#include "server/fs/node_table.h"
#include "server/fs/open_file.h"
#include "server/fs/path_resolver.h"
#include "server/fs/stream_file.h"
#include "server/ring/task.h"
#include "server/storage/backend.h"

namespace sluice::fs {

// What CREATE asks for, decoded. Views and pointers live until the task has ended.
struct CreateParams {
  const base::Identity* who = nullptr;
  absl::Span<const uint8_t> name;  // UTF-16LE
  uint32_t desired_access = 0;
  uint32_t file_attributes = 0;
  uint32_t share_access = 0;
  uint32_t disposition = 0;
  uint32_t options = 0;
  uint64_t allocation = 0;  // AlSi
  absl::Span<const proto::EaEntry> eas;
  absl::string_view security_descriptor;  // SecD; "" for none
  bool wants_maximal_access = false;
  OplockLevel oplock = OplockLevel::kNone;
};

struct CreateResult {
  std::shared_ptr<OpenFile> open;
  uint32_t action = 0;
  FileMetadata metadata;
  uint32_t maximal_access = 0;  // if it was wanted
  // With OPLOCK_BREAK_IN_PROGRESS: the file whose oplock must break before all is tried again.
  std::shared_ptr<FileNode> breaking;
  // With STOPPED_ON_SYMLINK: what the link holds, and the components of the name behind it, with
  // '/' between them.
  std::string link_target;
  std::string unparsed;
};

// Times as in storage::Stat; what has no value stays.
struct BasicChange {
  std::optional<int64_t> created;
  std::optional<int64_t> accessed;
  std::optional<int64_t> modified;
  uint32_t attributes = 0;  // 0: as they are
  // Of the write time: from now on this open's writes do not move it, or do so again.
  bool freeze_modified = false;
  bool thaw_modified = false;
};

// Used by all loops at once. Lives until its share and the last open and removal of it have gone.
class Volume : public std::enable_shared_from_this<Volume> {
 public:
  struct Options {
    std::string label;  // the share's name
    bool read_only = false;
  };

  // `nodes` and `clock` outlive the volume. REQUIRES: a shared_ptr owns it; its opens share it.
  Volume(std::shared_ptr<storage::Backend> backend, NodeTable& nodes, base::Clock& clock,
         Options options);
  ~Volume();
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  const std::string& label() const { return options_.label; }
  bool read_only() const { return read_only_.load(std::memory_order_relaxed); }
  void set_read_only(bool read_only) { read_only_.store(read_only, std::memory_order_relaxed); }
  // How names that differ in case only are found from now on.
  void set_case_sensitive(bool sensitive) { resolver_.set_case_sensitive(sensitive); }
  // How long an opener waits for an oplock's holder, from the next break on.
  void set_break_timeout_ms(uint64_t milliseconds) {
    break_timeout_ms_.store(milliseconds, std::memory_order_relaxed);
  }
  // Of the file system; of the share's name for files that are in memory only.
  uint32_t serial() const { return serial_; }
  // What clients know a file by [MS-FSCC] 2.1.9: its inode number, or, on another file system than
  // the root's (a mount, a btrfs subvolume), a number made of that and the file system's, with the
  // highest bit set, which inode numbers have not. The same after a restart as far as
  // Backend::file_system is. The 128-bit one has both numbers as they are.
  uint64_t FileIdOf(const storage::Stat& stat) const;
  // See Backend::RootPath.
  std::string RootPath() const { return backend_.RootPath(); }
  storage::Backend& backend() { return backend_; }
  base::Clock& clock() { return clock_; }
  NodeTable& nodes() { return nodes_; }

  // [MS-SMB2] 3.3.5.9, without leases and durability. On kOk `result->open` must be given
  // to Close() some time.
  ring::Task<proto::NtStatus> Create(const CreateParams& params, CreateResult* result);

  // Ends the open; what it does to the file cannot fail for the client. With `metadata` gives what
  // the file was like then.
  ring::Task<void> Close(const std::shared_ptr<OpenFile>& open, FileMetadata* metadata);

  // What a client sees of an open file.
  ring::Task<proto::NtStatus> GetMetadata(OpenFile& open, FileMetadata* metadata);

  // SET_INFO. Access and read-only are the caller's to check.
  ring::Task<proto::NtStatus> SetBasic(OpenFile& open, const BasicChange& change);
  ring::Task<proto::NtStatus> SetEndOfFile(OpenFile& open, uint64_t bytes);
  ring::Task<proto::NtStatus> SetAllocation(OpenFile& open, uint64_t bytes);
  // INVALID_DEVICE_REQUEST where the file could have no holes [MS-FSA] 2.1.5.10.37.
  ring::Task<proto::NtStatus> SetSparse(OpenFile& open, bool sparse);
  // Makes the bytes from `offset` to before `end` zeros; the size stays. A sparse file's space is
  // given back [MS-FSA] 2.1.5.10.39. REQUIRES: offset <= end <= INT64_MAX.
  ring::Task<proto::NtStatus> SetZeroData(OpenFile& open, uint64_t offset, uint64_t end);
  // At most `ranges_max` ranges that hold data; BUFFER_OVERFLOW where there are more. One range for
  // a file that is not sparse [MS-FSA] 2.1.5.10.22. REQUIRES: the range ends at INT64_MAX or
  // before.
  ring::Task<proto::NtStatus> QueryAllocatedRanges(OpenFile& open, uint64_t offset, uint64_t bytes,
                                                   size_t ranges_max,
                                                   std::vector<storage::DataRange>* ranges);
  // CANNOT_DELETE for a read-only file unless `ignore_read_only`, DIRECTORY_NOT_EMPTY.
  ring::Task<proto::NtStatus> SetDisposition(OpenFile& open, const base::Identity& who,
                                             bool delete_pending, bool ignore_read_only);
  // `name` is from the share's root, UTF-16LE. Link asks for FILE_WRITE_ATTRIBUTES, of the open or,
  // where it lacks that, of `who` now.
  ring::Task<proto::NtStatus> Rename(OpenFile& open, const base::Identity& who,
                                     absl::Span<const uint8_t> name, bool replace);
  ring::Task<proto::NtStatus> Link(OpenFile& open, const base::Identity& who,
                                   absl::Span<const uint8_t> name, bool replace);

  // A security descriptor, as far as owner, group and mode can say it; `information` names its
  // parts [MS-DTYP] 2.4.7.
  ring::Task<proto::NtStatus> GetSecurity(OpenFile& open, uint32_t information,
                                          std::string* descriptor);
  ring::Task<proto::NtStatus> SetSecurity(OpenFile& open, const std::string& descriptor,
                                          uint32_t information);

  // Extended attributes, as Samba keeps them: "user." and the name. Names differ without regard to
  // case.
  ring::Task<proto::NtStatus> GetEas(OpenFile& open, std::vector<proto::EaEntry>* eas);
  ring::Task<proto::NtStatus> SetEas(OpenFile& open, absl::Span<const proto::EaEntry> eas);

  // Calls of one open that must come one after the other: listings.
  NameLocks::Acquisition LockOpen(const OpenFile& open);

  // The streams of an open file besides its own data.
  ring::Task<proto::NtStatus> GetStreams(OpenFile& open, std::vector<StreamListing>* streams);

  // Puts in the write time that shows, where the file is open. For listings.
  void ApplyWriteTime(storage::Stat* stat);

  // What was written must show from now on: FLUSH.
  ring::Task<void> CommitWrites(OpenFile& open);

  // The watch of an open directory; the first call fixes its terms. See ChangeWatches for what is
  // reported. Writes are when the open that wrote flushes or closes.
  // REQUIRES: the open is not closed.
  const std::shared_ptr<ChangeWatch>& Watch(OpenFile& open, const WatchTerms& terms);
  ChangeWatches& watches() { return watches_; }

 private:
  friend class Creation;

  // A directory that is being renamed: what opens below it meanwhile waits.
  class Move;
  // What a rename or link has found out about its target.
  struct Target {
    proto::NtStatus status = proto::NtStatus::kOk;
    std::string path;    // where it goes
    bool there = false;  // somebody else is there, and goes
    bool directory = false;
  };

  uint64_t LockName(absl::string_view path) const;
  bool Moving(absl::string_view path) const;
  ring::Task<int> RemoveFile(const Removal& removal, const FileKey& key);
  void NoteFailedRemoval(const Removal& removal, int error);
  // `stat` and `xattr` are those of the open's file.
  static FileMetadata MetadataOf(const OpenFile& open, const storage::Stat& stat,
                                 absl::string_view xattr, absl::string_view name);
  ring::Task<bool> DirectoryEmpty(const base::Identity& who, const std::string& path);
  ring::Task<void> Leave(OpenFile* open);
  ring::Task<void> CommitDeleteOnClose(OpenFile& open);
  ring::Task<proto::NtStatus> MakeDeletePending(OpenFile& open, const base::Identity& who,
                                                bool has_links);
  // Whether the directory that `path` lies in is to be deleted.
  // Of what the path leads to, a symlink at its end followed.
  ring::Task<storage::Result<storage::Stat>> StatFollowed(const base::Identity& who,
                                                          const std::string& path);
  ring::Task<bool> ParentGoing(const base::Identity& who, const std::string& path);
  ring::Task<void> CommitWriteTime(OpenFile& open);
  // Tells who watches that the file of `open` has changed; `filter` says what of it.
  void NoteChange(const OpenFile& open, uint32_t filter);
  void NoteEnd(const OpenFile& open);
  ring::Task<proto::NtStatus> StoreDosInfo(OpenFile& open, const FileMetadata& metadata,
                                           const BasicChange& change);
  ring::Task<proto::NtStatus> RenameLocked(OpenFile& open, const base::Identity& who,
                                           const std::string& from, const std::string& wanted,
                                           bool replace);
  ring::Task<bool> MayLink(OpenFile& open, const base::Identity& who);
  ring::Task<FileKey> FindStill(const OpenFile& open, const base::Identity& who,
                                const std::string& from);
  ring::Task<bool> MayGo(const base::Identity& who, const std::string& directory);
  ring::Task<Target> FindTarget(OpenFile& open, const base::Identity& who,
                                const std::string& wanted, bool replace);

  const std::shared_ptr<storage::Backend> backend_owner_;
  storage::Backend& backend_;
  NodeTable& nodes_;
  base::Clock& clock_;
  const Options options_;
  const uint32_t serial_;
  std::atomic<bool> read_only_;
  std::atomic<uint64_t> break_timeout_ms_{limits::oplock_break_timeout_ms};
  PathResolver resolver_;
  NameLocks name_locks_;
  ChangeWatches watches_;
  mutable std::mutex moves_mutex_;
  std::vector<std::string> moves_;  // moves_mutex_
  std::atomic<size_t> moves_count_{0};
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_VOLUME_H_

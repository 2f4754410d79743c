// One open of a file or directory [MS-SMB2] 3.3.1.10, as far as file semantics go.
#ifndef SLUICE_SERVER_FS_OPEN_FILE_H_
#define SLUICE_SERVER_FS_OPEN_FILE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "server/fs/change_watches.h"
#include "server/fs/file_node.h"
#include "server/fs/lock_allowance.h"
#include "server/fs/share_mode.h"
#include "server/storage/backend.h"

namespace sluice::fs {

class DirectoryScan;
class Volume;

// Made by Volume::Create, ended by Volume::Close. Used on one loop only, except what NodeTable and
// FileNode guard. Keeps its volume, and with it the storage below, to its own end.
class OpenFile {
 public:
  OpenFile();
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  bool Granted(uint32_t any_of) const { return (mode.access & any_of) != 0; }

  // Fixed once the open is made.
  std::shared_ptr<Volume> volume;
  ShareMode mode;
  uint32_t options = 0;  // those of CREATE that FileModeInformation reports
  bool directory = false;
  bool symlink = false;             // the link itself, without any data
  bool leads_to_directory = false;  // of a symlink: as storage::EntryStat has it
  bool through_link = false;        // by the name of a symlink, which was followed
  std::string stream;               // the name of an alternate data stream; "": the file's own data
  std::string stream_xattr;         // where it is kept; "" without a stream
  OplockLevel oplock = OplockLevel::kNone;  // that it was given; it may have broken since
  std::shared_ptr<FileNode> node;
  std::unique_ptr<storage::File> file;

  // What its session's locks are counted in; set before the first of them. Null: nothing.
  std::shared_ptr<LockAllowance> session_locks;
  std::shared_ptr<LockAllowance> user_locks;  // of all sessions of the user; may be null

  // Guarded by the node's mutex.
  std::string path;  // as Backend has them
  bool delete_on_close = false;
  std::shared_ptr<const base::Identity> who;  // set with delete_on_close

  // The open's own state.
  bool announced = false;  // its CREATE has succeeded
  bool closed = false;
  bool wrote = false;
  bool renamed = false;            // by this open
  bool write_time_frozen = false;  // this open's writes leave the write time as it is
  uint64_t position = 0;
  uint32_t ea_index = 0;
  std::unique_ptr<DirectoryScan> scan;
  std::shared_ptr<ChangeWatch> watch;        // from the first CHANGE_NOTIFY on
  std::array<uint8_t, 64> lock_sequences{};  // by LockSequenceIndex - 1; 0: none
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_OPEN_FILE_H_

// Where a QUERY_DIRECTORY of one open stands [MS-SMB2] 3.3.5.18: its pattern, and the entries that
// were read from storage and not given out yet.
#ifndef SLUICE_SERVER_FS_DIRECTORY_SCAN_H_
#define SLUICE_SERVER_FS_DIRECTORY_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proto/status/nt_status.h"
#include "server/base/identity.h"
#include "server/fs/dos_attributes.h"
#include "server/fs/open_file.h"
#include "server/fs/wildcard.h"
#include "server/ring/task.h"
#include "server/storage/backend.h"

namespace sluice::fs {

class Volume;

struct ScannedEntry {
  std::string name;  // as clients see it
  FileMetadata metadata;
};

// Of one open directory, on its loop. One call at a time.
class DirectoryScan {
 public:
  explicit DirectoryScan(OpenFile* open) : open_(open) {}

  // From the beginning, with another pattern (UTF-8; "" is "*").
  void Restart(absl::string_view pattern);
  bool started() const { return started_; }

  // The entry that comes next, and keeps being it until Advance(); null at the end, or with
  // `*status` an error. `wanted` is how many the caller may take, so that no more are looked at.
  ring::Task<const ScannedEntry*> Peek(size_t wanted, proto::NtStatus* status);
  void Advance();

  // True once an entry was taken since the Restart().
  bool gave_any() const { return gave_any_; }

 private:
  ring::Task<proto::NtStatus> Fill(size_t wanted);
  ring::Task<proto::NtStatus> AddDots();
  ring::Task<proto::NtStatus> AddLiteral();
  void Add(absl::string_view name, absl::string_view on_disk, const storage::EntryStat& found);

  OpenFile* const open_;
  Wildcard pattern_;
  std::string literal_;
  bool started_ = false;
  bool restart_storage_ = true;
  bool dots_added_ = false;
  bool at_end_ = false;
  bool gave_any_ = false;
  std::vector<storage::DirectoryEntry> names_;  // read, not looked at yet, from next_name_ on
  size_t next_name_ = 0;
  std::vector<ScannedEntry> ready_;  // looked at, not taken yet, from next_ready_ on
  size_t next_ready_ = 0;
};

}  // namespace sluice::fs

#endif  // SLUICE_SERVER_FS_DIRECTORY_SCAN_H_

// The shares: what a TREE_CONNECT finds [MS-SMB2] 3.3.1.6.
#ifndef SLUICE_SERVER_SMB_SHARE_H_
#define SLUICE_SERVER_SMB_SHARE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sluice::fs {
class Volume;
}
namespace sluice::storage {
class Backend;
}

namespace sluice::smb {

enum class ShareKind : uint8_t { kDisk, kPipe };

// One share, used by all loops. Lives until it has left the table and the last tree connect and
// open have ended. Immutable but for what says otherwise.
struct Share : std::enable_shared_from_this<Share> {
  std::string name;
  std::string comment;
  std::string path;
  ShareKind kind = ShareKind::kDisk;
  bool in_memory = false;
  // As preferences say now.
  std::atomic<bool> read_only = false;
  // Clients see it in the list of shares.
  std::atomic<bool> visible = true;
  // How many tree connects it has.
  mutable std::atomic<size_t> trees = 0;
  // Disk shares only.
  std::shared_ptr<storage::Backend> backend;
  std::shared_ptr<fs::Volume> volume;
};

// What a tree connect finds. Names that differ in case only are one. Thread-safe.
class ShareTable {
 public:
  // Null for none.
  std::shared_ptr<const Share> Find(absl::string_view name) const;
  // In the order in which they were put.
  std::vector<std::shared_ptr<Share>> List() const;
  // Serves it instead of the one of that name, which is returned, or null.
  std::shared_ptr<Share> Put(std::shared_ptr<Share> share);
  // What was there, or null.
  std::shared_ptr<Share> Remove(absl::string_view name);

 private:
  using Shares = std::vector<std::shared_ptr<Share>>;
  Shares::const_iterator Locate(absl::string_view name) const;

  mutable std::mutex mutex_;
  Shares shares_;
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_SHARE_H_

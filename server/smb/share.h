// The shares: what a TREE_CONNECT finds [MS-SMB2] 3.3.1.6.
#ifndef SLUICE_SERVER_SMB_SHARE_H_
#define SLUICE_SERVER_SMB_SHARE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/gateway_options.h"

namespace sluice::fs {
class Volume;
}
namespace sluice::storage {
class Backend;
}

namespace sluice::smb {

enum class ShareKind : uint8_t { kDisk, kPipe };

// One share. Immutable and shared by all loops; lives as long as the gateway.
struct Share {
  std::string name;
  std::string comment;
  std::string path;
  ShareKind kind = ShareKind::kDisk;
  bool read_only = false;
  // Disk shares only.
  std::shared_ptr<storage::Backend> backend;
  std::shared_ptr<fs::Volume> volume;
};

// Immutable after the gateway's start.
class ShareTable {
 public:
  explicit ShareTable(std::vector<std::unique_ptr<Share>> shares) : shares_(std::move(shares)) {}

  // Without regard to ASCII case; null for none.
  const Share* Find(absl::string_view name) const;
  const std::vector<std::unique_ptr<Share>>& shares() const { return shares_; }

 private:
  const std::vector<std::unique_ptr<Share>> shares_;
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_SHARE_H_

#include "server/smb/share.h"

#include "absl/strings/match.h"

namespace sluice::smb {

const Share* ShareTable::Find(absl::string_view name) const {
  for (const std::unique_ptr<Share>& share : shares_) {
    if (absl::EqualsIgnoreCase(share->name, name)) return share.get();
  }
  return nullptr;
}

}  // namespace sluice::smb

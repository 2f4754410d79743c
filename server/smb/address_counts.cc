#include "server/smb/address_counts.h"

#include "server/base/client_address.h"

namespace sluice::smb {

bool AddressCounts::Enter(absl::string_view peer, size_t max) {
  const std::string address = base::ClientAddress(peer);
  std::lock_guard<std::mutex> lock(mutex_);
  size_t& count = counts_[address];
  if (count < max) {
    ++count;
    return true;
  }
  if (count == 0) counts_.erase(address);
  return false;
}

void AddressCounts::Leave(absl::string_view peer) {
  const std::string address = base::ClientAddress(peer);
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = counts_.find(address);
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace sluice::smb

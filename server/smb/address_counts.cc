#include "server/smb/address_counts.h"

#include "absl/strings/strip.h"

namespace sluice::smb {

absl::string_view HostOf(absl::string_view peer) {
  absl::string_view host = peer.substr(0, peer.rfind(':'));
  absl::ConsumePrefix(&host, "[");
  absl::ConsumeSuffix(&host, "]");
  return host;
}

bool AddressCounts::Enter(absl::string_view peer, size_t max) {
  const absl::string_view host = HostOf(peer);
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = counts_.try_emplace(std::string(host), 0).first;
  if (found->second >= max) return false;
  ++found->second;
  return true;
}

void AddressCounts::Leave(absl::string_view peer) {
  const absl::string_view host = HostOf(peer);
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = counts_.find(host);
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace sluice::smb

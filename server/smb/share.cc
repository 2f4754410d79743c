#include "server/smb/share.h"

#include <algorithm>
#include <utility>

#include "server/base/fold_name.h"

namespace sluice::smb {

// With mutex_ held.
ShareTable::Shares::const_iterator ShareTable::Locate(absl::string_view name) const {
  return std::find_if(shares_.begin(), shares_.end(), [name](const std::shared_ptr<Share>& share) {
    return base::SameName(share->name, name);
  });
}

std::shared_ptr<const Share> ShareTable::Find(absl::string_view name) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = Locate(name);
  return found == shares_.end() ? nullptr : *found;
}

std::vector<std::shared_ptr<Share>> ShareTable::List() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return shares_;
}

std::shared_ptr<Share> ShareTable::Put(std::shared_ptr<Share> share) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = Locate(share->name);
  if (found != shares_.end()) {
    return std::exchange(shares_[static_cast<size_t>(found - shares_.begin())], std::move(share));
  }
  shares_.push_back(std::move(share));
  return nullptr;
}

std::shared_ptr<Share> ShareTable::Remove(absl::string_view name) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = Locate(name);
  if (found == shares_.end()) return nullptr;
  std::shared_ptr<Share> share = *found;
  shares_.erase(found);
  return share;
}

}  // namespace sluice::smb

#include "server/smb/unfinished_logons.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/auth_limits.h"
#include "server/base/client_address.h"

namespace sluice::smb {
namespace {

std::string TooMany(absl::string_view who, size_t max) {
  return absl::StrCat(who, " ", max, " unfinished log-ons, and that is the limit");
}

}  // namespace

std::unique_ptr<UnfinishedLogons::Place> UnfinishedLogons::Enter(absl::string_view peer,
                                                                 size_t of_connection,
                                                                 std::string* why) {
  if (of_connection >= limits::unfinished_logons_per_connection_max) {
    *why = TooMany("its connection has", limits::unfinished_logons_per_connection_max);
    return nullptr;
  }
  std::string address = base::ClientAddress(peer);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    size_t& count = counts_[address];
    if (of_connection != 0) {
      if (count >= limits::unfinished_logons_per_address_max) {
        *why = TooMany("its address has", limits::unfinished_logons_per_address_max);
      } else if (total_ >= limits::unfinished_logons_max) {
        *why = TooMany("there are", limits::unfinished_logons_max);
      }
      if (!why->empty()) {
        if (count == 0) counts_.erase(address);
        return nullptr;
      }
    }
    ++count;
    ++total_;
  }
  return std::make_unique<Place>(*this, std::move(address));
}

void UnfinishedLogons::Leave(const std::string& address) {
  const std::lock_guard<std::mutex> lock(mutex_);
  --total_;
  const auto found = counts_.find(address);
  if (found != counts_.end() && --found->second == 0) counts_.erase(found);
}

}  // namespace sluice::smb

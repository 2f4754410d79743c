// How many log-ons have begun and are not finished: small quotas for those who have proved nothing.
//
// The process's limit of sessions (limits.sessions) counts finished log-ons only, so what is
// unfinished takes no place from them. Each connection may always have one unfinished log-on,
// however many its address or the process have: whoever shares an address with somebody that leaves
// log-ons unfinished can still log on. So there are at most limits::unfinished_logons_max, and one
// more for each connection.
#ifndef SLUICE_SERVER_SMB_UNFINISHED_LOGONS_H_
#define SLUICE_SERVER_SMB_UNFINISHED_LOGONS_H_

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace sluice::smb {

// Addresses are those of base::ClientAddress. Thread-safe. Holds no address without a log-on.
class UnfinishedLogons {
 public:
  // One log-on's place, until it is destroyed. The table outlives it.
  class Place {
   public:
    Place(UnfinishedLogons& table, std::string address)
        : table_(table), address_(std::move(address)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { table_.Leave(address_); }

   private:
    UnfinishedLogons& table_;
    const std::string address_;
  };

  // `of_connection`: how many the connection has already. Null if that, its address or the process
  // has too many; then `*why` is a sentence for the operator.
  std::unique_ptr<Place> Enter(absl::string_view peer, size_t of_connection, std::string* why);

 private:
  void Leave(const std::string& address);

  std::mutex mutex_;
  size_t total_ = 0;                                 // mutex_
  absl::flat_hash_map<std::string, size_t> counts_;  // mutex_; by address
};

}  // namespace sluice::smb

#endif  // SLUICE_SERVER_SMB_UNFINISHED_LOGONS_H_
